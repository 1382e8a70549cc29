using System.Numerics;

namespace Autograd;

/// <summary>Normalizes the last axes to mean 0 and variance 1, then scales and shifts: (x − mean) / √(variance + ε) ⊙ weight + bias.</summary>
/// <remarks>
/// The variance divides by the number of elements. Parameters <c>weight</c> (ones) and <c>bias</c> (zeros) of the normalized
/// shape. Ba, Kiros and Hinton 2016.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class LayerNorm<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Shape _normalized;

    /// <summary>Declares the layer.</summary>
    /// <param name="normalizedShape">The sizes of the last axes, over which mean and variance are taken.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <exception cref="ArgumentException">No axis, or a negative ε.</exception>
    public LayerNorm(Shape normalizedShape, double epsilon = 1e-5)
    {
        if (normalizedShape.Rank == 0) Errors.Argument("LayerNorm: the normalized shape needs at least one axis.");
        NormalizeOperation<T>.RequireEpsilon("LayerNorm", epsilon);
        _normalized = normalizedShape;
        Epsilon = epsilon;
        Weight = AddParameter("weight", normalizedShape, Initializer.Ones, decays: false);
        Bias = AddParameter("bias", normalizedShape, Initializer.Zeros, decays: false);
    }

    /// <summary>ε.</summary>
    public double Epsilon { get; }

    /// <summary>The scale.</summary>
    public Parameter<T> Weight { get; }

    /// <summary>The shift.</summary>
    public Parameter<T> Bias { get; }

    /// <inheritdoc/>
    public override int? OutputSize => _normalized[^1];

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The last axes of the input are not the normalized shape.</exception>
    public override Variable<T> Forward(Variable<T> input) => input.LayerNorm(_normalized, Weight.On(input.Tape), Bias.On(input.Tape), Epsilon);
}

/// <summary>Divides the last axes by their root mean square, then scales: x / √(mean x² + ε) ⊙ weight.</summary>
/// <remarks>Parameter <c>weight</c> (ones) of the normalized shape. Zhang and Sennrich 2019.</remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class RmsNorm<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Shape _normalized;

    /// <summary>Declares the layer.</summary>
    /// <param name="normalizedShape">The sizes of the last axes, over which the mean square is taken.</param>
    /// <param name="epsilon">ε, added to the mean square.</param>
    /// <exception cref="ArgumentException">No axis, or a negative ε.</exception>
    public RmsNorm(Shape normalizedShape, double epsilon = 1e-6)
    {
        if (normalizedShape.Rank == 0) Errors.Argument("RmsNorm: the normalized shape needs at least one axis.");
        NormalizeOperation<T>.RequireEpsilon("RmsNorm", epsilon);
        _normalized = normalizedShape;
        Epsilon = epsilon;
        Weight = AddParameter("weight", normalizedShape, Initializer.Ones, decays: false);
    }

    /// <summary>ε.</summary>
    public double Epsilon { get; }

    /// <summary>The scale.</summary>
    public Parameter<T> Weight { get; }

    /// <inheritdoc/>
    public override int? OutputSize => _normalized[^1];

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The last axes of the input are not the normalized shape.</exception>
    public override Variable<T> Forward(Variable<T> input) => input.RmsNorm(_normalized, Weight.On(input.Tape), Epsilon);
}
