using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Normalizations: (x − mean) / √(variance + ε), then scaled and shifted, with the variance that divides by the number of elements.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>Normalizes over the last axes: (x − mean) / √(variance + ε) ⊙ weight + bias. Ba, Kiros and Hinton 2016.</summary>
    /// <param name="normalizedShape">The sizes of the last axes, over which mean and variance are taken.</param>
    /// <param name="weight">The scale, of the normalized shape; none by default.</param>
    /// <param name="bias">The shift, of the normalized shape; none by default.</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <exception cref="ShapeException">The last axes, the weight or the bias are not of the normalized shape.</exception>
    /// <exception cref="ArgumentException">No axis, or a negative ε.</exception>
    public Variable<T> LayerNorm(Shape normalizedShape, Variable<T>? weight = null, Variable<T>? bias = null, double epsilon = 1e-5) =>
        NormalizeOperation<T>.OverLastAxes("LayerNorm", this, normalizedShape, weight, bias, epsilon, centered: true);

    /// <summary>Divides by the root mean square over the last axes: x / √(mean x² + ε) ⊙ weight. Zhang and Sennrich 2019.</summary>
    /// <param name="normalizedShape">The sizes of the last axes, over which the mean square is taken.</param>
    /// <param name="weight">The scale, of the normalized shape; none by default.</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <exception cref="ShapeException">The last axes or the weight are not of the normalized shape.</exception>
    /// <exception cref="ArgumentException">No axis, or a negative ε.</exception>
    public Variable<T> RmsNorm(Shape normalizedShape, Variable<T>? weight = null, double epsilon = 1e-6) =>
        NormalizeOperation<T>.OverLastAxes("RmsNorm", this, normalizedShape, weight, null, epsilon, centered: false);

    /// <summary>Normalizes each group of channels of each sample of [N, C, …]: (x − mean) / √(variance + ε) ⊙ weight + bias. Wu and He 2018.</summary>
    /// <param name="groups">The number of groups, which divides C.</param>
    /// <param name="weight">The scale of each channel, [C]; none by default.</param>
    /// <param name="bias">The shift of each channel, [C]; none by default.</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <exception cref="ShapeException">Fewer than two axes, or a weight or bias that is not [C].</exception>
    /// <exception cref="ArgumentException">The groups do not divide C, or a negative ε.</exception>
    public Variable<T> GroupNorm(int groups, Variable<T>? weight = null, Variable<T>? bias = null, double epsilon = 1e-5) =>
        NormalizeOperation<T>.OverGroups("GroupNorm", this, groups, weight, bias, epsilon);

    /// <summary>Normalizes each channel of each sample of [N, C, …] by itself: group normalization with a group for each channel. Ulyanov et al. 2016.</summary>
    /// <param name="weight">The scale of each channel, [C]; none by default.</param>
    /// <param name="bias">The shift of each channel, [C]; none by default.</param>
    /// <param name="epsilon">ε, 0 or more.</param>
    /// <exception cref="ShapeException">Fewer than three axes, or a weight or bias that is not [C].</exception>
    /// <exception cref="ArgumentException">One value for each channel, or a negative ε.</exception>
    public Variable<T> InstanceNorm(Variable<T>? weight = null, Variable<T>? bias = null, double epsilon = 1e-5)
    {
        Shape shape = Shape;
        if (shape.Rank < 3) Errors.Shape($"InstanceNorm: the input has shape {shape}; it needs at least three axes, [N, C, …].");
        if (shape.Product(2, shape.Rank) == 1) Errors.Argument($"InstanceNorm: the input of shape {shape} has one value for each channel, which normalizes to 0 always.");
        return NormalizeOperation<T>.OverGroups("InstanceNorm", this, Math.Max(1, shape[1]), weight, bias, epsilon);
    }
}

/// <summary>
/// y = (x − mean) / √(variance + ε) ⊙ w + b over rows of x: the last axes (layer), groups of channels (group, instance), or a channel
/// of all samples brought together (batch). For the root mean square the mean is 0.
/// </summary>
/// <remarks>
/// gx = (u − mean u − x̂ mean(u ⊙ x̂)) / √(variance + ε) with u = gy ⊙ w and x̂ the normalized x; gw = Σ gy ⊙ x̂, gb = Σ gy over the
/// rows. Keeps x, and mean and variance of each row.
/// </remarks>
internal sealed class NormalizeOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private string _name = "Normalize";
    private NormalizationLayout _layout;
    private double _epsilon;
    private bool _centered;
    private bool _statistics;

    public override string Name => _name;

    public static Variable<T> OverLastAxes(string name, Variable<T> x, Shape normalized, Variable<T>? weight, Variable<T>? bias, double epsilon, bool centered)
    {
        if (normalized.Rank == 0) Errors.Argument($"{name}: the normalized shape needs at least one axis.");
        Shape shape = x.Shape;
        int kept = shape.Rank - normalized.Rank;
        if (kept < 0 || shape.Part(kept, shape.Rank) != normalized) Errors.Shape($"{name}: the last axes of the input of shape {shape} must be {normalized}, the normalized shape.");
        RequireParameter(name, "weight", weight, normalized, shape);
        RequireParameter(name, "bias", bias, normalized, shape);
        return Apply(name, x, new(shape.Product(0, kept), 1, normalized.Length, 1), weight, bias, epsilon, centered, statistics: false);
    }

    public static Variable<T> OverGroups(string name, Variable<T> x, int groups, Variable<T>? weight, Variable<T>? bias, double epsilon)
    {
        Shape shape = x.Shape;
        if (shape.Rank < 2) Errors.Shape($"{name}: the input has shape {shape}; it needs at least two axes, [N, C, …].");
        int channels = shape[1];
        if (groups < 1 || channels % groups != 0)
        {
            Errors.OutOfRange(nameof(groups), groups, $"{name}: {groups} groups do not divide the {channels} channels of the input of shape {shape}.");
        }

        RequireParameter(name, "weight", weight, [channels], shape);
        RequireParameter(name, "bias", bias, [channels], shape);
        return Apply(
            name, x, new(shape[0] * groups, groups, channels / groups, shape.Product(2, shape.Rank)), weight, bias, epsilon, centered: true, statistics: false);
    }

    /// <summary>Rows of x [channels, …], with a weight and a bias each, [channels].</summary>
    /// <returns>The normalized rows, and the mean and variance of each, [2 · channels].</returns>
    public static (Variable<T> Rows, Variable<T> Statistics) OverChannels(string name, Variable<T> x, Variable<T>? weight, Variable<T>? bias, double epsilon)
    {
        Shape shape = x.Shape;
        Variable<T> rows = Apply(name, x, new(shape[0], shape[0], 1, shape.Product(1, shape.Rank)), weight, bias, epsilon, centered: true, statistics: true);
        return (rows, x.Tape.Output(rows, 1));
    }

    public static void RequireParameter(string name, string parameter, Variable<T>? value, Shape wanted, Shape input)
    {
        if (value is { } given && given.Shape != wanted) Errors.Shape($"{name}: the {parameter} has shape {given.Shape}; for the input of shape {input} it must be {wanted}.");
    }

    public static void RequireEpsilon(string name, double epsilon)
    {
        if (!(epsilon >= 0)) Errors.OutOfRange(nameof(epsilon), epsilon, $"{name}: epsilon is 0 or more, not {epsilon}.");
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(context.Shape(0));
        int rows = _layout.Rows;
        T[]? pooled = null;
        Span<T> kept = context.Records || _statistics ? context.Reserve(2 * rows) : (pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, 2 * rows)));
        Reductions.Normalize(
            _layout, _epsilon, _centered, context.Input(0), context.Input(1), context.Input(2), y, kept[..rows], kept.Slice(rows, rows));
        if (pooled is not null) ArrayPool<T>.Shared.Return(pooled);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Span<T> x = default, weight = default, bias = default;
        Variable<T> pendingX = default, pendingWeight = default, pendingBias = default;
        if (context.Needs(0)) x = context.Contribution(0, context.Shape(0), out pendingX);
        if (context.Needs(1)) weight = context.Contribution(1, context.Shape(1), out pendingWeight);
        if (context.Needs(2)) bias = context.Contribution(2, context.Shape(2), out pendingBias);
        int rows = _layout.Rows;
        ReadOnlySpan<T> kept = context.OutputSpan(1);
        Reductions.NormalizeGradient(
            _layout, _epsilon, _centered, context.CotangentSpan(), context.InputSpan(0), context.InputSpan(1), kept[..rows], kept.Slice(rows, rows), x, weight, bias);
        if (!pendingX.IsNone) context.Accumulate(0, pendingX);
        if (!pendingWeight.IsNone) context.Accumulate(1, pendingWeight);
        if (!pendingBias.IsNone) context.Accumulate(2, pendingBias);
    }

    protected internal override Variable<T>[] Compose(ReadOnlySpan<Variable<T>> inputs)
    {
        Variable<T> x = inputs[0], rows = x.Reshape(new Shape(_layout.Rows, _layout.Width));
        if (_centered) rows -= rows.Mean(1, keepAxes: true);
        Variable<T> variance = rows.Square().Mean(1, keepAxes: true);
        rows /= (variance + _epsilon).Sqrt();
        int repeats = _layout.Period == 0 ? 0 : _layout.Rows / _layout.Period;
        rows = rows.Reshape(new Shape(repeats, _layout.Period, _layout.Channels, _layout.Inner));
        Shape perChannel = [_layout.Period, _layout.Channels, 1];
        if (!inputs[1].IsNone) rows *= inputs[1].Reshape(perChannel);
        if (!inputs[2].IsNone) rows += inputs[2].Reshape(perChannel);
        return [rows.Reshape(x.Shape)];
    }

    private static Variable<T> Apply(
        string name, Variable<T> x, NormalizationLayout layout, Variable<T>? weight, Variable<T>? bias, double epsilon, bool centered, bool statistics)
    {
        RequireEpsilon(name, epsilon);
        NormalizeOperation<T> operation = x.Tape.Rent<NormalizeOperation<T>>();
        (operation._name, operation._layout, operation._epsilon, operation._centered, operation._statistics) = (name, layout, epsilon, centered, statistics);
        return x.Tape.Apply(operation, x, weight.GetValueOrDefault(), bias.GetValueOrDefault());
    }
}
