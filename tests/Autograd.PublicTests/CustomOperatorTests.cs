using Autograd.Tests;

namespace Autograd.PublicTests;

/// <summary>Operators written outside the library, in a few lines, are as good as its own.</summary>
public sealed class CustomOperatorTests
{
    private static readonly Tensor<double> X = new([2, 3], [0.4, -1.2, 0.9, 1.5, -0.3, 0.7]);

    [Fact]
    public void AnOperatorInAFewLinesHasSecondOrderToo()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tape.Apply(Cube.Instance, x[0]), [X], new() { Order = 2, Names = ["x"] });
        report.ThrowIfFailed();
        Assert.Equal(6 + 12, report.ComparedElements);
        using Tape<double> tape = new();
        Assert.Equal([0.027, 8], tape.Apply(Cube.Instance, tape.Constant(new Tensor<double>([2], [0.3, 2]))).ToArray().Select(static value => Math.Round(value, 12)));
    }

    [Fact]
    public void AnOperatorWithAttributesIsBorrowedFromTheTape()
    {
        GradientCheck.Run(static x => Power.Of(x[0].Square() + 1, 2.5), [X], new() { Order = 2 }).ThrowIfFailed();
        using Tape<double> tape = new();
        Variable<double> x = tape.Variable(new Tensor<double>([], [3])), y = Power.Of(x, 2) + Power.Of(x, 3);
        Assert.Equal(9 + 27, y.Item());
        Assert.Equal(6 + 27, tape.Backward(y)[x].Item());
    }

    [Fact]
    public void ItAllocatesNothingOnceWarm()
    {
        using Tape<double> tape = new();
        Allocations.AssertNone(20, () =>
        {
            tape.Reset();
            Variable<double> x = tape.Variable(X);
            tape.Backward(tape.Apply(Cube.Instance, Power.Of(x.Square(), 3)).Sum());
        });
    }

    [Fact]
    public void AnOperatorOfTwoOutputsGivesBoth()
    {
        GradientCheck.Run(
            static x =>
            {
                Tape<double> tape = x[0].Tape;
                Variable<double> sum = tape.Apply(SumAndProduct.Instance, x[0], x[1]);
                return [sum, tape.Output(sum, 1)];
            },
            [X, new Tensor<double>([2, 3], [1, 2, 3, 4, 5, 6])],
            new() { Order = 2 }).ThrowIfFailed();
    }

    [Fact]
    public void AWrongRuleIsFoundOut()
    {
        GradientCheckReport report = GradientCheck.Run(static x => x[0].Tape.Apply(new WrongCube(), x[0]), [X], new() { Names = ["x"] });
        Assert.False(report.Passed);
        Assert.Equal(6, report.Failures.Count(static failure => failure.Law == GradientLaw.FirstOrder));
        Assert.Contains("x [1, 2]: analytic", report.ToString(), StringComparison.Ordinal);
    }

    /// <summary>y = x³.</summary>
    private sealed class Cube : Operation<double>
    {
        public static readonly Cube Instance = new();

        protected override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> x = context.Input(0);
            Span<double> y = context.Output(context.Shape(0));
            for (int i = 0; i < y.Length; i++) y[i] = x[i] * x[i] * x[i];
        }

        protected override void Backward(BackwardContext<double> context) =>
            context.Accumulate(0, context.Cotangent() * 3 * context.Input(0).Square());
    }

    /// <summary>y = xᵖ, with gx = p gy xᵖ⁻¹.</summary>
    private sealed class Power : Operation<double>
    {
        private double _exponent;

        public static Variable<double> Of(Variable<double> x, double exponent)
        {
            Power operation = x.Tape.Rent<Power>();
            operation._exponent = exponent;
            return x.Tape.Apply(operation, x);
        }

        protected override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> x = context.Input(0);
            Span<double> y = context.Output(context.Shape(0));
            for (int i = 0; i < y.Length; i++) y[i] = Math.Pow(x[i], _exponent);
        }

        protected override void Backward(BackwardContext<double> context) =>
            context.Accumulate(0, context.Cotangent() * _exponent * Of(context.Input(0), _exponent - 1));
    }

    /// <summary>y₀ = a + b, y₁ = a ⊙ b.</summary>
    private sealed class SumAndProduct : Operation<double>
    {
        public static readonly SumAndProduct Instance = new();

        protected override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> a = context.Input(0), b = context.Input(1);
            Span<double> sum = context.Output(context.Shape(0)), product = context.Output(context.Shape(0));
            for (int i = 0; i < a.Length; i++) (sum[i], product[i]) = (a[i] + b[i], a[i] * b[i]);
        }

        protected override void Backward(BackwardContext<double> context)
        {
            Variable<double> sum = context.Cotangent(0), product = context.Cotangent(1);
            if (context.Needs(0)) context.Accumulate(0, sum + (product * context.Input(1)));
            if (context.Needs(1)) context.Accumulate(1, sum + (product * context.Input(0)));
        }
    }

    private sealed class WrongCube : Operation<double>
    {
        protected override void Forward(ForwardContext<double> context)
        {
            ReadOnlySpan<double> x = context.Input(0);
            Span<double> y = context.Output(context.Shape(0));
            for (int i = 0; i < y.Length; i++) y[i] = x[i] * x[i] * x[i];
        }

        protected override void Backward(BackwardContext<double> context) =>
            context.Accumulate(0, context.Cotangent() * 2 * context.Input(0).Square());
    }
}
