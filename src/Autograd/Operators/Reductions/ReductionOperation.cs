using System.Buffers;
using System.Numerics;

namespace Autograd;

/// <summary>The inner loops of a reduction: y[o, i] from x[o, k, i] over all k.</summary>
internal interface IReductionKernel<T>
{
    void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner);
}

/// <summary>y = a reduction of x over a set of axes, which stay with size 1 or are left out.</summary>
/// <remarks>
/// Neighbouring axes of the set are reduced as one. Where others stand between them it goes group by group, the last first,
/// so the reduction of reductions must be the reduction: true of sums, products, extremes, norms and log-sum-exp.
/// </remarks>
internal abstract class ReductionOperation<T, TKernel> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TKernel : struct, IReductionKernel<T>
{
    /// <summary>The inner loops, with their attributes.</summary>
    protected TKernel Kernel { get; private set; }

    protected AxisSet Axes { get; private set; }

    protected bool KeepAxes { get; private set; }

    /// <summary>Whether there is a value for no elements.</summary>
    protected virtual bool HasEmptyValue => true;

    protected internal sealed override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0), result = Axes.Reduce(shape, KeepAxes);
        if (!HasEmptyValue && shape.Length == 0 && result.Length > 0)
        {
            Errors.Argument($"{Name}: shape {shape} has no elements along the reduced axes, and {Name} of nothing is not defined. Check for an empty batch first.");
        }

        ReadOnlySpan<T> x = context.Input(0);
        Run(x, shape, Axes, context.Output(result));
    }

    protected static Variable<T> Apply<TOperation>(Variable<T> x, AxisSet axes, bool keepAxes, TKernel kernel = default)
        where TOperation : ReductionOperation<T, TKernel>, new()
    {
        TOperation operation = x.Tape.Rent<TOperation>();
        operation.Kernel = kernel;
        operation.Axes = axes;
        operation.KeepAxes = keepAxes;
        return x.Tape.Apply(operation, x);
    }

    /// <summary>A value of the result's shape, such as the cotangent, with the reduced axes put back as size 1.</summary>
    protected Variable<T> WithAxes(Variable<T> value, Shape input) => KeepAxes ? value : value.Reshape(Axes.Reduce(input, keepAxes: true));

    private void Run(ReadOnlySpan<T> x, Shape shape, AxisSet axes, Span<T> y)
    {
        int end = shape.Rank;
        while (end > 0 && (!axes.Contains(end - 1) || shape[end - 1] == 1)) end--;
        if (end == 0)
        {
            Kernel.Apply(x, y, x.Length, 1, 1);
            return;
        }

        int start = end;
        while (start > 0 && axes.Contains(start - 1)) start--;
        int outer = shape.Product(0, start), reduce = shape.Product(start, end), inner = shape.Product(end, shape.Rank);
        bool last = true;
        for (int axis = 0; axis < start; axis++) last &= !axes.Contains(axis) || shape[axis] == 1;
        if (last)
        {
            Kernel.Apply(x, y, outer, reduce, inner);
            return;
        }

        T[] scratch = ArrayPool<T>.Shared.Rent(Math.Max(1, outer * inner));
        Span<T> partial = scratch.AsSpan(0, outer * inner);
        Kernel.Apply(x, partial, outer, reduce, inner);
        for (int axis = start; axis < end; axis++) shape = shape.With(axis, 1);
        Run(partial, shape, axes, y);
        ArrayPool<T>.Shared.Return(scratch);
    }
}
