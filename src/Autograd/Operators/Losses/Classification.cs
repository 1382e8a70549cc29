using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Losses of classes: logits or log-probabilities against class numbers.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// Cross-entropy of logits against class numbers. With p = log-softmax of a row, target y, class weights w (1 if not
    /// given), smoothing e and C classes, the loss of the row is −(1 − e) w[y] p[y] − (e/C) Σ w[c] p[c].
    /// </summary>
    /// <param name="targets">One class number for each row: the shape of this without the class axis.</param>
    /// <param name="axis">The axis of the classes: the last, or 1 for images [N, C, H, W].</param>
    /// <param name="reduction">
    /// Mean divides by the sum of w[y] over the targets that are not ignored; where all are ignored the loss and its gradient
    /// are 0 (PyTorch gives NaN). The mean over no targets at all is NaN.
    /// </param>
    /// <param name="ignoreIndex">Rows with this target have loss 0 and no gradient; null to ignore none.</param>
    /// <param name="labelSmoothing">The share e of the target that is spread evenly over all classes, from 0 to 1 (Szegedy et al. 2016).</param>
    /// <param name="classWeights">One weight for each class, [C]; a constant.</param>
    /// <exception cref="ShapeException">The targets or weights do not fit the input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A target that is no class, no such axis, or a smoothing outside [0, 1].</exception>
    public Variable<T> CrossEntropy(
        Tensor<int> targets,
        int axis = -1,
        Reduction reduction = Reduction.Mean,
        int? ignoreIndex = -100,
        double labelSmoothing = 0,
        Tensor<T>? classWeights = null) =>
        CrossEntropyOperation<T>.Apply(this, targets, axis, reduction, ignoreIndex, labelSmoothing, classWeights);

    /// <summary>−w[y] p[y] of log-probabilities p, such as <see cref="LogSoftmax"/> gives, against class numbers y.</summary>
    /// <inheritdoc cref="CrossEntropy"/>
    public Variable<T> NegativeLogLikelihood(
        Tensor<int> targets,
        int axis = -1,
        Reduction reduction = Reduction.Mean,
        int? ignoreIndex = -100,
        Tensor<T>? classWeights = null) =>
        NegativeLogLikelihoodOperation<T>.Apply(this, targets, axis, reduction, ignoreIndex, classWeights);
}

/// <summary>y = −(1 − e) w[t] p[t] − (e/C) Σ w[c] p[c] with p = log-softmax(x), for each row of x; then reduced.</summary>
/// <remarks>
/// gx = gy ((a + b) softmax(x) − a [c = t] − (e/C) w[c]) with a = (1 − e) w[t] and b = (e/C) Σ w. Keeps x, and of each row its
/// maximum and the sum of exponentials; the probabilities are computed again in the one pass of the gradient.
/// </remarks>
internal sealed class CrossEntropyOperation<T> : ClassLossOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _smoothing;

    protected override int KeptPerRow => 2;

    public static Variable<T> Apply(
        Variable<T> x, Tensor<int> targets, int axis, Reduction reduction, int? ignoreIndex, double smoothing, Tensor<T>? classWeights)
    {
        if (!(smoothing >= 0 && smoothing <= 1))
        {
            Errors.OutOfRange(nameof(smoothing), smoothing, $"CrossEntropy: labelSmoothing is a share from 0 to 1, not {smoothing}.");
        }

        CrossEntropyOperation<T> operation = x.Tape.Rent<CrossEntropyOperation<T>>();
        operation._smoothing = smoothing;
        return Apply(operation, x, targets, axis, reduction, ignoreIndex, classWeights);
    }

    protected override void Losses(ReadOnlySpan<T> x, ReadOnlySpan<int> targets, Span<T> losses, Span<T> kept) =>
        Reductions.CrossEntropy(x, targets, Weights, Ignored, _smoothing, losses, kept[..targets.Length], kept[targets.Length..]);

    protected override void Gradient(
        ReadOnlySpan<T> x, ReadOnlySpan<int> targets, ReadOnlySpan<T> cotangents, ReadOnlySpan<T> kept, Span<T> gradient) =>
        Reductions.CrossEntropyGradient(
            x,
            targets,
            Weights,
            Ignored,
            _smoothing,
            cotangents,
            kept[..targets.Length],
            kept.Slice(targets.Length, targets.Length),
            gradient);

    protected override Variable<T> Gradient(Variable<T> x, Variable<T> g)
    {
        Shape shape = x.Shape;
        int classes = shape[^1];
        ReadOnlySpan<int> targets = Targets;
        ReadOnlySpan<T> weights = Weights;
        T share = T.CreateTruncating(_smoothing / Math.Max(1, classes));
        T allShares = weights.IsEmpty ? T.CreateTruncating(_smoothing) : share * Reductions.Sum(weights);
        Variable<T> factor = x.Tape.Allocate(shape.With(shape.Rank - 1, 1), out Span<T> factors);
        Variable<T> target = x.Tape.Allocate(shape, out Span<T> wanted);
        wanted.Clear();
        for (int row = 0; row < targets.Length; row++)
        {
            factors[row] = T.Zero;
            if (targets[row] == Ignored) continue;
            T own = T.CreateTruncating(1 - _smoothing) * (weights.IsEmpty ? T.One : weights[targets[row]]);
            factors[row] = own + allShares;
            Span<T> to = wanted.Slice(row * classes, classes);
            for (int c = 0; c < to.Length; c++) to[c] = weights.IsEmpty ? share : share * weights[c];
            to[targets[row]] += own;
        }

        return g * ((factor * x.Softmax()) - target);
    }
}

/// <summary>y = −w[t] x[t] for each row of x; then reduced.</summary>
/// <remarks>gx = −gy w[t] at the target, else 0. Keeps nothing but the targets.</remarks>
internal sealed class NegativeLogLikelihoodOperation<T> : ClassLossOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected override int KeptPerRow => 0;

    public static Variable<T> Apply(
        Variable<T> x, Tensor<int> targets, int axis, Reduction reduction, int? ignoreIndex, Tensor<T>? classWeights) =>
        Apply(x.Tape.Rent<NegativeLogLikelihoodOperation<T>>(), x, targets, axis, reduction, ignoreIndex, classWeights);

    protected override void Losses(ReadOnlySpan<T> x, ReadOnlySpan<int> targets, Span<T> losses, Span<T> kept)
    {
        ReadOnlySpan<T> weights = Weights;
        int classes = targets.Length == 0 ? 0 : x.Length / targets.Length;
        for (int row = 0; row < targets.Length; row++)
        {
            int target = targets[row];
            losses[row] = target == Ignored ? T.Zero : Slope(weights, target) * x[(row * classes) + target];
        }
    }

    protected override void Gradient(
        ReadOnlySpan<T> x, ReadOnlySpan<int> targets, ReadOnlySpan<T> cotangents, ReadOnlySpan<T> kept, Span<T> gradient)
    {
        ReadOnlySpan<T> weights = Weights;
        int classes = targets.Length == 0 ? 0 : x.Length / targets.Length;
        gradient.Clear();
        for (int row = 0; row < targets.Length; row++)
        {
            int target = targets[row];
            if (target != Ignored) gradient[(row * classes) + target] = cotangents[cotangents.Length == 1 ? 0 : row] * Slope(weights, target);
        }
    }

    protected override Variable<T> Gradient(Variable<T> x, Variable<T> g)
    {
        Variable<T> slope = x.Tape.Allocate(x.Shape, out Span<T> slopes);
        T one = T.One;
        Gradient(x.Span, Targets, new(in one), default, slopes);
        return g * slope;
    }

    private static T Slope(ReadOnlySpan<T> weights, int target) => weights.IsEmpty ? -T.One : -weights[target];
}
