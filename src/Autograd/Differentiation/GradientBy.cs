namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The gradient of this value by another of the same tape, recorded, so that it can be computed with and differentiated
    /// again: <c>y.GradientBy(x).GradientBy(x)</c>. Of the shape of <paramref name="x"/>; zeros if this does not depend on it.
    /// </summary>
    /// <param name="x">A value this was computed from: a leaf, or what was computed from one.</param>
    /// <remarks>Other ways on which the tape leads from the leaves to this value do not count. For a value with more elements take the gradient of a weighted sum.</remarks>
    /// <exception cref="ShapeException">This value has not exactly one element.</exception>
    /// <exception cref="InvalidOperationException"><paramref name="x"/> requires no gradient or lives on another tape, or this was swept before without retain.</exception>
    public Variable<T> GradientBy(Variable<T> x) => GradientBy([x])[0];

    /// <summary>The gradients by several values, in one sweep.</summary>
    /// <param name="inputs">Values this was computed from.</param>
    /// <inheritdoc cref="GradientBy(Variable{T})"/>
    public Variable<T>[] GradientBy(params ReadOnlySpan<Variable<T>> inputs)
    {
        if (Length != 1) Errors.Shape($"GradientBy wants a value with one element, but its shape is {Shape}. Take the gradient of a sum, such as (weights * y).Sum().");
        foreach (Variable<T> x in inputs)
        {
            if (x.Tape != Tape) Stale.ThrowOtherTape("GradientBy");
            if (!x.RequiresGradient)
            {
                Errors.Invalid($"GradientBy: an input of shape {x.Shape} requires no gradient, so nothing was recorded of it. Make it by tape.Variable(…) on a tape that records.");
            }

            x.KeepGradient();
        }

        Variable<T>[] gradients = new Variable<T>[inputs.Length];
        Gradients<T>? found = RequiresGradient ? Tape.Backward(this, createGraph: true) : null;
        for (int i = 0; i < gradients.Length; i++) gradients[i] = found is { } swept ? swept[inputs[i]] : Tape.Zeros(inputs[i].Shape);
        return gradients;
    }
}
