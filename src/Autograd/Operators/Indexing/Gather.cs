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
        Shape shape = Shape;
        int at = shape.Axis(axis);
        return GatherOperation<T>.Apply(this, IndexInto("Gather", axis, index), shape, at);
    }

    /// <summary>This, to which every element of <paramref name="source"/> is added at its index along one axis: y[index[i][j]][j] += source[i][j] for axis 0.</summary>
    /// <param name="axis">The axis the indices point into; a negative one counts from the end.</param>
    /// <param name="index">Indices, of as many axes as this and along every other axis of at most its size; an index may repeat.</param>
    /// <param name="source">What is added, of the index tensor's shape.</param>
    /// <exception cref="ShapeException">The index tensor has another rank, or is larger along another axis; or the source has another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or an index outside it.</exception>
    public Variable<T> ScatterAdd(int axis, Tensor<int> index, Variable<T> source)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        SavedIndices saved = IndexInto("ScatterAdd", axis, index);
        if (source.Shape != index.Shape) Errors.Shape($"ScatterAdd: the source has shape {source.Shape} and the index tensor {index.Shape}; each element needs its index.");
        return ScatterAddOperation<T>.Apply("ScatterAdd", this, source, saved, shape, at);
    }

    private SavedIndices IndexInto(string name, int axis, Tensor<int> index)
    {
        ArgumentNullException.ThrowIfNull(index);
        Shape shape = Shape;
        int at = shape.Axis(axis);
        if (index.Rank != shape.Rank) Errors.Shape($"{name}: the index tensor has shape {index.Shape}, but the input of shape {shape} needs {shape.Rank} axes there too.");
        for (int i = 0; i < shape.Rank; i++)
        {
            if (i != at && index.Shape[i] > shape[i])
            {
                Errors.Shape($"{name} along axis {axis}: the index tensor of shape {index.Shape} is larger than the input of shape {shape} along axis {i}; it may be larger along axis {axis} alone.");
            }
        }

        SavedIndices.Check(name, index, shape[at]);
        return new SavedIndices(index);
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
            context.Accumulate(0, ScatterAddOperation<T>.Apply("Gather", default, gradient, _index, _whole, _axis));
            return;
        }

        if (fresh) sum.Clear();
        ScatterAddOperation<T>.Add("Gather", gradient.Span, _index, _whole, _axis, sum);
    }

    protected internal override void Clear() => _index = default;
}

/// <summary>y = x (or zeros), to which every element of the source is added at its index along one axis: y[…, index[i, …, k, …, j], …] += source[i, …, k, …, j].</summary>
/// <remarks>gx = gy; the source's gradient is gy gathered from the same places. Keeps the index.</remarks>
internal sealed class ScatterAddOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private SavedIndices _index;
    private Shape _whole;
    private int _axis;
    private string _name = "ScatterAdd";

    public override string Name => _name;

    /// <summary>Adds to <paramref name="x"/>, or to zeros if it is <c>default</c>.</summary>
    public static Variable<T> Apply(string name, Variable<T> x, Variable<T> source, SavedIndices index, Shape whole, int axis)
    {
        ScatterAddOperation<T> operation = source.Tape.Rent<ScatterAddOperation<T>>();
        (operation._name, operation._index, operation._whole, operation._axis) = (name, index, whole, axis);
        return source.Tape.Apply(operation, x, source);
    }

    public static void Add(string name, ReadOnlySpan<T> x, SavedIndices saved, Shape whole, int axis, Span<T> sum)
    {
        ReadOnlySpan<int> index = saved.Values(name);
        IndexRows rows = new(saved.Shape, whole, axis);
        for (int from = 0; from < x.Length; rows.Next())
        {
            for (int i = 0; i < rows.Length; i++, from++) sum[rows.Place(i, index[from])] += x[from];
        }
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_whole);
        if (context.Has(0)) context.Input(0).CopyTo(y);
        else y.Clear();
        Add(_name, context.Input(1), _index, _whole, _axis, y);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        context.Accumulate(0, gradient);
        if (context.Needs(1)) context.Accumulate(1, GatherOperation<T>.Apply(gradient, _index, _whole, _axis));
    }

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
