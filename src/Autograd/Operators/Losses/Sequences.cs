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
    /// <param name="lengths">The number of true steps of each sequence, [batch], from 1 to time; null if all steps are.</param>
    /// <param name="mask">In place of lengths: which steps are true, [time, batch], at least one of each sequence.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <param name="ignoreIndex">True steps with this target do not count, neither in a mean; null to ignore none.</param>
    /// <exception cref="ShapeException">The targets, lengths or mask do not fit.</exception>
    /// <exception cref="ArgumentException">A length or a target out of its range, or a sequence without a true step.</exception>
    public Variable<T> SequenceCrossEntropy(
        Tensor<int> targets,
        Tensor<int>? lengths = null,
        Tensor<bool>? mask = null,
        SequenceReduction reduction = SequenceReduction.StepMean,
        int? ignoreIndex = -100)
    {
        const string Name = nameof(SequenceCrossEntropy);
        ArgumentNullException.ThrowIfNull(targets);
        if (Rank != 3) Errors.Shape($"{Name}: the logits have shape {Shape}; they need three axes, [time, batch, classes].");
        if (targets.Shape != Shape.Part(0, 2)) Errors.Shape($"{Name}: the logits have shape {Shape}, so the targets need shape {Shape.Part(0, 2)}, not {targets.Shape}.");
        Variable<T> valid = ValidSteps.On(Tape, Name, Shape[0], Shape[1], lengths, mask, batchFirst: false);
        Variable<T> losses = ValidSteps.Kept(valid, this).CrossEntropy(targets, reduction: Reduction.None, ignoreIndex: ignoreIndex);
        return SequenceWeights<T>.Reduce(losses, valid, reduction, targets.Span, ignoreIndex);
    }

    /// <summary>(x − target)² of [time, batch, …] over the true steps of each sequence; the loss of a step is the mean over its features.</summary>
    /// <param name="target">What was wanted, of the same shape.</param>
    /// <param name="lengths">The number of true steps of each sequence, [batch], from 1 to time; null if all steps are.</param>
    /// <param name="mask">In place of lengths: which steps are true, [time, batch], at least one of each sequence.</param>
    /// <param name="reduction">How the losses of the steps are reduced.</param>
    /// <exception cref="ShapeException">The shapes, lengths or mask do not fit.</exception>
    /// <exception cref="ArgumentException">A length out of its range, or a sequence without a true step.</exception>
    public Variable<T> SequenceSquaredError(
        Variable<T> target, Tensor<int>? lengths = null, Tensor<bool>? mask = null, SequenceReduction reduction = SequenceReduction.StepMean)
    {
        const string Name = nameof(SequenceSquaredError);
        if (Rank < 2 || target.Shape != Shape) Errors.Shape($"{Name}: the prediction has shape {Shape} and the target {target.Shape}; both are the same [time, batch, …].");
        Variable<T> valid = ValidSteps.On(Tape, Name, Shape[0], Shape[1], lengths, mask, batchFirst: false);
        return SequenceWeights<T>.Reduce(ValidSteps.Kept(valid, this).MeanSquaredError(ValidSteps.Kept(valid, target), Reduction.None), valid, reduction, [], null);
    }
}

/// <summary>What the loss of each step counts.</summary>
internal static class SequenceWeights<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The sum of the losses [time, batch, …] times the weight of their step.</summary>
    public static Variable<T> Reduce(Variable<T> losses, Variable<T> valid, SequenceReduction reduction, ReadOnlySpan<int> targets, int? ignored)
    {
        if (!Enum.IsDefined(reduction)) Errors.OutOfRange(nameof(reduction), reduction, "SequenceReduction is StepMean, TimeSum, SequenceMean or Sum.");
        Shape shape = losses.Shape;
        int time = shape[0], batch = shape[1], features = shape.Product(2, shape.Rank);
        ReadOnlySpan<T> steps = valid.IsNone ? [] : valid.Span;
        Variable<T> weights = losses.Tape.Allocate(shape, out Span<T> values);
        int total = 0;
        for (int sequence = 0; sequence < batch; sequence++)
        {
            int count = 0;
            for (int at = sequence; at < time * batch; at += batch) count += Counts(at, steps, targets) ? 1 : 0;
            total += count;
            double weight = reduction switch
            {
                SequenceReduction.TimeSum => 1.0 / batch,
                SequenceReduction.SequenceMean => 1.0 / batch / Math.Max(1, count),
                _ => 1,
            };
            for (int at = sequence; at < time * batch; at += batch)
            {
                values.Slice(at * features, features).Fill(Counts(at, steps, targets) ? T.CreateTruncating(weight / features) : T.Zero);
            }
        }

        Variable<T> sum = (losses * weights).Sum();
        return reduction == SequenceReduction.StepMean ? sum / Math.Max(1, total) : sum;

        bool Counts(int at, ReadOnlySpan<T> real, ReadOnlySpan<int> classes) => (real.IsEmpty || real[at] != T.Zero) && (classes.IsEmpty || classes[at] != ignored);
    }
}
