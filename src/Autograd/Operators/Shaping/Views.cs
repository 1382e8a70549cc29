using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>Other shapes of the same memory, and parts of it along the first axis.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The part at one index of the first axis, without that axis: a time step <c>x[t]</c>. Shares memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the axis.</exception>
    [IndexerName("Element")]
    public Variable<T> this[Index index]
    {
        get
        {
            Shape shape = Shape;
            if (shape.Rank == 0) Errors.Shape("A scalar (shape []) has no axis to index.");
            int at = index.GetOffset(shape[0]);
            if ((uint)at >= (uint)shape[0]) Errors.NoSuchIndex(index.IsFromEnd ? -index.Value : index.Value, 0, shape);
            Shape part = shape.Part(1, shape.Rank);
            return ViewOperation<T>.Apply(this, at * part.Length, part);
        }
    }

    /// <summary>The part in a range of the first axis: <c>x[1..3]</c>. Shares memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is outside the axis.</exception>
    [IndexerName("Element")]
    public Variable<T> this[Range range]
    {
        get
        {
            Shape shape = Shape;
            if (shape.Rank == 0) Errors.Shape("A scalar (shape []) has no axis to slice.");
            (int start, int count) = ShapeMath.Bounds(shape, 0, range);
            return ViewOperation<T>.Apply(this, start * shape.Product(1, shape.Rank), shape.With(0, count));
        }
    }

    /// <summary>The same values under another shape with as many elements; one size may be −1 and is found from the others. Shares memory.</summary>
    /// <exception cref="ShapeException">Another number of elements.</exception>
    [OverloadResolutionPriority(1)] // a collection expression could also be a Shape, which knows no −1
    public Variable<T> Reshape(params ReadOnlySpan<int> sizes) => Reshape(ShapeMath.Reshape(Shape, sizes));

    /// <inheritdoc cref="Reshape(ReadOnlySpan{int})"/>
    public Variable<T> Reshape(Shape shape)
    {
        if (shape.Length != Length) ShapeMath.Reshape(Shape, shape.Sizes);
        return shape == Shape ? this : ViewOperation<T>.Apply(this, 0, shape);
    }

    /// <summary>The same values without the axes of size 1. Shares memory.</summary>
    public Variable<T> Squeeze()
    {
        Span<int> axes = stackalloc int[Shape.MaxRank];
        for (int axis = 0; axis < Rank; axis++) axes[axis] = axis;
        return Squeeze(axes[..Rank]);
    }

    /// <summary>The same values without those of the given axes whose size is 1; an axis of another size stays. Shares memory.</summary>
    /// <param name="axes">The axes; negative ones count from the end.</param>
    /// <exception cref="ArgumentException">No such axis, or one given twice.</exception>
    public Variable<T> Squeeze(params ReadOnlySpan<int> axes)
    {
        Shape shape = Shape;
        AxisSet given = AxisSet.Of(shape, axes), ones = default;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (given.Contains(axis) && shape[axis] == 1) ones = ones.With(axis);
        }

        return Reshape(ones.Reduce(shape, keepAxes: false));
    }

    /// <summary>The same values with a new axis of size 1. Shares memory.</summary>
    /// <param name="axis">Where the new axis stands in the result; −1 is last.</param>
    /// <exception cref="ArgumentOutOfRangeException">The result has no such axis.</exception>
    public Variable<T> Unsqueeze(int axis)
    {
        Shape shape = Shape;
        int at = axis < 0 ? axis + shape.Rank + 1 : axis;
        if ((uint)at > (uint)shape.Rank)
        {
            Errors.OutOfRange(nameof(axis), axis, $"Unsqueeze of shape {shape} puts an axis at {-shape.Rank - 1} … {shape.Rank}, not at {axis}.");
        }

        return Reshape(shape.Insert(at, 1));
    }
}

/// <summary>y = a run of x's elements under another shape. Shares memory.</summary>
/// <remarks>gx is gy in that run and 0 elsewhere. Keeps nothing.</remarks>
internal sealed class ViewOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _offset;
    private Shape _shape;

    public override string Name => "View";

    public static Variable<T> Apply(Variable<T> x, int offset, Shape shape)
    {
        ViewOperation<T> operation = x.Tape.Rent<ViewOperation<T>>();
        operation._offset = offset;
        operation._shape = shape;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context) => context.OutputView(0, _offset, _shape);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape whole = context.Shape(0);
        Variable<T> gradient = context.Cotangent();
        if (_shape.Length == whole.Length)
        {
            context.Accumulate(0, gradient.Reshape(whole));
        }
        else if (context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            // Adding to the part alone keeps a loop over T slices linear in T.
            if (fresh) sum.Clear();
            Span<T> part = sum.Slice(_offset, _shape.Length);
            System.Numerics.Tensors.TensorPrimitives.Add(part, gradient.Span, part);
        }
        else
        {
            context.Accumulate(0, PlaceOperation<T>.Apply(gradient, _offset, whole));
        }
    }
}

/// <summary>y = zeros, but for a run of elements that is x: the gradient of a view.</summary>
/// <remarks>gx is that run of gy. Keeps nothing.</remarks>
internal sealed class PlaceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _offset;
    private Shape _whole;

    public static Variable<T> Apply(Variable<T> x, int offset, Shape whole)
    {
        PlaceOperation<T> operation = x.Tape.Rent<PlaceOperation<T>>();
        operation._offset = offset;
        operation._whole = whole;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_whole);
        y.Clear();
        context.Input(0).CopyTo(y[_offset..]);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, ViewOperation<T>.Apply(context.Cotangent(), _offset, context.Shape(0)));
}
