namespace Autograd.Tests;

/// <summary>The check passes what is right, fails every seeded fault, and says precisely where.</summary>
public sealed class GradientCheckTests
{
    private static readonly Tensor<double> A = new([2, 3], [0.3, -0.7, 1.1, 0.9, -1.3, 0.5]);
    private static readonly Tensor<double> B = new([3], [0.8, 1.7, -0.6]);

    [Fact]
    public void PassesAFunctionOfSeveralInputsAndOutputs()
    {
        GradientCheckReport report = GradientCheck.Run(static x => [x[0] * x[1], (x[0] + 2).Tanh()], [A, B], new() { Order = 2 });
        report.ThrowIfFailed();
        Assert.True(report.Passed);
        Assert.Equal(9 + 9 + 12, report.ComparedElements); // first order: all inputs; second: all inputs and both cotangents
        Assert.InRange(report.WorstError, 0, 1e-9);
        Assert.Contains("passed", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Fault.Scaled)]
    [InlineData(Fault.Negated)]
    [InlineData(Fault.Dropped)]
    [InlineData(Fault.Shifted)]
    [InlineData(Fault.Reversed)]
    [InlineData(Fault.OneElement)]
    public void FailsEverySeededFault(Fault fault)
    {
        GradientCheckReport report = GradientCheck.Run(x => x[0].Tape.Apply(new FaultyProduct(fault), x[0], x[1].Expand([2, 3])), [A, B], new() { Names = ["a", "b"] });
        Assert.False(report.Passed);
        Assert.Throws<GradientCheckException>(report.ThrowIfFailed);
        Assert.Contains(report.Failures, static failure => failure.Law == GradientLaw.FirstOrder && failure.Input == "a");
        Assert.DoesNotContain(report.Failures, static failure => failure.Input == "b");
    }

    [Fact]
    public void NamesInputIndexAnalyticAndNumericValue()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tape.Apply(new FaultyProduct(Fault.OneElement), x[0], x[1].Expand([2, 3])), [A, B], new() { Names = ["a", "b"] });
        GradientFailure failure = Assert.Single(report.Failures, static failure => failure.Law == GradientLaw.FirstOrder);
        Assert.Equal("a", failure.Input);
        Assert.Equal("[1, 2]", failure.Index);
        Assert.Equal(1.001, failure.Analytic / failure.Numeric, 1e-9);
        Assert.Equal(0.6, Math.Abs(failure.Numeric) / Projection(failure), 1e-9);
        string text = report.ToString();
        Assert.Contains("a [1, 2]", text, StringComparison.Ordinal);
        Assert.Contains("failed", text, StringComparison.Ordinal);
        Assert.Equal(text, Assert.Throws<GradientCheckException>(report.ThrowIfFailed).Message);

        // The numeric value is v · b with the projection v of that element, 0.5 ≤ |v| ≤ 1.5.
        static double Projection(GradientFailure failure)
        {
            double v = Math.Abs(failure.Numeric) / 0.6;
            Assert.InRange(v, 0.5, 1.5);
            return v;
        }
    }

    [Fact]
    public void SeesAFaultThatOnlyShowsInTheSecondOrder()
    {
        static Variable<double> Function(Variable<double>[] x) => x[0].Tape.Apply(new DetachedSlope(), x[0]);
        GradientCheck.Run(Function, [A]).ThrowIfFailed();
        GradientCheckReport report = GradientCheck.Run(Function, [A], new() { Order = 2 });
        Assert.All(report.Failures, static failure => Assert.Equal(GradientLaw.SecondOrder, failure.Law));
        Assert.Equal(6, report.Failures.Count);
    }

    [Fact]
    public void SeesAGradientThatStopsHalfWay()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Detach() * 3, [B]);
        Assert.Equal(3, report.Failures.Count);
        Assert.All(report.Failures, static failure => Assert.Equal(0, failure.Analytic));
    }

    [Fact]
    public void SeesANaN()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0] * double.NaN, [B], new() { ZeroCotangent = false });
        Assert.False(report.Passed);
        Assert.True(double.IsNaN(report.WorstError));
    }

    [Fact]
    public void SeesAnInputThatIsChanged()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tape.Apply(new Scribbler(), x[0]), [B]);
        Assert.Contains(report.Failures, static failure => failure is { Law: GradientLaw.InputsUnchanged, Index: "[0]" });
    }

    [Fact]
    public void SeesAResultThatVaries()
    {
        double state = 0;
        GradientCheckReport report = GradientCheck.Run(x => x[0] * (1 + (1e-15 * state++)), [B]);
        Assert.Contains(report.Failures, static failure => failure.Law == GradientLaw.Repeatability);
    }

    [Fact]
    public void SeesAZeroCotangentThatGivesSomething()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tape.Apply(new FaultyProduct(Fault.Shifted), x[0], x[0]), [A]);
        Assert.Contains(report.Failures, static failure => failure is { Law: GradientLaw.ZeroCotangent, Numeric: 0 });
        Assert.Contains(report.Failures, static failure => failure.Law == GradientLaw.Linearity);
        report = GradientCheck.Run(static x => x[0].Tape.Apply(new FaultyProduct(Fault.Shifted), x[0], x[0]), [A], new() { ZeroCotangent = false });
        Assert.DoesNotContain(report.Failures, static failure => failure.Law == GradientLaw.ZeroCotangent);
    }

    [Fact]
    public void ComparingNothingIsAFailure()
    {
        Assert.False(GradientCheck.Run(static x => x[0] * 2, [new Tensor<double>([0, 3])]).Passed);
        Assert.False(GradientCheck.Run(static x => x[0][..0], [B]).Passed);
        Assert.False(GradientCheck.Run(static _ => Array.Empty<Variable<double>>(), [B]).Passed);
        GradientCheckReport report = GradientCheck.Run([], static tape => tape.Zeros([2]));
        Assert.Contains("Nothing was compared", Assert.Throws<GradientCheckException>(report.ThrowIfFailed).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ManyInputsAreSampledAndStillSeen()
    {
        Tensor<double> large = new([60, 50]);
        large.Write(static values => new RandomSource(4).FillUniform(values, -1, 1));
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tanh(), [large]);
        report.ThrowIfFailed();
        Assert.Equal(200 + 8, report.ComparedElements);

        // One wrong element of 3,000 is unlikely to be among 200, but every direction sees it.
        report = GradientCheck.Run(static x => x[0].Tape.Apply(new FaultyProduct(Fault.OneElement), x[0], x[0].Detach()), [large]);
        Assert.False(GradientCheck.Run(static x => x[0].Tape.Apply(new FaultyProduct(Fault.OneElement), x[0], x[0].Tape.Full([60, 50], 1)), [large]).Passed);
        Assert.False(report.Passed);
    }

    [Fact]
    public void ChecksAModelByItsParametersAndPutsThemBack()
    {
        Sequential<double> model = new(new Linear<double>(3, 4), new Linear<double>(4, 2));
        model.Initialize(7);
        double[][] before = [.. model.Parameters.Select(static parameter => parameter.Value.ToArray())];
        GradientCheckReport report = GradientCheck.Run(model.NamedParameters(), tape => model.Forward(tape.Constant(A)).Tanh(), new() { Order = 2 });
        report.ThrowIfFailed();
        Assert.Equal(26 + 26 + 4, report.ComparedElements);
        Assert.Equal(before, model.Parameters.Select(static parameter => parameter.Value.ToArray()));

        model.Parameters.First().Trainable = false;
        report = GradientCheck.Run(model.NamedParameters(), tape => tape.Apply(new FaultyProduct(Fault.Negated), model.Forward(tape.Constant(A)), tape.Full([2, 2], 1)));
        Assert.Equal(14, report.ComparedElements);
        Assert.Contains(report.Failures, static failure => failure is { Input: "1.weight", Index: "[1, 3]" });
        Assert.DoesNotContain(report.Failures, static failure => failure.Input == "0.weight");
    }

    [Fact]
    public void ASoftmaxIsNotHiddenByASum()
    {
        // Rows of exp(x) / Σ exp(x) sum to one, so a sum of all elements would have a zero gradient whatever the rule does.
        static Variable<double> Normalized(Variable<double>[] x)
        {
            Variable<double> positive = x[0].Square() + 1;
            return positive.Tape.Apply(new FaultyProduct(Fault.Scaled), positive, 1 / positive.Sum(-1, keepAxes: true).Expand([2, 3]));
        }

        Assert.False(GradientCheck.Run(Normalized, [A]).Passed);
    }

    [Fact]
    public void ASmallStepDoesNotReachAKink()
    {
        Tensor<double> near = new([3], [1e-4, -2e-4, 0.7]);
        Assert.False(GradientCheck.Run(static x => x[0].Relu(), [near]).Passed);
        Assert.True(GradientCheck.Run(static x => x[0].Relu(), [near], new() { Step = 2e-6 }).Passed);
    }

    [Fact]
    public void RefusesWrongOptions()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => GradientCheck.Run(static x => x[0], [B], new() { Order = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => GradientCheck.Run(static x => x[0], [B], new() { Step = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => GradientCheck.Run(static x => x[0], [B], new() { Step = double.NaN }));
        Assert.Throws<ArgumentException>(static () => GradientCheck.Run(static x => x[0], [B], new() { Names = ["a", "b"] }));
    }

    public enum Fault
    {
        Scaled,
        Negated,
        Dropped,
        Shifted,
        Reversed,
        OneElement,
    }

    /// <summary>y = a ⊙ b, with a wrong gradient by a.</summary>
    private sealed class FaultyProduct(Fault fault) : Operation<double>
    {
        protected internal override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> a = context.Input(0), b = context.Input(1);
            Span<double> y = context.Output(context.Shape(0));
            for (int i = 0; i < y.Length; i++) y[i] = a[i] * b[i];
        }

        protected internal override void Backward(BackwardContext<double> context)
        {
            double[] g = (context.Cotangent() * context.Input(1)).ToArray();
            switch (fault)
            {
                case Fault.Scaled: Scale(g, 1.001); break;
                case Fault.Negated: Scale(g, -1); break;
                case Fault.Dropped: Array.Clear(g); break;
                case Fault.Shifted: g[0] += 0.25; break;
                case Fault.Reversed: Array.Reverse(g); break;
                case Fault.OneElement: g[^1] *= 1.001; break;
            }

            context.Accumulate(0, context.Tape.Constant(context.Shape(0), g));
            if (context.Needs(1)) context.Accumulate(1, context.Cotangent() * context.Input(0));
        }

        private static void Scale(double[] values, double by)
        {
            for (int i = 0; i < values.Length; i++) values[i] *= by;
        }
    }

    /// <summary>y = x³ with a right slope whose own slope is missing.</summary>
    private sealed class DetachedSlope : Operation<double>
    {
        protected internal override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> x = context.Input(0);
            Span<double> y = context.Output(context.Shape(0));
            for (int i = 0; i < y.Length; i++) y[i] = x[i] * x[i] * x[i];
        }

        protected internal override void Backward(BackwardContext<double> context) =>
            context.Accumulate(0, context.Cotangent() * (context.Input(0).Detach().Square() * 3));
    }

    /// <summary>The identity, which changes its input behind the tape's back.</summary>
    private sealed class Scribbler : Operation<double>
    {
        protected internal override unsafe void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> x = context.Input(0);
            x.CopyTo(context.Output(context.Shape(0)));
            fixed (double* first = x) *first += 1e-9;
        }

        protected internal override void Backward(BackwardContext<double> context) => context.Accumulate(0, context.Cotangent());
    }
}
