using System.Numerics;
using System.Runtime.CompilerServices;
using Autograd.Kernels;

namespace Autograd;

/// <summary>The largest and the smallest elements, and where they are.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The largest of all elements, a scalar; NaN if one is NaN. Elements that tie share the gradient equally.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <exception cref="ArgumentException">There are no elements.</exception>
    public Variable<T> Max(bool keepAxes = false) => MaxOperation<T>.Apply(this, AxisSet.All(Rank), keepAxes);

    /// <summary>The largest elements along one axis, or several; NaN where one is NaN. Elements that tie share the gradient equally.</summary>
    /// <param name="axes">The axes to reduce; negative ones count from the end.</param>
    /// <param name="keepAxes">Whether reduced axes stay, with size 1.</param>
    /// <exception cref="ArgumentException">An axis is out of range or given twice, or there are no elements along the axes.</exception>
    public Variable<T> Max(ReadOnlySpan<int> axes, bool keepAxes = false) => MaxOperation<T>.Apply(this, AxisSet.Of(Shape, axes), keepAxes);

    /// <summary>The largest elements along one axis; NaN where one is NaN. Elements that tie share the gradient equally.</summary>
    /// <param name="axis">The axis to reduce; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the reduced axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis is out of range, or there are no elements along it.</exception>
    public Variable<T> Max(int axis, bool keepAxes = false) => Max([axis], keepAxes);

    /// <summary>The smallest of all elements, a scalar; NaN if one is NaN. Elements that tie share the gradient equally.</summary>
    /// <inheritdoc cref="Max(bool)"/>
    public Variable<T> Min(bool keepAxes = false) => MinOperation<T>.Apply(this, AxisSet.All(Rank), keepAxes);

    /// <summary>The smallest elements along one axis, or several; NaN where one is NaN. Elements that tie share the gradient equally.</summary>
    /// <inheritdoc cref="Max(ReadOnlySpan{int}, bool)"/>
    public Variable<T> Min(ReadOnlySpan<int> axes, bool keepAxes = false) => MinOperation<T>.Apply(this, AxisSet.Of(Shape, axes), keepAxes);

    /// <summary>The smallest elements along one axis; NaN where one is NaN. Elements that tie share the gradient equally.</summary>
    /// <inheritdoc cref="Max(int, bool)"/>
    public Variable<T> Min(int axis, bool keepAxes = false) => Min([axis], keepAxes);

    /// <summary>The largest elements along an axis and where they are: the first of them, or the first NaN. The gradient goes there alone.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis is out of range, or has size 0.</exception>
    public (Variable<T> Values, Tensor<int> Indices) MaxWithIndex(int axis, bool keepAxes = false)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        Tensor<int> index = Place(shape.With(at, 1), shape[at]);
        Reductions.ArgMax(Span, index.Writable, shape.Product(0, at), shape[at], shape.Product(at + 1, shape.Rank));
        return WithIndex(at, index, keepAxes);
    }

    /// <summary>The smallest elements along an axis and where they are: the first of them, or the first NaN. The gradient goes there alone.</summary>
    /// <inheritdoc cref="MaxWithIndex"/>
    public (Variable<T> Values, Tensor<int> Indices) MinWithIndex(int axis, bool keepAxes = false)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        Tensor<int> index = Place(shape.With(at, 1), shape[at]);
        Reductions.ArgMin(Span, index.Writable, shape.Product(0, at), shape[at], shape.Product(at + 1, shape.Rank));
        return WithIndex(at, index, keepAxes);
    }

    /// <summary>Where the largest of all elements is, counted row by row, as a scalar: the first of them, or the first NaN. No gradient.</summary>
    /// <exception cref="ArgumentException">There are no elements.</exception>
    public Tensor<int> ArgMax()
    {
        Tensor<int> index = Place([], Length);
        Reductions.ArgMax(Span, index.Writable, 1, Length, 1);
        return index;
    }

    /// <summary>Where along an axis the largest element is: the first of them, or the first NaN. No gradient.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis is out of range, or has size 0.</exception>
    public Tensor<int> ArgMax(int axis, bool keepAxes = false)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        Tensor<int> index = Place(keepAxes ? shape.With(at, 1) : shape.Without(at), shape[at]);
        Reductions.ArgMax(Span, index.Writable, shape.Product(0, at), shape[at], shape.Product(at + 1, shape.Rank));
        return index;
    }

    /// <summary>Where the smallest of all elements is, counted row by row, as a scalar: the first of them, or the first NaN. No gradient.</summary>
    /// <inheritdoc cref="ArgMax()"/>
    public Tensor<int> ArgMin()
    {
        Tensor<int> index = Place([], Length);
        Reductions.ArgMin(Span, index.Writable, 1, Length, 1);
        return index;
    }

    /// <summary>Where along an axis the smallest element is: the first of them, or the first NaN. No gradient.</summary>
    /// <inheritdoc cref="ArgMax(int, bool)"/>
    public Tensor<int> ArgMin(int axis, bool keepAxes = false)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        Tensor<int> index = Place(keepAxes ? shape.With(at, 1) : shape.Without(at), shape[at]);
        Reductions.ArgMin(Span, index.Writable, shape.Product(0, at), shape[at], shape.Product(at + 1, shape.Rank));
        return index;
    }

    private (Variable<T> Values, Tensor<int> Indices) WithIndex(int axis, Tensor<int> index, bool keepAxes)
    {
        Variable<T> values = GatherOperation<T>.Apply(this, new SavedIndices(index), Shape, axis);
        Shape result = keepAxes ? index.Shape : index.Shape.Without(axis);
        return (values.Reshape(result), index.Reshape(result.Sizes));
    }

    private Tensor<int> Place(Shape result, int candidates, [CallerMemberName] string name = "")
    {
        if (candidates == 0 && result.Length > 0) Errors.Argument($"{name}: shape {Shape} has no elements to choose from.");
        return new Tensor<int>(result);
    }
}

/// <summary>y = the largest (or smallest) x over some axes.</summary>
/// <remarks>gx = gy / n at the n elements of a group that equal y, else 0. Keeps x and y.</remarks>
internal abstract class ExtremeOperation<T, TKernel> : ReductionOperation<T, TKernel>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TKernel : struct, IReductionKernel<T>
{
    protected override bool HasEmptyValue => false;

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        if (!context.CreatesGraph && Axes.IsRun(shape, out int start, out int end))
        {
            Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
            Reductions.ExtremeGradient(
                context.CotangentSpan(), context.InputSpan(0), context.OutputSpan(), gradient, shape.Product(0, start), shape.Product(start, end), shape.Product(end, shape.Rank));
            if (!pending.IsNone) context.Accumulate(0, pending);
            return;
        }

        Variable<T> x = context.Input(0).Detach(), y = WithAxes(context.Output().Detach(), shape);
        Variable<T> ties = x.Tape.Full(shape, 1).Gate<TieFunction>(x, y);
        Variable<T> share = WithAxes(context.Cotangent(), shape) / SumOperation<T>.Apply(ties, Axes, keepAxes: true);
        context.Accumulate(0, share.Expand(shape).Gate<TieFunction>(x, y));
    }
}

/// <inheritdoc/>
internal sealed class MaxOperation<T> : ExtremeOperation<T, MaxKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes) => Apply<MaxOperation<T>>(x, axes, keepAxes);
}

/// <inheritdoc/>
internal sealed class MinOperation<T> : ExtremeOperation<T, MinKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes) => Apply<MinOperation<T>>(x, axes, keepAxes);
}

internal readonly struct MaxKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) => Reductions.Max(x, y, outer, reduce, inner);
}

internal readonly struct MinKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) => Reductions.Min(x, y, outer, reduce, inner);
}
