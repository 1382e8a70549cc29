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
        public override void Fill<T>(Span<T> values, Shape shape, RandomSource random) => random.FillNormal(values, 0, standardDeviation);
    }
}
