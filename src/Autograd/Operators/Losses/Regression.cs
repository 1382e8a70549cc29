namespace Autograd;

/// <summary>Losses of numbers.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>(x − target)², reduced. Both sides have gradients.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="reduction">How the elements are reduced.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Variable<T> MeanSquaredError(Variable<T> target, Reduction reduction = Reduction.Mean)
    {
        if (target.Shape != Shape) Errors.Shape($"MeanSquaredError: the prediction has shape {Shape} and the target {target.Shape}; they must be equal. Reshape one of them.");
        return (this - target).Square().Reduce(reduction);
    }

    private Variable<T> Reduce(Reduction reduction) => reduction switch
    {
        Reduction.Mean => Mean(),
        Reduction.Sum => Sum(),
        Reduction.None => this,
        _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "Reduction is Mean, Sum or None."),
    };
}
