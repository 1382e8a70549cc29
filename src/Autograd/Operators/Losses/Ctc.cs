using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The loss of a sequence of labels that are not aligned to the steps of the input: −ln Σ of the probabilities of all alignments,
    /// where a step emits a label or the blank, and repeats and blanks are dropped. Graves, Fernández, Gomez and Schmidhuber 2006.
    /// </summary>
    /// <param name="targets">Labels [N, S], padded; what stands beyond an item's length is not read.</param>
    /// <param name="inputLengths">The steps of each item, [N], each from 1 to T. Logits beyond have no effect, and gradient 0.</param>
    /// <param name="targetLengths">The labels of each item, [N], each from 0 to S; an empty target is a row of blanks.</param>
    /// <param name="blank">The class of the blank.</param>
    /// <param name="reduction">Mean divides each loss by its target length (by 1 where that is 0), then by N.</param>
    /// <param name="zeroInfinity">
    /// Whether the loss +∞ of a target without an alignment, such as one longer than its input, counts as 0 with gradient 0; else its
    /// gradient is NaN.
    /// </param>
    /// <remarks>This holds logits [T, N, C]; their log-softmax over C is part of the loss. Its sums are done in double for every T.</remarks>
    /// <exception cref="ShapeException">The logits have not three axes, or targets or lengths do not fit them.</exception>
    /// <exception cref="ArgumentException">A length out of range, a label that is no class or the blank, or a blank that is no class.</exception>
    public Variable<T> CtcLoss(
        Tensor<int> targets,
        Tensor<int> inputLengths,
        Tensor<int> targetLengths,
        int blank = 0,
        Reduction reduction = Reduction.Mean,
        bool zeroInfinity = false) => CtcLossOperation<T>.Apply(this, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity);
}

/// <summary>y = −ln Σ over the alignments of a target of Π over time of softmax(x), for each item of a batch; then reduced.</summary>
/// <remarks>
/// gx = gy ⊙ (softmax(x) − the probability, given the target, that the step is in a state of the class). Keeps this gradient for gy = 1.
/// </remarks>
internal sealed class CtcLossOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Stands for ln 0 in the composite: the slope of a log-sum of nothing but −∞ would be NaN.
    private const double Never = -1e30;

    private SavedTensor<int> _targets;
    private SavedTensor<int> _inputLengths;
    private SavedTensor<int> _targetLengths;
    private int _blank;
    private Reduction _reduction;
    private bool _zeroInfinity;

    public static Variable<T> Apply(
        Variable<T> logits, Tensor<int> targets, Tensor<int> inputLengths, Tensor<int> targetLengths, int blank, Reduction reduction, bool zeroInfinity)
    {
        Check(logits.Shape, targets, inputLengths, targetLengths, blank);
        if (reduction is not (Reduction.Mean or Reduction.Sum or Reduction.None)) Errors.OutOfRange(nameof(reduction), reduction, "CtcLoss: the reduction is Mean, Sum or None.");
        CtcLossOperation<T> operation = logits.Tape.Rent<CtcLossOperation<T>>();
        (operation._targets, operation._inputLengths, operation._targetLengths) = (new(targets), new(inputLengths), new(targetLengths));
        (operation._blank, operation._reduction, operation._zeroInfinity) = (blank, reduction, zeroInfinity);
        return logits.Tape.Apply(operation, logits);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        int batch = shape[1];
        Span<T> y = context.Output(_reduction == Reduction.None ? [batch] : []);
        Span<T> kept = context.Records ? context.Reserve(shape.Length) : default;
        double[] pooled = ArrayPool<double>.Shared.Rent(Math.Max(1, batch));
        Span<double> losses = pooled.AsSpan(0, batch);
        Ctc.Loss(
            (shape[0], batch, shape[2]), context.Input(0), Targets, InputLengths, TargetLengths, _blank, _zeroInfinity, losses, kept);
        double total = 0;
        for (int n = 0; n < batch; n++)
        {
            if (_reduction == Reduction.None) y[n] = T.CreateTruncating(losses[n]);
            else total += losses[n] * Share(n, batch);
        }

        if (_reduction != Reduction.None) y[0] = T.CreateTruncating(batch == 0 && _reduction == Reduction.Mean ? double.NaN : total);
        ArrayPool<double>.Shared.Return(pooled);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        int batch = shape[1];
        ReadOnlySpan<T> g = context.CotangentSpan();
        T[] pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, batch));
        Span<T> factors = pooled.AsSpan(0, batch);
        for (int n = 0; n < batch; n++) factors[n] = _reduction == Reduction.None ? g[n] : g[0] * T.CreateTruncating(Share(n, batch));
        Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
        Broadcasting.Binary<T, MultiplyFunction>(context.OutputSpan(1), shape, factors, [batch, 1], gradient, shape);
        ArrayPool<T>.Shared.Return(pooled);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }

    protected internal override Variable<T>[] Compose(ReadOnlySpan<Variable<T>> inputs)
    {
        Variable<T> logits = inputs[0];
        int batch = logits.Shape[1];
        Variable<T> losses = batch == 0 ? logits.Sum([0, 2]) : Losses(logits);
        T[] shares = new T[batch];
        for (int n = 0; n < batch; n++)
        {
            bool impossible = double.CreateTruncating(losses.Span[n]) > -Never / 2;
            shares[n] = T.CreateTruncating(!impossible ? Share(n, batch) : _zeroInfinity ? 0 : double.NaN);
        }

        losses *= logits.Tape.Constant([batch], shares);
        return [_reduction == Reduction.None ? losses : losses.Sum()];
    }

    protected internal override void Clear()
    {
        _targets = default;
        _inputLengths = default;
        _targetLengths = default;
    }

    private ReadOnlySpan<int> Targets => _targets.Values(Name, "targets");

    private ReadOnlySpan<int> InputLengths => _inputLengths.Values(Name, "input lengths");

    private ReadOnlySpan<int> TargetLengths => _targetLengths.Values(Name, "target lengths");

    private static void Check(Shape shape, Tensor<int> targets, Tensor<int> inputLengths, Tensor<int> targetLengths, int blank)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(inputLengths);
        ArgumentNullException.ThrowIfNull(targetLengths);
        if (shape.Rank != 3) Errors.Shape($"CtcLoss: the logits have shape {shape}; they need three axes, [time, batch, classes].");
        (int time, int batch, int classes) = (shape[0], shape[1], shape[2]);
        if (targets.Rank != 2 || targets.Shape[0] != batch) Errors.Shape($"CtcLoss: the targets have shape {targets.Shape}; for logits of shape {shape} they need [{batch}, longest target], padded.");
        RequireCount("input", inputLengths, shape);
        RequireCount("target", targetLengths, shape);
        if ((uint)blank >= (uint)classes) Errors.OutOfRange(nameof(blank), blank, $"CtcLoss: the blank is one of the classes 0 … {classes - 1} of the logits of shape {shape}, not {blank}.");
        int width = targets.Shape[1];
        for (int n = 0; n < batch; n++)
        {
            int steps = inputLengths.Span[n], labels = targetLengths.Span[n];
            if (steps < 1 || steps > time) Errors.OutOfRange(nameof(inputLengths), steps, $"CtcLoss: the input length of item {n} is {steps}; the logits of shape {shape} have 1 … {time} steps.");
            if (labels < 0 || labels > width) Errors.OutOfRange(nameof(targetLengths), labels, $"CtcLoss: the target length of item {n} is {labels}; the targets of shape {targets.Shape} have 0 … {width} labels.");
            for (int i = 0; i < labels; i++)
            {
                int label = targets.Span[(n * width) + i];
                if ((uint)label >= (uint)classes) Errors.OutOfRange(nameof(targets), label, $"CtcLoss: label {i} of item {n} is {label}, which is not one of the classes 0 … {classes - 1}.");
                if (label == blank) Errors.OutOfRange(nameof(targets), label, $"CtcLoss: label {i} of item {n} is {label}, the blank, which no target contains. Leave it out, or choose another blank.");
            }
        }
    }

    private static void RequireCount(string what, Tensor<int> lengths, Shape shape)
    {
        if (lengths.Shape != new Shape(shape[1])) Errors.Shape($"CtcLoss: the {what} lengths have shape {lengths.Shape}; for logits of shape {shape} they need [{shape[1]}], one for each item of the batch.");
    }

    /// <summary>What the loss of an item counts in the reduced one.</summary>
    private double Share(int n, int batch) => _reduction == Reduction.Mean ? 1.0 / ((double)Math.Max(1, TargetLengths[n]) * batch) : 1;

    /// <summary>The losses as operators: α(t, s) = ln(e^α(t−1, s) + e^α(t−1, s−1) + [may skip] e^α(t−1, s−2)) + ln softmax(x(t)) of the state's class.</summary>
    private Variable<T> Losses(Variable<T> logits)
    {
        Tape<T> tape = logits.Tape;
        (int time, int batch) = (logits.Shape[0], logits.Shape[1]);
        ReadOnlySpan<int> targets = Targets, steps = InputLengths, labels = TargetLengths;
        int width = targets.Length / batch, longest = 0, states = 1;
        bool[] inside = new bool[time * batch];
        for (int n = 0; n < batch; n++)
        {
            longest = Math.Max(longest, steps[n]);
            states = Math.Max(states, (2 * labels[n]) + 1);
            for (int t = 0; t < steps[n]; t++) inside[(t * batch) + n] = true;
        }

        int[] classes = new int[batch * states], ends = new int[batch * 2];
        T never = T.CreateTruncating(Never);
        T[] start = new T[batch * states], skip = new T[batch * states], single = new T[batch * 2];
        for (int n = 0; n < batch; n++)
        {
            for (int s = 0; s < states; s++)
            {
                int at = (n * states) + s, label = s / 2;
                bool isLabel = s % 2 == 1 && label < labels[n];
                classes[at] = isLabel ? targets[(n * width) + label] : _blank;
                start[at] = s < 2 ? T.Zero : never;
                skip[at] = isLabel && label > 0 && classes[at] != classes[at - 2] ? T.Zero : never;
            }

            ends[2 * n] = 2 * labels[n];
            ends[(2 * n) + 1] = Math.Max(0, (2 * labels[n]) - 1);
            single[(2 * n) + 1] = labels[n] == 0 ? never : T.Zero;
        }

        Variable<T> all = Variable.Where(new Tensor<bool>([time, batch, 1], inside), logits, tape.Zeros([])).LogSoftmax();
        Tensor<int> index = new([batch, states], classes);
        Variable<T> skips = tape.Constant([batch, states], skip), alpha = Emissions(all, 0, index) + tape.Constant([batch, states], start);
        for (int t = 1; t < longest; t++)
        {
            Variable<T> next = (states == 1 ? alpha : Variable.Stack([alpha, Shift(alpha, 1), Shift(alpha, 2) + skips]).LogSumExp(0)) + Emissions(all, t, index);
            alpha = Variable.Where(new Tensor<bool>([batch, 1], inside.AsSpan(t * batch, batch)), next, alpha);
        }

        return -(alpha.Gather(1, new Tensor<int>([batch, 2], ends)) + tape.Constant([batch, 2], single)).LogSumExp(1);
    }

    private static Variable<T> Emissions(Variable<T> all, int t, Tensor<int> index) => all[t].Gather(1, index).Clamp(min: Never);

    /// <summary>States moved up by some places, with ln 0 below.</summary>
    private static Variable<T> Shift(Variable<T> alpha, int places)
    {
        (int batch, int states) = (alpha.Shape[0], alpha.Shape[1]);
        return Variable.Concat([alpha.Tape.Full([batch, places], Never), alpha.Narrow(1, 0, states - places)], 1);
    }
}
