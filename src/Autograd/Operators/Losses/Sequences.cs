using System.Numerics;

namespace Autograd;

/// <summary>Losses over the steps of padded sequences.</summary>
/// <remarks>
/// A step's weight follows from the reduction and is zero in the padding, whose values, NaN among them, reach neither the loss nor a
/// gradient of any order: they get a gradient of exactly zero.
/// </remarks>
public readonly partial struct Variable<T>
{
    /// <summary>Cross-entropy of logits [time, batch, classes] over the true steps of each sequence.</summary>
    /// <param name="targets">The class of each step, [time, batch]; any class, or <paramref name="ignoreIndex"/>, in the padding.</param>
    /// <param name="lengths">The number of true steps of each sequence, from 1 to time; empty if all steps are.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <param name="ignoreIndex">True steps with this target do not count, neither in a mean; null to ignore none.</param>
    /// <exception cref="ShapeException">The targets or lengths do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length or a target is out of its range.</exception>
    public Variable<T> SequenceCrossEntropy(
        Tensor<int> targets, ReadOnlySpan<int> lengths = default, SequenceReduction reduction = SequenceReduction.StepMean, int? ignoreIndex = -100) =>
        SequenceLoss<T>.CrossEntropy(this, targets, new(lengths), reduction, ignoreIndex);

    /// <summary>Cross-entropy of logits [time, batch, classes] over the steps where a mask is true.</summary>
    /// <param name="targets">The class of each step, [time, batch]; any class, or <paramref name="ignoreIndex"/>, where the mask is false.</param>
    /// <param name="mask">Which steps are true, [time, batch]; at least one of each sequence.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <param name="ignoreIndex">True steps with this target do not count, neither in a mean; null to ignore none.</param>
    /// <exception cref="ShapeException">The targets or the mask do not fit.</exception>
    /// <exception cref="ArgumentException">A sequence without a true step, or a target that is no class.</exception>
    public Variable<T> SequenceCrossEntropy(
        Tensor<int> targets, Tensor<bool> mask, SequenceReduction reduction = SequenceReduction.StepMean, int? ignoreIndex = -100)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return SequenceLoss<T>.CrossEntropy(this, targets, new(mask), reduction, ignoreIndex);
    }

    /// <summary>(x − target)² of [time, batch, …] over the true steps of each sequence; the loss of a step is the mean over its features.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="lengths">The number of true steps of each sequence, from 1 to time; empty if all steps are.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <exception cref="ShapeException">The shapes or lengths do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A length is out of its range.</exception>
    public Variable<T> SequenceSquaredError(Variable<T> target, ReadOnlySpan<int> lengths = default, SequenceReduction reduction = SequenceReduction.StepMean) =>
        SequenceLoss<T>.SquaredError(this, target, new(lengths), reduction);

    /// <summary>(x − target)² of [time, batch, …] over the steps where a mask is true; the loss of a step is the mean over its features.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="mask">Which steps are true, [time, batch]; at least one of each sequence.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <exception cref="ShapeException">The shapes or the mask do not fit.</exception>
    /// <exception cref="ArgumentException">A sequence without a true step.</exception>
    public Variable<T> SequenceSquaredError(Variable<T> target, Tensor<bool> mask, SequenceReduction reduction = SequenceReduction.StepMean)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return SequenceLoss<T>.SquaredError(this, target, new(mask), reduction);
    }
}

/// <summary>Which steps of which sequences are true: by lengths, by a mask, or all.</summary>
internal readonly ref struct TrueSteps
{
    private readonly ReadOnlySpan<int> _lengths;
    private readonly Tensor<bool>? _mask;

    public TrueSteps(ReadOnlySpan<int> lengths) => _lengths = lengths;

    public TrueSteps(Tensor<bool> mask) => _mask = mask;

    public bool IsTrue(int t, int sequence, int batch) => _mask is null ? _lengths.IsEmpty || t < _lengths[sequence] : _mask.Span[(t * batch) + sequence];

    /// <summary>Refuses lengths or a mask that do not fit; says whether some step is not true.</summary>
    public bool Check(string name, int time, int batch)
    {
        bool padded = false;
        if (_mask is null)
        {
            if (_lengths.IsEmpty) return false;
            if (_lengths.Length != batch) Errors.Shape($"{name}: {_lengths.Length} lengths were given for a batch of {batch}; give one for each sequence.");
            for (int sequence = 0; sequence < batch; sequence++)
            {
                int length = _lengths[sequence];
                if (length < 1 || length > time) Errors.OutOfRange("lengths", length, $"{name}: length {sequence} is {length}; a sequence has 1 to {time} true steps, as the input has {time}.");
                padded |= length < time;
            }

            return padded;
        }

        if (_mask.Rank != 2 || _mask.Shape[0] != time || _mask.Shape[1] != batch) Errors.Shape($"{name}: the mask has shape {_mask.Shape}; the input's steps have [{time}, {batch}], [time, batch].");
        for (int sequence = 0; sequence < batch && time > 0; sequence++)
        {
            int count = 0;
            for (int t = 0; t < time; t++) count += IsTrue(t, sequence, batch) ? 1 : 0;
            if (count == 0) Errors.Argument($"{name}: the mask is false at every step of sequence {sequence}. Leave that sequence out of the batch.");
            padded |= count < time;
        }

        return padded;
    }
}

/// <summary>The losses of all steps, weighted.</summary>
internal static class SequenceLoss<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> CrossEntropy(Variable<T> x, Tensor<int> targets, TrueSteps steps, SequenceReduction reduction, int? ignored)
    {
        const string Name = "SequenceCrossEntropy";
        ArgumentNullException.ThrowIfNull(targets);
        if (x.Rank != 3) Errors.Shape($"{Name}: the logits have shape {x.Shape}; they need three axes, [time, batch, classes].");
        (int time, int batch) = (x.Shape[0], x.Shape[1]);
        if (targets.Shape != x.Shape.Part(0, 2)) Errors.Shape($"{Name}: the logits have shape {x.Shape}, so the targets need shape [{time}, {batch}], not {targets.Shape}.");
        if (steps.Check(Name, time, batch)) x = Kept(x, steps);
        return Reduce(x.CrossEntropy(targets, reduction: Reduction.None, ignoreIndex: ignored), steps, reduction, targets.Span, ignored);
    }

    public static Variable<T> SquaredError(Variable<T> x, Variable<T> target, TrueSteps steps, SequenceReduction reduction)
    {
        const string Name = "SequenceSquaredError";
        if (x.Rank < 2 || target.Shape != x.Shape) Errors.Shape($"{Name}: the prediction has shape {x.Shape} and the target {target.Shape}; both are the same [time, batch, …].");
        if (steps.Check(Name, x.Shape[0], x.Shape[1])) (x, target) = (Kept(x, steps), Kept(target, steps));
        return Reduce(x.MeanSquaredError(target, Reduction.None), steps, reduction, [], null);
    }

    /// <summary>x at true steps, and zero elsewhere, whatever stands there; so is its gradient.</summary>
    private static Variable<T> Kept(Variable<T> x, TrueSteps steps)
    {
        int batch = x.Shape[1], features = x.Shape.Product(2, x.Rank);
        Variable<T> mask = x.Tape.Allocate(x.Shape, out Span<T> kept);
        for (int t = 0, at = 0; t < x.Shape[0]; t++)
        {
            for (int sequence = 0; sequence < batch; sequence++, at += features) kept.Slice(at, features).Fill(steps.IsTrue(t, sequence, batch) ? T.One : T.Zero);
        }

        return x.Tape.Apply(DropoutOperation<T>.Instance, x, mask);
    }

    /// <summary>The sum of the losses [time, batch, …] times the weight of their step.</summary>
    private static Variable<T> Reduce(Variable<T> losses, TrueSteps steps, SequenceReduction reduction, ReadOnlySpan<int> targets, int? ignored)
    {
        if (!Enum.IsDefined(reduction)) Errors.OutOfRange(nameof(reduction), reduction, "SequenceReduction is StepMean, TimeSum, SequenceMean or Sum.");
        Shape shape = losses.Shape;
        int time = shape[0], batch = shape[1], features = shape.Product(2, shape.Rank);
        Variable<T> weights = losses.Tape.Allocate(shape, out Span<T> values);
        int total = 0;
        for (int sequence = 0; sequence < batch; sequence++)
        {
            int count = 0;
            for (int t = 0; t < time; t++) count += Counts(t, sequence, steps, targets) ? 1 : 0;
            total += count;
            double weight = reduction switch
            {
                SequenceReduction.TimeSum => 1.0 / batch,
                SequenceReduction.SequenceMean => 1.0 / batch / Math.Max(1, count),
                _ => 1,
            };
            for (int t = 0; t < time; t++)
            {
                values.Slice(((t * batch) + sequence) * features, features).Fill(Counts(t, sequence, steps, targets) ? T.CreateTruncating(weight / features) : T.Zero);
            }
        }

        Variable<T> sum = (losses * weights).Sum();
        return reduction == SequenceReduction.StepMean ? sum / Math.Max(1, total) : sum;

        bool Counts(int t, int sequence, TrueSteps of, ReadOnlySpan<int> classes) => of.IsTrue(t, sequence, batch) && (classes.IsEmpty || classes[(t * batch) + sequence] != ignored);
    }
}
