using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Losses of numbers.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>(x − target)², reduced. Both sides have gradients.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Variable<T> MeanSquaredError(Variable<T> target, Reduction reduction = Reduction.Mean) =>
        SquaredErrorOperation<T>.Apply(this, target, reduction);

    /// <summary>|x − target|, reduced. Both sides have gradients; where they are equal these are 0.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public Variable<T> MeanAbsoluteError(Variable<T> target, Reduction reduction = Reduction.Mean) =>
        AbsoluteErrorOperation<T>.Apply(this, target, reduction);

    /// <summary>
    /// With d = x − target: d² / (2 beta) where |d| &lt; beta, else |d| − beta/2; reduced. Both sides have gradients. beta = 0 is
    /// the absolute error. Girshick 2015 (Fast R-CNN).
    /// </summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="beta">Where the parabola ends, 0 or more.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">beta is negative or not finite.</exception>
    public Variable<T> SmoothL1(Variable<T> target, double beta = 1, Reduction reduction = Reduction.Mean)
    {
        if (!(beta >= 0 && double.IsFinite(beta))) Errors.OutOfRange(nameof(beta), beta, $"SmoothL1: beta is a finite number of 0 or more, not {beta}.");
        return beta == 0 ? MeanAbsoluteError(target, reduction) : HuberOperation<T>.Apply("SmoothL1", this, target, reduction, beta, 1 / beta, 1);
    }

    /// <summary>
    /// With d = x − target: d²/2 where |d| ≤ delta, else delta (|d| − delta/2); reduced. Both sides have gradients. Huber 1964.
    /// </summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="delta">Where the parabola ends, above 0.</param>
    /// <param name="reduction">How the elements are reduced; the mean of nothing is NaN.</param>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">delta is 0, negative or NaN.</exception>
    public Variable<T> Huber(Variable<T> target, double delta = 1, Reduction reduction = Reduction.Mean)
    {
        if (!(delta > 0)) Errors.OutOfRange(nameof(delta), delta, $"Huber: delta is above 0, not {delta}.");
        return HuberOperation<T>.Apply("Huber", this, target, reduction, delta, 1, delta);
    }
}

/// <summary>y = (x − t)², element by element; then reduced.</summary>
/// <remarks>gx = 2 gy ⊙ (x − t), gt = −gx. Keeps both inputs.</remarks>
internal sealed class SquaredErrorOperation<T> : DifferenceLossOperation<T, SquaredErrorFunction, SquaredErrorGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "MeanSquaredError";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction) =>
        Apply(x.Tape.Rent<SquaredErrorOperation<T>>(), x, target, reduction);

    protected override Variable<T> Slope(Variable<T> d) => d * 2;
}

/// <summary>y = |x − t|, element by element; then reduced.</summary>
/// <remarks>gx = gy ⊙ sign(x − t), gt = −gx. Keeps both inputs.</remarks>
internal sealed class AbsoluteErrorOperation<T> : DifferenceLossOperation<T, AbsoluteErrorFunction, AbsoluteErrorGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override string Name => "MeanAbsoluteError";

    public static Variable<T> Apply(Variable<T> x, Variable<T> target, Reduction reduction) =>
        Apply(x.Tape.Rent<AbsoluteErrorOperation<T>>(), x, target, reduction);

    protected override Variable<T> Slope(Variable<T> d) => d.Sign();
}

/// <summary>y = c d²/2 where |d| ≤ δ, else s (|d| − δ/2), with d = x − t; then reduced. Huber has c = 1, s = δ; smooth L1 c = 1/δ, s = 1.</summary>
/// <remarks>gx = gy ⊙ c d where |d| ≤ δ, else gy ⊙ s sign(d); gt = −gx. Keeps both inputs.</remarks>
internal sealed class HuberOperation<T> : DifferenceLossOperation<T, HuberFunction, HuberGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private string _name = "Huber";
    private double _limit;
    private double _curvature;

    public override string Name => _name;

    public static Variable<T> Apply(string name, Variable<T> x, Variable<T> target, Reduction reduction, double limit, double curvature, double slope)
    {
        HuberOperation<T> operation = x.Tape.Rent<HuberOperation<T>>();
        (operation._name, operation._limit, operation._curvature) = (name, limit, curvature);
        operation.Value = new(limit, curvature, slope);
        operation.FusedLeft = new(limit, curvature, slope);
        operation.FusedRight = new(operation.FusedLeft);
        return Apply(operation, x, target, reduction);
    }

    protected override Variable<T> Slope(Variable<T> d) => d.Clamp(-_limit, _limit) * _curvature;
}
