using System.Numerics;

namespace Autograd;

/// <summary>How a parameter gets its first value.</summary>
/// <remarks>
/// For a shape [outputs, inputs, …] the fan-in is inputs · (the rest) and the fan-out outputs · (the rest), as in PyTorch.
/// </remarks>
public abstract class Initializer
{
    /// <summary>All zeros.</summary>
    public static Initializer Zeros { get; } = new ConstantInitializer(0);

    /// <summary>All ones.</summary>
    public static Initializer Ones { get; } = new ConstantInitializer(1);

    /// <summary>All one value.</summary>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>Uniform in [−<paramref name="bound"/>, <paramref name="bound"/>).</summary>
    public static Initializer Uniform(double bound) => new UniformInitializer(bound);

    /// <summary>Normal with mean 0.</summary>
    public static Initializer Normal(double standardDeviation) => new NormalInitializer(standardDeviation);

    /// <summary>Normal with mean 0, drawn again where it is beyond two standard deviations.</summary>
    public static Initializer TruncatedNormal(double standardDeviation) => new NormalInitializer(standardDeviation) { Truncated = true };

    /// <summary>Uniform in ±gain · √(6 / (fan-in + fan-out)). Glorot and Bengio 2010.</summary>
    public static Initializer GlorotUniform(double gain = 1) => new FanInitializer((fanIn, fanOut) => Uniform(gain * Math.Sqrt(6.0 / (fanIn + fanOut))));

    /// <summary>Normal with standard deviation gain · √(2 / (fan-in + fan-out)). Glorot and Bengio 2010.</summary>
    public static Initializer GlorotNormal(double gain = 1) => new FanInitializer((fanIn, fanOut) => Normal(gain * Math.Sqrt(2.0 / (fanIn + fanOut))));

    /// <summary>Uniform in ±√(6 / fan-in), for layers before ReLU. He et al. 2015.</summary>
    public static Initializer HeUniform() => new FanInitializer(static (fanIn, _) => Uniform(Math.Sqrt(6.0 / fanIn)));

    /// <summary>Normal with standard deviation √(2 / fan-in), for layers before ReLU. He et al. 2015.</summary>
    public static Initializer HeNormal() => new FanInitializer(static (fanIn, _) => Normal(Math.Sqrt(2.0 / fanIn)));

    /// <summary>Normal with standard deviation √(1 / fan-in). LeCun et al. 1998.</summary>
    public static Initializer LeCunNormal() => new FanInitializer(static (fanIn, _) => Normal(Math.Sqrt(1.0 / fanIn)));

    /// <summary>Fills the values of a parameter of the given shape.</summary>
    public abstract void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        where T : unmanaged, IFloatingPointIeee754<T>;

    private sealed class ConstantInitializer(double value) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random) => values.Fill(T.CreateTruncating(value));
    }

    private sealed class UniformInitializer(double bound) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random) => random.FillUniform(values, -bound, bound);
    }

    private sealed class NormalInitializer(double standardDeviation) : Initializer
    {
        public bool Truncated { get; init; }

        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            random.FillNormal(values, 0, standardDeviation);
            if (!Truncated) return;
            foreach (ref T value in values)
            {
                while (Math.Abs(double.CreateTruncating(value)) > 2 * standardDeviation) value = T.CreateTruncating(standardDeviation * random.NextNormal());
            }
        }
    }

    /// <summary>Chooses by the numbers of inputs and outputs, which the shape tells.</summary>
    private sealed class FanInitializer(Func<int, int, Initializer> choose) : Initializer
    {
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random)
        {
            if (shape.Rank < 2) Errors.Shape($"An initializer by fan-in and fan-out needs a parameter of at least two axes, [outputs, inputs, …], not {shape}.");
            if (shape.Length == 0) return;
            int field = shape.Product(2, shape.Rank);
            choose(shape[1] * field, shape[0] * field).Fill(values, shape, random);
        }
    }
}
