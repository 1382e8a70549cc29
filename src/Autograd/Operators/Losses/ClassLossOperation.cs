using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>A loss of rows [..., classes] against one class number for each row, [...]: what cross-entropy and its like share.</summary>
internal abstract class ClassLossOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // No class has this number.
    private const int NoClass = int.MinValue;

    private SavedIndices _targets;
    private SavedTensor<T> _weights;
    private Reduction _reduction;
    private double _scale;

    /// <summary>The target whose rows do not count.</summary>
    protected int Ignored { get; private set; }

    protected ReadOnlySpan<int> Targets => _targets.Values(Name);

    /// <summary>One weight for each class, or none at all.</summary>
    protected ReadOnlySpan<T> Weights => _weights.Values(Name, "class weights");

    /// <summary>The numbers a row keeps for the gradient.</summary>
    protected abstract int KeptPerRow { get; }

    protected internal sealed override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        ReadOnlySpan<int> targets = Targets;
        SavedIndices.Check(Name, _targets.Tensor, shape[^1], Ignored);
        ReadOnlySpan<T> x = context.Input(0);
        bool reduces = _reduction != Reduction.None;
        Span<T> y = context.Output(reduces ? [] : _targets.Shape);
        int kept = KeptPerRow * targets.Length, needed = kept + (reduces ? targets.Length : 0);
        T[]? pooled = null;
        Span<T> memory = context.Records && kept > 0 ? context.Reserve(needed) : (pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, needed)));
        Span<T> losses = reduces ? memory.Slice(kept, targets.Length) : y;
        Losses(x, targets, losses, memory[..kept]);
        double total = _reduction == Reduction.Mean ? TotalWeight(targets) : 1;
        _scale = total == 0 ? 0 : 1 / total;
        if (reduces) y[0] = total == 0 && targets.Length > 0 ? T.Zero : Reductions.Sum<T>(losses) / T.CreateTruncating(total);
        if (pooled is not null) ArrayPool<T>.Shared.Return(pooled);
    }

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph)
        {
            Variable<T> g = context.Cotangent();
            context.Accumulate(0, Gradient(context.Input(0), _reduction == Reduction.None ? g.Unsqueeze(-1) : g * _scale));
            return;
        }

        bool reduces = _reduction != Reduction.None;
        T scaled = reduces ? context.CotangentSpan()[0] * T.CreateTruncating(_scale) : T.Zero;
        ReadOnlySpan<T> cotangents = reduces ? new(in scaled) : context.CotangentSpan();
        Span<T> gradient = context.Contribution(0, context.Shape(0), out Variable<T> pending);
        Gradient(context.InputSpan(0), Targets, cotangents, KeptPerRow == 0 ? default : context.OutputSpan(1), gradient);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }

    protected internal override void Clear()
    {
        _targets = default;
        _weights = default;
    }

    /// <summary>The loss of each row, 0 where ignored, and what the gradient wants of it.</summary>
    protected abstract void Losses(ReadOnlySpan<T> x, ReadOnlySpan<int> targets, Span<T> losses, Span<T> kept);

    /// <summary>The gradient to x in one pass, from the cotangent of each row, or one for all.</summary>
    protected abstract void Gradient(ReadOnlySpan<T> x, ReadOnlySpan<int> targets, ReadOnlySpan<T> cotangents, ReadOnlySpan<T> kept, Span<T> gradient);

    /// <summary>The gradient to x as operators; <paramref name="g"/> broadcasts to x.</summary>
    protected abstract Variable<T> Gradient(Variable<T> x, Variable<T> g);

    /// <summary>Checks the arguments, brings the classes to the last axis and applies the operation.</summary>
    protected static Variable<T> Apply<TOperation>(
        TOperation operation, Variable<T> x, Tensor<int> targets, int axis, Reduction reduction, int? ignoreIndex, Tensor<T>? classWeights)
        where TOperation : ClassLossOperation<T>
    {
        ArgumentNullException.ThrowIfNull(targets);
        Shape shape = x.Shape;
        int at = shape.Axis(axis), classes = shape[at];
        if (targets.Shape != shape.Without(at))
        {
            Errors.Shape($"{operation.Name}: the input has shape {shape} with its {classes} classes along axis {at}, so the targets need shape {shape.Without(at)}, not {targets.Shape}.");
        }

        if (classWeights is not null && classWeights.Shape != new Shape(classes))
        {
            Errors.Shape($"{operation.Name}: the input of shape {shape} has {classes} classes along axis {at}, so the class weights need shape [{classes}], not {classWeights.Shape}.");
        }

        if (reduction is not (Reduction.Mean or Reduction.Sum or Reduction.None))
        {
            Errors.OutOfRange(nameof(reduction), reduction, "Reduction is Mean, Sum or None.");
        }

        operation._targets = new SavedIndices(targets);
        operation._weights = classWeights is null ? default : new(classWeights);
        operation._reduction = reduction;
        operation.Ignored = ignoreIndex ?? NoClass;
        if (at == shape.Rank - 1) return x.Tape.Apply(operation, x);
        Span<int> axes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < shape.Rank - 1; i++) axes[i] = i < at ? i : i + 1;
        axes[shape.Rank - 1] = at;
        return x.Tape.Apply(operation, x.Permute(axes[..shape.Rank]));
    }

    /// <summary>What the mean divides by: the sum of the weights of the targets that count.</summary>
    private double TotalWeight(ReadOnlySpan<int> targets)
    {
        ReadOnlySpan<T> weights = Weights;
        double total = 0;
        int counted = 0;
        foreach (int target in targets)
        {
            if (target == Ignored) continue;
            counted++;
            if (!weights.IsEmpty) total += double.CreateTruncating(weights[target]);
        }

        return weights.IsEmpty ? counted : total;
    }
}
