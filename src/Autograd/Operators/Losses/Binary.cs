using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Losses of yes or no.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// −(y ln x + (1 − y) ln(1 − x)) of probabilities x against targets y, reduced. A logarithm is at least −100, and the gradient
    /// divides by at least 1e-12, so that x = 0 and x = 1 stay finite. Where there are logits, <see cref="BinaryCrossEntropyWithLogits"/> is exact.
    /// </summary>
    /// <param name="target">The probability of yes wanted, usually 0 or 1, of the same shape.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A probability is outside [0, 1] or NaN; the message says where.</exception>
    public Variable<T> BinaryCrossEntropy(Variable<T> target, Reduction reduction = Reduction.Mean) =>
        BinaryCrossEntropyOperation<T>.Apply(this, target, reduction);

    /// <summary>
    /// −(w y ln σ(x) + (1 − y) ln(1 − σ(x))) of logits x against targets y, reduced; without overflow, and accurate where
    /// the loss is small.
    /// </summary>
    /// <param name="target">The probability of yes wanted, usually 0 or 1, of the same shape.</param>
    /// <param name="positiveWeight">The weight w of yes, which broadcasts to the shape; 1 if not given.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ, or the weight does not broadcast.</exception>
    public Variable<T> BinaryCrossEntropyWithLogits(
        Variable<T> target, Variable<T>? positiveWeight = null, Reduction reduction = Reduction.Mean) => positiveWeight is { } weight
            ? WeightedLogitLossOperation<T>.Apply(this, target, weight, reduction)
            : LogitLossOperation<T>.Apply(this, target, reduction);
}

/// <summary>y = −(t ln x + (1 − t) ln(1 − x)), each logarithm at least −100, element by element; then reduced.</summary>
/// <remarks>gx = gy ⊙ (x − t) / max(x (1 − x), 1e-12), gt = gy ⊙ (ln(1 − x) − ln x). Keeps both inputs.</remarks>
internal sealed class BinaryCrossEntropyOperation<T> : PairLossOperation<
    T, BinaryCrossEntropyFunction, BinaryCrossEntropyGradientFunction, BinaryCrossEntropyTargetGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction)
    {
        ReadOnlySpan<T> values = x.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] >= T.Zero && values[i] <= T.One))
            {
                Errors.OutOfRange(nameof(x), values[i], $"BinaryCrossEntropy: element {i} of the input of shape {x.Shape} is {values[i]}, which is no probability in 0 … 1. Apply Sigmoid first, or use BinaryCrossEntropyWithLogits.");
            }
        }

        return Apply(x.Tape.Rent<BinaryCrossEntropyOperation<T>>(), x, target, reduction);
    }

    protected override Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target) =>
        g * ((x - target) / (x * (1 - x)).Clamp(min: 1e-12));

    protected override Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target) =>
        g * ((-x).Log1p().Clamp(min: -100) - x.Log().Clamp(min: -100));
}

/// <summary>y = −(t ln σ(x) + (1 − t) ln σ(−x)), element by element; then reduced.</summary>
/// <remarks>gx = gy ⊙ ((1 − t) σ(x) − t σ(−x)), gt = −gy ⊙ x. Keeps both inputs.</remarks>
internal sealed class LogitLossOperation<T> : PairLossOperation<T, LogitLossFunction, LogitLossGradientFunction, LogitTargetGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "BinaryCrossEntropyWithLogits";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction) =>
        Apply(x.Tape.Rent<LogitLossOperation<T>>(), x, target, reduction);

    protected override Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target) =>
        g * (((1 - target) * x.Sigmoid()) - (target * (-x).Sigmoid()));

    protected override Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target) => -(g * x);
}

/// <summary>y = −(w t ln σ(x) + (1 − t) ln σ(−x)), element by element, w broadcast; then reduced.</summary>
/// <remarks>
/// gx = gy ⊙ ((1 − t) σ(x) − w t σ(−x)), gt = gy ⊙ (ln σ(−x) − w ln σ(x)), gw = −gy ⊙ t ln σ(x), summed over the axes w was
/// broadcast along. Keeps the inputs.
/// </remarks>
internal sealed class WeightedLogitLossOperation<T> : ElementLossOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "BinaryCrossEntropyWithLogits";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Variable<T> weight, Reduction reduction)
    {
        WeightedLogitLossOperation<T> operation = x.Tape.Rent<WeightedLogitLossOperation<T>>();
        operation.Check(x, target, reduction);
        if (!ShapeMath.BroadcastsTo(weight.Shape, x.Shape))
        {
            Errors.Shape($"BinaryCrossEntropyWithLogits: positiveWeight has shape {weight.Shape}, which does not broadcast to the logits' shape {x.Shape}.");
        }

        return x.Tape.Apply(operation, x, target, weight);
    }

    protected override void Losses(ForwardContext<T> context, Span<T> losses)
    {
        Shape shape = context.Shape(0);
        Broadcasting.Ternary<T, WeightedLogitLossFunction>(
            context.Input(0), shape, context.Input(1), shape, context.Input(2), context.Shape(2), losses, shape);
    }

    protected override void Gradient(BackwardContext<T> context, int input, ReadOnlySpan<T> cotangents, Span<T> gradient)
    {
        Shape shape = context.Shape(0), weight = context.Shape(2);
        ReadOnlySpan<T> x = context.InputSpan(0), t = context.InputSpan(1), w = context.InputSpan(2);
        switch (input)
        {
            case 0: Broadcasting.Ternary<T, WeightedLogitSlopeFunction>(x, shape, t, shape, w, weight, gradient, shape); break;
            case 1: Broadcasting.Ternary<T, WeightedLogitTargetSlopeFunction>(x, shape, t, shape, w, weight, gradient, shape); break;
            default: Elementwise.Binary<LogitWeightSlopeFunction, T>(x, t, gradient); break;
        }

        Elementwise.Binary<MultiplyFunction, T>(cotangents, gradient, gradient);
    }

    protected override Variable<T> Gradient(BackwardContext<T> context, int input, Variable<T> g)
    {
        Variable<T> x = context.Input(0), t = context.Input(1), w = context.Input(2);
        return g * input switch
        {
            0 => ((1 - t) * x.Sigmoid()) - (w * t * (-x).Sigmoid()),
            1 => (-x).LogSigmoid() - (w * x.LogSigmoid()),
            _ => -(t * x.LogSigmoid()),
        };
    }
}
