using System.Numerics;
using Xunit.Sdk;

namespace Autograd.Tests;

/// <summary>The facts that follow for every operator.</summary>
public abstract partial class OperatorContract<TCase>
{
    [Fact]
    public void ValuesMatchPlainLoops() => ForEach(sample => MatchesReference(sample));

    [Fact]
    public void GradientsMatchDifferences()
    {
        foreach ((Sample sample, GradientCheckReport report) in Checks())
        {
            bool empty = sample.Differentiables.All(i => sample.Inputs[i].Data.Length == 0) || Reference(sample.Inputs, sample.Attributes).All(static y => y.Data.Length == 0);
            Assert.True(empty || report.ComparedElements > 0, $"{sample}: nothing was compared");
        }

        Holds(GradientLaw.FirstOrder);
    }

    [Fact]
    public void GradientsOfGradientsMatchDifferences() => Holds(GradientLaw.SecondOrder);

    [Fact]
    public void GradientsAreLinearInTheCotangent() => Holds(GradientLaw.Linearity);

    [Fact]
    public void AZeroCotangentGivesExactlyZero() => Holds(GradientLaw.ZeroCotangent);

    [Fact]
    public void CreateGraphGivesTheSameGradients() => Holds(GradientLaw.CreateGraph);

    [Fact]
    public void InputsKeepEveryBit() => Holds(GradientLaw.InputsUnchanged);

    [Fact]
    public void TwoRunsGiveTheSameBits() => Holds(GradientLaw.Repeatability);

    [Fact]
    public void FloatAgreesWithDouble() => ForEach(sample => FloatMatchesDouble(sample));

    [Fact]
    public void EverySubsetOfInputsMayRequireGradients() => ForEach(sample =>
    {
        Outcome all = Run<double>(sample, new());
        int[] wanted = sample.Differentiables;
        for (int bits = 0; bits < 1 << wanted.Length; bits++)
        {
            int mask = wanted.Where((_, place) => (bits >> place & 1) != 0).Sum(static i => 1 << i);
            Outcome some = Run<double>(sample, new() { Inputs = mask });
            for (int k = 0; k < all.Outputs.Length; k++)
            {
                Outcome.Close(all.Outputs[k], some.Outputs[k], 0, $"output {k} with inputs {mask:b} requiring gradients");
                if (mask == 0) Assert.False(some.Requires[k], $"output {k} requires a gradient though no input does");
            }

            foreach (int i in wanted)
            {
                if ((mask >> i & 1) != 0) Outcome.Close(all.Gradients[i]!, some.Gradients[i]!, 1e-13, $"gradient of x[{i}] with inputs {mask:b} requiring gradients");
                else Assert.Null(some.Gradients[i]);
            }
        }
    });

    [Fact]
    public void EverySubsetOfOutputsMayHaveACotangent() => ForEach(sample =>
    {
        Outcome all = Run<double>(sample, new());
        int outputs = all.Outputs.Length;
        foreach (int i in sample.Differentiables)
        {
            double[] sum = new double[all.Gradients[i]!.Length];
            for (int k = 0; k < outputs; k++)
            {
                double[] one = Run<double>(sample, new() { Outputs = 1 << k }).Gradients[i]!;
                for (int e = 0; e < sum.Length; e++) sum[e] += one[e];
            }

            Outcome.Close(all.Gradients[i]!, sum, 1e-12, $"gradient of x[{i}] as the sum over {outputs} outputs");
        }
    });

    [Fact]
    public void TheSameVariableTwiceSumsBothGradients() => ForEach(sample =>
    {
        int[] wanted = sample.Differentiables;
        foreach (int i in wanted)
        {
            foreach (int j in wanted.Where(j => j > i && sample.Inputs[j].Sizes.AsSpan().SequenceEqual(sample.Inputs[i].Sizes)))
            {
                Nd[] inputs = (Nd[])sample.Inputs.Clone();
                inputs[j] = inputs[i];
                Sample equal = sample with { Inputs = inputs };
                Outcome apart = Run<double>(equal, new()), same = Run<double>(equal, new() { Same = (i, j) });
                for (int k = 0; k < apart.Outputs.Length; k++) Outcome.Close(apart.Outputs[k], same.Outputs[k], 0, $"output {k} of f(x, x)");
                double[] sum = [.. apart.Gradients[i]!.Zip(apart.Gradients[j]!, static (a, b) => a + b)];
                Outcome.Close(sum, same.Gradients[i]!, 1e-12, $"gradient of x in place of x[{i}] and x[{j}]");
            }
        }
    });

    [Fact]
    public void ViewsGiveTheSameValuesAndGradients() => ForEach(sample =>
    {
        Outcome plain = Run<double>(sample, new()), views = Run<double>(sample, new() { Views = true });
        for (int k = 0; k < plain.Outputs.Length; k++) Outcome.Close(plain.Outputs[k], views.Outputs[k], 1e-14, $"output {k}");
        foreach (int i in sample.Differentiables) Outcome.Close(plain.Gradients[i]!, views.Gradients[i]!, 1e-14, $"gradient of x[{i}]");
    });

    [Fact]
    public void AChangedInputThrowsOrDoesNoHarm() => ForEach(sample =>
    {
        double[]?[] expected = Run<double>(sample, new()).Gradients;
        for (int changed = 0; changed < sample.Inputs.Length; changed++)
        {
            if (sample.Inputs[changed].Data.Length == 0) continue;
            using Tape<double> tape = new();
            (Tensor<double>[] tensors, Variable<double>[] x) = Leaves<double>(tape, sample, new());
            Variable<double>[] y = Apply(tape, x, sample.Attributes);
            tensors[changed].Write(static values => values[^1] += 0.25);
            double[]?[] gradients;
            try
            {
                gradients = Gradients(tape, sample, new(), x, y);
            }
            catch (InvalidOperationException exception) when (exception.Message.Contains("changed", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (int i in sample.Differentiables) Outcome.Close(expected[i]!, gradients[i]!, 0, $"gradient of x[{i}] after a change of x[{changed}]");
        }
    });

    [Fact]
    public void ARetainedTapeSweepsAgainWithTheSameBits() => ForEach(sample =>
    {
        using Tape<double> tape = new();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] y = Apply(tape, x, sample.Attributes);
        double[]?[] first = Gradients(tape, sample, new(), x, y, retain: true), second = Gradients(tape, sample, new(), x, y);
        foreach (int i in sample.Differentiables) Outcome.Close(first[i]!, second[i]!, 0, $"gradient of x[{i}]");
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    });

    [Fact]
    public void AnInferenceTapeGivesTheSameBits() => ForEach(sample =>
    {
        Outcome recorded = Run<double>(sample, new());
        using Tape<double> tape = Tape<double>.Inference();
        (_, Variable<double>[] x) = Leaves<double>(tape, sample, new());
        Variable<double>[] y = Apply(tape, x, sample.Attributes);
        for (int k = 0; k < y.Length; k++)
        {
            Assert.False(y[k].RequiresGradient);
            Outcome.Close(recorded.Outputs[k], y[k].ToArray(), 0, $"output {k}");
        }

        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
    });

    [Fact]
    public void SamplesIncludeSizesZeroAndOne()
    {
        int[] sizes = [.. Samples.SelectMany(sample => sample.Inputs.Concat(Reference(sample.Inputs, sample.Attributes))).SelectMany(static x => x.Sizes)];
        Assert.Contains(0, sizes);
        Assert.Contains(1, sizes);
    }

    [Fact]
    public void ExactCasesHold()
    {
        foreach (Exact exact in ExactCases)
        {
            Within(exact.Sample, () =>
            {
                Holds<double>(exact);
                Holds<float>(exact);
                return 0;
            });
        }
    }

    [Fact]
    public void RefusalsSayWhatIsWrong()
    {
        foreach (Refusal refusal in Refusals)
        {
            using Tape<double> tape = new();
            Exception? thrown = Record.Exception(() => refusal.Act(tape));
            Assert.True(thrown is not null, $"nothing was thrown where {refusal.Exception.Name} ({string.Join(", ", refusal.Says)}) was expected");
            Assert.True(refusal.Exception.IsInstanceOfType(thrown), $"{refusal.Exception.Name} was expected, but {thrown.GetType().Name} thrown: {thrown.Message}");
            foreach (string word in refusal.Says) Assert.Contains(word, thrown.Message, StringComparison.Ordinal);
            tape.Reset();
            Assert.Equal(0, tape.LiveBuffers);
        }
    }

    /// <summary>Compares values with the reference; gives the number of elements compared.</summary>
    private long MatchesReference(Sample sample)
    {
        Outcome outcome = Run<double>(sample, new());
        Nd[] reference = Reference(sample.Inputs, sample.Attributes);
        Assert.Equal(reference.Length, outcome.Outputs.Length);
        for (int k = 0; k < reference.Length; k++)
        {
            Assert.Equal(reference[k].Sizes, outcome.Sizes[k]);
            for (int e = 0; e < reference[k].Data.Length; e++)
            {
                double expected = reference[k].Data[e].Value;
                Outcome.Near(expected, outcome.Outputs[k][e], ValueTolerance * Math.Max(1, Math.Abs(expected)), $"output {k}, element {e}");
            }
        }

        return reference.Sum(static y => (long)y.Data.Length);
    }

    /// <summary>Compares values and gradients in float with those in double; gives the number of elements compared.</summary>
    private long FloatMatchesDouble(Sample sample)
    {
        Sample rounded = sample with { Inputs = Array.ConvertAll(sample.Inputs, static x => x.Rounded()) };
        Outcome wide = Run<double>(rounded, new()), narrow = Run<float>(rounded, new());
        double tolerance = FloatTolerance * Math.Max(1, Math.Sqrt(sample.Inputs.Sum(static x => x.Data.Length)) / 4); // a sum's rounding grows with its terms
        for (int k = 0; k < wide.Outputs.Length; k++) Outcome.Close(wide.Outputs[k], narrow.Outputs[k], tolerance, $"output {k}");
        foreach (int i in sample.Differentiables) Outcome.Close(wide.Gradients[i]!, narrow.Gradients[i]!, tolerance, $"gradient of x[{i}]");
        return wide.Outputs.Sum(static y => (long)y.Length) + sample.Differentiables.Sum(i => (long)wide.Gradients[i]!.Length);
    }

    private static double[] ToDouble<T>(Variable<T> variable)
        where T : unmanaged, IFloatingPointIeee754<T> => Array.ConvertAll(variable.ToArray(), double.CreateTruncating);

    private static (Tensor<T>[] Tensors, Variable<T>[] Variables) Leaves<T>(Tape<T> tape, Sample sample, Way way)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Tensor<T>[] tensors = Array.ConvertAll(sample.Inputs, x => way.Views ? x.ToView<T>() : x.ToTensor<T>());
        Variable<T>[] variables = new Variable<T>[tensors.Length];
        for (int i = 0; i < tensors.Length; i++)
        {
            variables[i] = (sample.Mask & way.Inputs & 1 << i) != 0 ? tape.Variable(tensors[i]) : tape.Constant(tensors[i]);
        }

        if (way.Same is { } same) variables[same.Replaced] = variables[same.Kept];
        return (tensors, variables);
    }

    /// <summary>The gradients by the inputs for fixed cotangents; null for one that requires none.</summary>
    private static double[]?[] Gradients<T>(Tape<T> tape, Sample sample, Way way, Variable<T>[] x, Variable<T>[] y, bool retain = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<Variable<T>> outputs = [], cotangents = [];
        for (int k = 0; k < y.Length; k++)
        {
            if ((way.Outputs >> k & 1) == 0 || !y[k].RequiresGradient) continue;
            outputs.Add(y[k]);
            double[] weights = new double[y[k].Length];
            for (int e = 0; e < weights.Length; e++) weights[e] = way.Ones ? 1 : Math.Cos((3 * k) + (1.7 * e)) + 0.125;
            cotangents.Add(tape.Constant(y[k].Shape, Array.ConvertAll(weights, static weight => T.CreateTruncating((float)weight))));
        }

        double[]?[] found = new double[x.Length][];
        if (outputs.Count == 0) return Array.ConvertAll(x, static input => input.RequiresGradient ? new double[input.Length] : null);
        Gradients<T> gradients = tape.Backward([.. outputs], [.. cotangents], retain: retain);
        for (int i = 0; i < x.Length; i++)
        {
            if (!x[i].RequiresGradient) continue;
            Assert.Equal(sample.Inputs[i].Sizes, gradients[x[i]].Shape.ToArray());
            found[i] = ToDouble(gradients[x[i]]);
        }

        return found;
    }

    private Outcome Run<T>(Sample sample, Way way)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using Tape<T> tape = new();
        (_, Variable<T>[] x) = Leaves(tape, sample, way);
        Variable<T>[] y = Apply(tape, x, sample.Attributes);
        double[]?[] gradients = Gradients(tape, sample, way, x, y);
        Outcome outcome = new(
            Array.ConvertAll(y, ToDouble),
            Array.ConvertAll(y, static output => output.Shape.ToArray()),
            Array.ConvertAll(y, static output => output.RequiresGradient),
            gradients);
        tape.Reset();
        Assert.Equal(0, tape.LiveBuffers);
        return outcome;
    }

    private void Holds<T>(Exact exact)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Outcome outcome = Run<T>(exact.Sample, new() { Ones = true });
        Assert.Equal(exact.Outputs.Length, outcome.Outputs.Length);
        for (int k = 0; k < exact.Outputs.Length; k++) Compare(exact.Outputs[k], outcome.Outputs[k], $"output {k} in {typeof(T).Name}");
        int[] wanted = exact.Sample.Differentiables;
        Assert.Equal(wanted.Length, exact.Gradients.Length);
        for (int i = 0; i < wanted.Length; i++) Compare(exact.Gradients[i], outcome.Gradients[wanted[i]]!, $"gradient of x[{wanted[i]}] in {typeof(T).Name}");
        return;

        static void Compare(Nd expected, double[] found, string what)
        {
            Assert.Equal(expected.Data.Length, found.Length);
            for (int e = 0; e < found.Length; e++)
            {
                double rounded = double.CreateTruncating(T.CreateTruncating(expected.Data[e].Value));
                Outcome.Near(rounded, found[e], 0, $"{what}, element {e} of {string.Join(", ", expected.Values)}");
            }
        }
    }

    private void Holds(GradientLaw law)
    {
        foreach ((Sample sample, GradientCheckReport report) in Checks())
        {
            GradientFailure[] failures = [.. report.Failures.Where(failure => failure.Law == law)];
            if (failures.Length > 0) throw new XunitException($"{sample}: {string.Join("\n  ", failures.Take(8))}");
        }
    }
}
