using System.Numerics;

namespace Autograd;

/// <summary>Sums and means.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The sum of all elements, a scalar; 0 for no elements.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    public Variable<T> Sum(bool keepAxes = false) => SumOperation<T>.Apply(this, AxisSet.All(Rank), keepAxes);

    /// <summary>The sum along one axis, or several. The sum over no elements is 0.</summary>
    /// <param name="axes">The axes to reduce; negative ones count from the end.</param>
    /// <param name="keepAxes">Whether reduced axes stay, with size 1.</param>
    /// <exception cref="ArgumentException">An axis is out of range or given twice.</exception>
    public Variable<T> Sum(ReadOnlySpan<int> axes, bool keepAxes = false) => SumOperation<T>.Apply(this, AxisSet.Of(Shape, axes), keepAxes);

    /// <summary>The sum along one axis.</summary>
    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    /// <param name="axis">The axis to reduce; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the reduced axis stays, with size 1.</param>
    public Variable<T> Sum(int axis, bool keepAxes = false) => Sum([axis], keepAxes);

    /// <summary>The mean of all elements, a scalar; NaN for no elements.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    public Variable<T> Mean(bool keepAxes = false) => Sum(keepAxes) / Length;

    /// <summary>The mean along one axis, or several; NaN over no elements.</summary>
    /// <inheritdoc cref="Sum(ReadOnlySpan{int}, bool)"/>
    public Variable<T> Mean(ReadOnlySpan<int> axes, bool keepAxes = false)
    {
        Variable<T> sum = Sum(axes, keepAxes);
        return sum / AxisSet.Of(Shape, axes).Count(Shape);
    }

    /// <summary>The mean along one axis.</summary>
    /// <inheritdoc cref="Sum(int, bool)"/>
    public Variable<T> Mean(int axis, bool keepAxes = false) => Mean([axis], keepAxes);

    /// <summary>Sums over the axes along which <paramref name="shape"/> would broadcast to this shape: the gradient of broadcasting.</summary>
    /// <exception cref="ShapeException"><paramref name="shape"/> does not broadcast to this shape.</exception>
    internal Variable<T> SumTo(Shape shape)
    {
        Shape own = Shape;
        if (shape == own) return this;
        if (!ShapeMath.BroadcastsTo(shape, own)) Errors.Shape($"Shape {shape} does not broadcast to {own}, so this cannot be summed to it.");
        AxisSet axes = default;
        int missing = own.Rank - shape.Rank;
        for (int axis = 0; axis < own.Rank; axis++)
        {
            if (axis < missing || (shape[axis - missing] == 1 && own[axis] != 1)) axes = axes.With(axis);
        }

        Variable<T> sum = SumOperation<T>.Apply(this, axes, keepAxes: true);
        return missing == 0 ? sum : sum.Reshape(shape);
    }
}

/// <summary>y = Σ x over some axes.</summary>
/// <remarks>gx = gy, repeated along the reduced axes. Keeps nothing.</remarks>
internal sealed class SumOperation<T> : ReductionOperation<T, SumKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes) => Apply<SumOperation<T>>(x, axes, keepAxes);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        context.Accumulate(0, WithAxes(context.Cotangent(), shape).Expand(shape));
    }
}

internal readonly struct SumKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) => Kernels.Reductions.Sum(x, y, outer, reduce, inner);
}
