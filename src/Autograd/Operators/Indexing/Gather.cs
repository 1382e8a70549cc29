using System.Numerics;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>One element for each index, along one axis: y[i][j] = x[index[i][j]][j] for axis 0, y[i][j] = x[i][index[i][j]] for axis 1.</summary>
    /// <param name="axis">The axis the indices point into; a negative one counts from the end.</param>
    /// <param name="index">Indices, of as many axes as this and along every other axis of at most its size. Its shape is the result's.</param>
    /// <exception cref="ShapeException">The index tensor has another rank, or is larger along another axis.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or an index outside it.</exception>
    public Variable<T> Gather(int axis, Tensor<int> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        Shape shape = Shape;
        int at = shape.Axis(axis);
        if (index.Rank != shape.Rank) Errors.Shape($"Gather: the index tensor has shape {index.Shape}, but the input of shape {shape} needs {shape.Rank} axes there too.");
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i != at && index.Shape[i] > shape[i])
            {
                Errors.Shape($"Gather along axis {axis}: the index tensor of shape {index.Shape} is larger than the input of shape {shape} along axis {i}; it may be larger along axis {axis} alone.");
            }
        }

        SavedIndices.Check("Gather", index, shape[at]);
        return GatherOperation<T>.Apply(this, new SavedIndices(index), shape, at);
    }
}

/// <summary>y[i, …, j] = x[i, …, index[i, …, k, …, j], …, j] along one axis.</summary>
/// <remarks>gx is gy added at the same places. Keeps the index.</remarks>
internal sealed class GatherOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private SavedIndices _index;
    private Shape _whole;
    private int _axis;

    public static Variable<T> Apply(Variable<T> x, SavedIndices index, Shape whole, int axis)
    {
        GatherOperation<T> operation = x.Tape.Rent<GatherOperation<T>>();
        (operation._index, operation._whole, operation._axis) = (index, whole, axis);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<int> index = _index.Values("Gather");
        Span<T> y = context.Output(_index.Shape);
        ReadOnlySpan<T> x = context.Input(0);
        IndexRows rows = new(_index.Shape, _whole, _axis);
        for (int to = 0; to < y.Length; rows.Next())
        {
            for (int i = 0; i < rows.Length; i++, to++) y[to] = x[rows.Place(i, index[to])];
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (!context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            context.Accumulate(0, ScatterAddOperation<T>.Apply(gradient, _index, _whole, _axis));
            return;
        }

        if (fresh) sum.Clear();
        ScatterAddOperation<T>.Add(gradient.Span, _index, _whole, _axis, sum);
    }

    protected internal override void Clear() => _index = default;
}

/// <summary>y = zeros, to which every element of x is added at its index along one axis: the gradient of a gather.</summary>
/// <remarks>gx is gy gathered from the same places. Keeps the index.</remarks>
internal sealed class ScatterAddOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private SavedIndices _index;
    private Shape _whole;
    private int _axis;

    public static Variable<T> Apply(Variable<T> x, SavedIndices index, Shape whole, int axis)
    {
        ScatterAddOperation<T> operation = x.Tape.Rent<ScatterAddOperation<T>>();
        (operation._index, operation._whole, operation._axis) = (index, whole, axis);
        return x.Tape.Apply(operation, x);
    }

    public static void Add(ReadOnlySpan<T> x, SavedIndices saved, Shape whole, int axis, Span<T> sum)
    {
        ReadOnlySpan<int> index = saved.Values("Gather");
        IndexRows rows = new(saved.Shape, whole, axis);
        for (int from = 0; from < x.Length; rows.Next())
        {
            for (int i = 0; i < rows.Length; i++, from++) sum[rows.Place(i, index[from])] += x[from];
        }
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_whole);
        y.Clear();
        Add(context.Input(0), _index, _whole, _axis, y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, GatherOperation<T>.Apply(context.Cotangent(), _index, _whole, _axis));

    protected internal override void Clear() => _index = default;
}

/// <summary>Walks an index tensor row by row, and tells where in the whole an entry points.</summary>
internal ref struct IndexRows
{
    private readonly Shape _shape;
    private readonly int _axis;
    private readonly int _axisStride;
    private readonly int _innerStride;
    private Steps _strides;
    private Steps _at;
    private int _offset;

    public IndexRows(Shape index, Shape whole, int axis)
    {
        _shape = index;
        _axis = axis;
        Strided.Strides(whole, _strides);
        _axisStride = _strides[axis];
        _strides[axis] = 0; // the entry itself says where along this axis
        _innerStride = _strides[index.Rank - 1];
    }

    /// <summary>The entries of a row.</summary>
    public readonly int Length => _shape[^1];

    /// <summary>Where entry <paramref name="i"/> of the row points, when its value is <paramref name="index"/>.</summary>
    public readonly int Place(int i, int index) => _offset + (i * _innerStride) + (index * _axisStride);

    public void Next()
    {
        for (int axis = _shape.Rank - 2; axis >= 0; axis--)
        {
            _offset += _strides[axis];
            if (++_at[axis] < _shape[axis]) break;
            _offset -= _at[axis] * _strides[axis];
            _at[axis] = 0;
        }
    }

    [System.Runtime.CompilerServices.InlineArray(Shape.MaxRank)]
    private struct Steps
    {
        private int _first;
    }
}
