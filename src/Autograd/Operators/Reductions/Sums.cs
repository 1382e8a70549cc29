using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>Sums and means.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The sum of all elements, a scalar; 0 for no elements.</summary>
    public Variable<T> Sum() => SumOperation<T>.Apply(this, AxisSet.All(Rank), keepAxes: false);

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
    public Variable<T> Mean() => Sum() / Length;

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
        if (shape == Shape) return this;
        if (!ShapeMath.BroadcastsTo(shape, Shape)) Errors.Shape($"Shape {shape} does not broadcast to {Shape}, so this cannot be summed to it.");
        AxisSet axes = default;
        for (int axis = 0; axis < Rank; axis++)
        {
            int from = axis - (Rank - shape.Rank);
            if (from < 0 || (shape[from] == 1 && Shape[axis] != 1)) axes = axes.With(axis);
        }

        Variable<T> sum = SumOperation<T>.Apply(this, axes, keepAxes: true);
        return sum.Shape == shape ? sum : sum.Reshape(shape);
    }
}

/// <summary>A set of axes, as bits.</summary>
internal readonly record struct AxisSet(int Bits)
{
    public static AxisSet All(int rank) => new((1 << rank) - 1);

    public static AxisSet Of(Shape shape, ReadOnlySpan<int> axes)
    {
        AxisSet set = default;
        foreach (int given in axes)
        {
            int axis = shape.Axis(given);
            if (set.Contains(axis)) Errors.Argument($"Axis {given} is given twice in {Errors.List(axes)}, for shape {shape}.");
            set = set.With(axis);
        }

        return set;
    }

    public bool Contains(int axis) => (Bits >> axis & 1) != 0;

    public AxisSet With(int axis) => new(Bits | 1 << axis);

    /// <summary>The number of elements of these axes.</summary>
    public int Count(Shape shape)
    {
        int count = 1;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (Contains(axis)) count *= shape[axis];
        }

        return count;
    }

    /// <summary>The shape without these axes, or with size 1 in their place.</summary>
    public Shape Reduce(Shape shape, bool keepAxes)
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!Contains(axis)) sizes[rank++] = shape[axis];
            else if (keepAxes) sizes[rank++] = 1;
        }

        return new Shape(sizes[..rank]);
    }
}

/// <summary>y = Σ x over some axes.</summary>
/// <remarks>gx = gy, repeated along the reduced axes. Keeps nothing.</remarks>
internal sealed class SumOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private AxisSet _axes;
    private bool _keepAxes;

    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes)
    {
        SumOperation<T> operation = x.Tape.Rent<SumOperation<T>>();
        operation._axes = axes;
        operation._keepAxes = keepAxes;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        ReadOnlySpan<T> x = context.Input(0);
        Span<T> y = context.Output(_axes.Reduce(shape, _keepAxes));
        Run(x, shape, _axes, y);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Variable<T> gradient = context.Cotangent();
        if (!_keepAxes) gradient = gradient.Reshape(_axes.Reduce(shape, keepAxes: true));
        context.Accumulate(0, gradient.Expand(shape));
    }

    private static void Run(ReadOnlySpan<T> x, Shape shape, AxisSet axes, Span<T> y)
    {
        y.Clear();
        if (x.Length == 0) return;
        Span<int> strides = stackalloc int[Shape.MaxRank];
        int stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = axes.Contains(axis) ? 0 : stride;
            if (!axes.Contains(axis)) stride *= shape[axis];
        }

        if (axes == AxisSet.All(shape.Rank)) y[0] = TensorPrimitives.Sum(x);
        else Strided.ScatterAdd(x, shape, y, 0, strides);
    }
}
