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
    private readonly int[] _axes;

    /// <summary>Declares the layer.</summary>
    /// <param name="normalizedShape">The sizes of the last axes, over which mean and variance are taken.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <exception cref="ArgumentException">No axis, or a negative ε.</exception>
    public LayerNorm(Shape normalizedShape, double epsilon = 1e-5)
    {
        if (normalizedShape.Rank == 0) Errors.Argument("LayerNorm: the normalized shape needs at least one axis.");
        if (!(epsilon >= 0)) Errors.OutOfRange(nameof(epsilon), epsilon, $"LayerNorm: epsilon is 0 or more, not {epsilon}.");
        _normalized = normalizedShape;
        _axes = [.. Enumerable.Range(-normalizedShape.Rank, normalizedShape.Rank)];
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
    public override Variable<T> Forward(Variable<T> input)
    {
        Shape shape = input.Shape;
        int kept = shape.Rank - _normalized.Rank;
        if (kept < 0 || shape.Part(kept, shape.Rank) != _normalized)
        {
            Errors.Shape($"LayerNorm: the last axes of the input of shape {shape} must be {_normalized}, the shape the layer was built with.");
        }

        Variable<T> centered = input - input.Mean(_axes, keepAxes: true);
        Variable<T> variance = centered.Square().Mean(_axes, keepAxes: true);
        return (centered / (variance + Epsilon).Sqrt() * Weight.On(input.Tape)) + Bias.On(input.Tape);
    }
}
