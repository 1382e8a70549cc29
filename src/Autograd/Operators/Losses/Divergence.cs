using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>How far distributions and directions are apart.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// The Kullback–Leibler divergence of log-probabilities x from probabilities y: y (ln y − x), and 0 where y = 0; reduced. With
    /// <paramref name="logTarget"/> the target holds ln y. Kullback and Leibler 1951.
    /// </summary>
    /// <remarks>
    /// The divergence of a batch of distributions is <see cref="Reduction.BatchMean"/>; the mean over all elements is smaller. Where
    /// y = 0 the gradient to y is −∞.
    /// </remarks>
    /// <param name="target">The probabilities y, or their logarithms, of the same shape.</param>
    /// <param name="logTarget">Whether the target holds logarithms.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Variable<T> KlDivergence(Variable<T> target, bool logTarget = false, Reduction reduction = Reduction.Mean) => logTarget
        ? LogDivergenceOperation<T>.Apply(this, target, reduction)
        : DivergenceOperation<T>.Apply(this, target, reduction);

    /// <summary>x · y / (|x| |y|) along an axis, which is left out. A norm below <paramref name="epsilon"/> counts as that, with no gradient of its own.</summary>
    /// <param name="other">y, of the same shape.</param>
    /// <param name="axis">The axis of the vectors; a negative one counts from the end.</param>
    /// <param name="epsilon">The least norm, 0 or more: it guards zero vectors, whose similarity is 0.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or a negative epsilon.</exception>
    public Variable<T> CosineSimilarity(Variable<T> other, int axis = 1, double epsilon = 1e-8)
    {
        if (other.Shape != Shape) Errors.Shape($"CosineSimilarity: one side has shape {Shape} and the other {other.Shape}; they must be equal. Expand one of them.");
        if (!(epsilon >= 0)) Errors.OutOfRange(nameof(epsilon), epsilon, $"CosineSimilarity: epsilon is 0 or more, not {epsilon}.");
        int at = Shape.Axis(axis);

        // The square of the norm is limited before the root, whose slope at 0 is infinite.
        Variable<T> left = Square().Sum(at, keepAxes: true).Clamp(min: epsilon * epsilon).Sqrt();
        Variable<T> right = other.Square().Sum(at, keepAxes: true).Clamp(min: epsilon * epsilon).Sqrt();
        return (this / left * (other / right)).Sum(at);
    }
}

/// <summary>y = t (ln t − x), and 0 where t = 0, element by element; then reduced.</summary>
/// <remarks>gx = −gy ⊙ t, gt = gy ⊙ (ln t + 1 − x). Keeps both inputs.</remarks>
internal sealed class DivergenceOperation<T> : PairLossOperation<T, DivergenceFunction, DivergenceGradientFunction, DivergenceTargetGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "KlDivergence";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction) =>
        Apply(x.Tape.Rent<DivergenceOperation<T>>(), x, target, reduction);

    protected override Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target) => -(g * target);

    protected override Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target) => g * (target.Log() + 1 - x);
}

/// <summary>y = eᵗ (t − x), and 0 where eᵗ = 0, element by element; then reduced.</summary>
/// <remarks>gx = −gy ⊙ eᵗ, gt = gy ⊙ eᵗ (t − x + 1), and 0 where eᵗ = 0. Keeps both inputs.</remarks>
internal sealed class LogDivergenceOperation<T>
    : PairLossOperation<T, LogDivergenceFunction, LogDivergenceGradientFunction, LogDivergenceTargetGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "KlDivergence";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction) =>
        Apply(x.Tape.Rent<LogDivergenceOperation<T>>(), x, target, reduction);

    protected override Variable<T> Left(Variable<T> g, Variable<T> x, Variable<T> target) => -(g * target.Exp());

    // Limited, ln 0 = −∞ gives 0 in place of 0 · ∞; nothing else is as small.
    protected override Variable<T> Right(Variable<T> g, Variable<T> x, Variable<T> target) => g * (target.Exp() * (target.Clamp(min: -1e4) - x + 1));
}
