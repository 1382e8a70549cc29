using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics;
using Xunit.Sdk;

namespace Autograd.Tests;

/// <summary>What the catalogue asks of every contract.</summary>
public interface IOperatorContract
{
    /// <summary>The operation types this contract covers, as open generics: <c>typeof(TanhOperation&lt;&gt;)</c>.</summary>
    Type[] Operations { get; }

    /// <summary>Runs the proof, or gives what an earlier run found.</summary>
    Proof Prove();
}

/// <summary>Attributes of an operator that has none.</summary>
public readonly record struct None;

/// <summary>
/// The contract of an operator. A derived class gives the operator as a function, its samples, a reference of plain loops,
/// exact values where the slope jumps or is not finite, and what it refuses; everything an operator must satisfy follows.
/// </summary>
/// <typeparam name="TCase">The attributes of a sample, such as an axis; <see cref="None"/> if there are none.</typeparam>
public abstract partial class OperatorContract<TCase> : IOperatorContract
{
    private static readonly ConcurrentDictionary<Type, Lazy<(Sample Sample, GradientCheckReport Report)[]>> Reports = new();
    private ulong _state = 0x5DEECE66D;

    public abstract Type[] Operations { get; }

    /// <summary>Where the operator is tried. At least one input (or output) of size 0 and one of size 1 must be among them.</summary>
    protected abstract IEnumerable<Sample> Samples { get; }

    /// <summary>Inputs at kinks and special values, the exact outputs there, and the exact gradients for a cotangent of ones.</summary>
    protected abstract IEnumerable<Exact> ExactCases { get; }

    /// <summary>What the operator refuses.</summary>
    protected abstract IEnumerable<Refusal> Refusals { get; }

    /// <summary>The largest |value − reference| / max(1, |reference|) of the values in double.</summary>
    protected virtual double ValueTolerance => 1e-13;

    /// <summary>The largest difference of float from double, relative to max(1, the largest element of the tensor).</summary>
    protected virtual double FloatTolerance => 1e-6;

    /// <summary>The largest relative difference of a gradient from its difference quotient.</summary>
    protected virtual double GradientTolerance => 1e-7;

    /// <summary>The operator: inputs to outputs.</summary>
    protected abstract Variable<T>[] Apply<T>(Tape<T> tape, Variable<T>[] x, TCase attributes)
        where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The outputs by plain loops over the inputs.</summary>
    protected abstract Nd[] Reference(Nd[] x, TCase attributes);

    /// <summary>A sample.</summary>
    protected static Sample At(TCase attributes, params Nd[] inputs) => new(attributes, inputs, ~0);

    /// <summary>A sample of which only some inputs are differentiable: bit i of <paramref name="mask"/> for input i.</summary>
    protected static Sample Differentiable(int mask, TCase attributes, params Nd[] inputs) => new(attributes, inputs, mask);

    /// <summary>A case with exact values; gradients are those of the differentiable inputs, in order.</summary>
    protected static Exact Exactly(TCase attributes, Nd[] inputs, Nd[] outputs, Nd[] gradients) => new(new Sample(attributes, inputs, ~0), outputs, gradients);

    /// <summary>A refusal: what throws, and words its message has.</summary>
    protected static Refusal Refuse<TException>(Func<Tape<double>, object> act, params string[] says)
        where TException : Exception => new(typeof(TException), act, says);

    /// <summary>Random values with 0.3 ≤ |x| ≤ 1.7.</summary>
    protected Nd N(params int[] sizes) => Nd.Build(sizes, _ => (0.3 + (1.4 * Next())) * (Next() < 0.5 ? -1 : 1));

    /// <summary>Random values in a range.</summary>
    protected Nd U(double low, double high, params int[] sizes) => Nd.Build(sizes, _ => low + ((high - low) * Next()));

    /// <summary>SplitMix64, so that samples depend on nothing of the library.</summary>
    private double Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1ul << 53));
    }

    /// <summary>The gradient checks, made once for all facts of a contract.</summary>
    private (Sample Sample, GradientCheckReport Report)[] Checks() => Reports.GetOrAdd(
        GetType(),
        _ => new(() => [.. Samples.Where(static sample => sample.Differentiables.Length > 0).Select(sample => (sample, Check(sample, order: 2, fault: null)))])).Value;

    private GradientCheckReport Check(Sample sample, int order, Fault? fault)
    {
        int[] wanted = sample.Differentiables;
        Variable<double>[] Function(Variable<double>[] given)
        {
            Tape<double> tape = given[0].Tape;
            Variable<double>[] x = new Variable<double>[sample.Inputs.Length];
            for (int i = 0; i < x.Length; i++)
            {
                int place = Array.IndexOf(wanted, i);
                x[i] = place >= 0 ? given[place] : tape.Constant(sample.Inputs[i].ToTensor<double>());
            }

            return ApplyWith(fault, tape, x, sample);
        }

        GradientCheckOptions options = new() { Order = order, Tolerance = GradientTolerance, Names = [.. wanted.Select(static i => $"x[{i}]")] };
        return Within(sample, () => GradientCheck.Run(Function, [.. wanted.Select(i => sample.Inputs[i].ToTensor<double>())], options));
    }

    private void ForEach(Action<Sample> check)
    {
        int count = 0;
        foreach (Sample sample in Samples)
        {
            count++;
            Within(sample, () =>
            {
                check(sample);
                return 0;
            });
        }

        Assert.NotEqual(0, count);
    }

    /// <summary>Puts the sample before the message of whatever is thrown.</summary>
    private static TResult Within<TResult>(Sample sample, Func<TResult> check)
    {
        try
        {
            return check();
        }
        catch (Exception exception)
        {
            throw new XunitException($"{sample}: {exception.Message}", exception);
        }
    }

    /// <summary>One sample: attributes, inputs, and which inputs are differentiable.</summary>
    public sealed record Sample(TCase Attributes, Nd[] Inputs, int Mask)
    {
        public int[] Differentiables { get; } = [.. Enumerable.Range(0, Inputs.Length).Where(i => (Mask >> i & 1) != 0)];

        public override string ToString() => $"{(Attributes is None ? string.Empty : Attributes)}({string.Join(", ", (object[])Inputs)})";
    }

    /// <summary>A sample with its exact outputs and gradients.</summary>
    public sealed record Exact(Sample Sample, Nd[] Outputs, Nd[] Gradients);

    /// <summary>A call that throws, and words of its message.</summary>
    public sealed record Refusal(Type Exception, Func<Tape<double>, object> Act, string[] Says);

    /// <summary>How a run of the operator differs from the plain one.</summary>
    private sealed record Way
    {
        /// <summary>The inputs that require gradients, as bits.</summary>
        public int Inputs { get; init; } = ~0;

        /// <summary>The outputs that have a cotangent, as bits.</summary>
        public int Outputs { get; init; } = ~0;

        /// <summary>Give inputs as views into larger tensors.</summary>
        public bool Views { get; init; }

        /// <summary>Give the same variable in place of these two inputs.</summary>
        public (int Kept, int Replaced)? Same { get; init; }

        /// <summary>Cotangents of ones.</summary>
        public bool Ones { get; init; }
    }

    /// <summary>What a run gave, in double: outputs, their sizes, and the gradient of each input or null.</summary>
    private sealed record Outcome(double[][] Outputs, int[][] Sizes, bool[] Requires, double[]?[] Gradients)
    {
        public static void Close(double[] expected, double[] found, double tolerance, string what)
        {
            double largest = 1;
            foreach (double value in expected) if (double.IsFinite(value)) largest = Math.Max(largest, Math.Abs(value));
            Assert.Equal(expected.Length, found.Length);
            for (int i = 0; i < expected.Length; i++) Near(expected[i], found[i], tolerance * largest, $"{what}, element {i}");
        }

        public static void Near(double expected, double found, double allowed, string what)
        {
            if (expected == found || (double.IsNaN(expected) && double.IsNaN(found)) || Math.Abs(expected - found) <= allowed) return;
            throw new XunitException(string.Create(CultureInfo.InvariantCulture, $"{what}: expected {expected:R}, found {found:R}, allowed {allowed:E2}."));
        }
    }
}
