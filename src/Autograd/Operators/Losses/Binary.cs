namespace Autograd;

/// <summary>Losses of yes or no.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// −(w y ln σ(x) + (1 − y) ln(1 − σ(x))) of logits x against targets y, reduced; without overflow, and accurate where
    /// the loss is small.
    /// </summary>
    /// <param name="target">The probability of yes wanted, usually 0 or 1, of the same shape.</param>
    /// <param name="positiveWeight">The weight w of yes, which broadcasts to the shape; 1 if not given.</param>
    /// <param name="reduction">How the elements are reduced.</param>
    /// <exception cref="ShapeException">The shapes differ, or the weight does not broadcast.</exception>
    public Variable<T> BinaryCrossEntropyWithLogits(
        Variable<T> target, Variable<T>? positiveWeight = null, Reduction reduction = Reduction.Mean)
    {
        Shape shape = Shape;
        if (target.Shape != shape)
        {
            Errors.Shape($"BinaryCrossEntropyWithLogits: the logits have shape {shape} and the target {target.Shape}; they must be equal. Reshape one of them.");
        }

        if (positiveWeight is { } weight && !ShapeMath.BroadcastsTo(weight.Shape, shape))
        {
            Errors.Shape($"BinaryCrossEntropyWithLogits: positiveWeight has shape {weight.Shape}, which does not broadcast to the logits' shape {shape}.");
        }

        // ln(1 − σ(x)) = ln σ(−x). Each logarithm is accurate alone, and the difference of two large numbers never arises.
        Variable<T> yes = target * LogSigmoid(), no = (1 - target) * (-this).LogSigmoid();
        if (positiveWeight is { } factor) yes *= factor;
        return (-(yes + no)).Reduce(reduction);
    }
}
