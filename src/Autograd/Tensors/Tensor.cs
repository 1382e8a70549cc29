using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>
/// Plain data: a shape and its values, row-major and contiguous. It knows nothing of gradients. <typeparamref name="T"/>
/// is any unmanaged type: <c>float</c> or <c>double</c> for values, <c>int</c> for indices and labels, <c>bool</c> for masks.
/// </summary>
/// <remarks>
/// <see cref="Reshape"/>, <c>tensor[i]</c> and <c>tensor[1..3]</c> (along the first axis) are views of the same memory;
/// everything else copies. Reading is by <see cref="Span"/>. Writing is by <see cref="Write(Action{Span{T}})"/> and the
/// methods beside it, which bump a version: a tape that recorded the tensor notices the change instead of computing a
/// wrong gradient. Not safe for writing from several threads at once.
/// </remarks>
public sealed partial class Tensor<T>
    where T : unmanaged
{
    private readonly Shape _shape;

    /// <summary>Makes a tensor of the given shape, filled with zeros.</summary>
    public Tensor(Shape shape)
        : this(new Storage<T>(new T[shape.Length]), 0, shape)
    {
    }

    /// <summary>Makes a tensor that holds a copy of <paramref name="values"/>, row by row.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public Tensor(Shape shape, ReadOnlySpan<T> values)
        : this(shape)
    {
        if (values.Length != shape.Length) Errors.LengthMismatch(values.Length, shape);
        values.CopyTo(Storage.Data);
    }

    internal Tensor(Storage<T> storage, int offset, Shape shape)
    {
        Storage = storage;
        Offset = offset;
        _shape = shape;
    }

    /// <summary>The sizes of the axes.</summary>
    public Shape Shape => _shape;

    /// <summary>The number of axes; 0 for a scalar.</summary>
    public int Rank => _shape.Rank;

    /// <summary>The number of elements.</summary>
    public int Length => _shape.Length;

    /// <summary>The values, row by row, for reading.</summary>
    public ReadOnlySpan<T> Span => Writable;

    internal Storage<T> Storage { get; }

    internal int Offset { get; }

    /// <summary>The values for writing; whoever writes also calls <see cref="Changed"/>.</summary>
    internal Span<T> Writable => Storage.Data.AsSpan(Storage.Start + Offset, _shape.Length);

    /// <summary>The part of the tensor at one index of the first axis, as a view without that axis.</summary>
    [IndexerName("Element")]
    public Tensor<T> this[Index index]
    {
        get
        {
            int size = FirstAxis();
            int at = index.GetOffset(size);
            if ((uint)at >= (uint)size) Errors.NoSuchIndex(index.IsFromEnd ? -index.Value : index.Value, 0, _shape);
            Shape rest = _shape.Part(1, Rank);
            return new Tensor<T>(Storage, Offset + (at * rest.Length), rest);
        }
    }

    /// <summary>The part of the tensor in a range of the first axis, as a view: <c>tensor[1..3]</c>.</summary>
    [IndexerName("Element")]
    public Tensor<T> this[Range range]
    {
        get
        {
            _ = FirstAxis();
            (int start, int count) = ShapeMath.Bounds(_shape, 0, range);
            return new Tensor<T>(Storage, Offset + (start * _shape.Product(1, Rank)), _shape.With(0, count));
        }
    }

    /// <summary>One range for each of the leading axes: <c>tensor[.., 1..3]</c>. A copy.</summary>
    [IndexerName("Element")]
    public Tensor<T> this[Range first, Range second, params ReadOnlySpan<Range> rest]
    {
        get
        {
            ReadOnlySpan<Range> ranges = [first, second, .. rest];
            if (ranges.Length > Rank) Errors.Shape($"{ranges.Length} ranges were given for shape {_shape}, which has {Rank} axes.");
            Shape result = _shape;
            Span<int> starts = stackalloc int[Shape.MaxRank];
            starts.Clear();
            for (int axis = 0; axis < ranges.Length; axis++)
            {
                (starts[axis], int count) = ShapeMath.Bounds(_shape, axis, ranges[axis]);
                result = result.With(axis, count);
            }

            Tensor<T> copy = new(result);
            Strided.CopyBlock(Span, _shape, starts, copy.Writable, result);
            return copy;
        }
    }

    /// <summary>One element, by an index for each axis: <c>tensor[1, 2]</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside its axis.</exception>
    [IndexerName("Element")]
    public T this[int first, int second, params ReadOnlySpan<int> rest]
    {
        get => Span[Position([first, second, .. rest])];
        set
        {
            Writable[Position([first, second, .. rest])] = value;
            Changed();
        }
    }

    /// <summary>The only element of a tensor with one element.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    public T Item()
    {
        if (Length != 1) Errors.Shape($"Item reads the only element of a tensor, but shape {_shape} holds {Length}. Index it first.");
        return Span[0];
    }

    /// <summary>The same memory under another shape with as many elements. One size may be −1 and is then found from the others.</summary>
    /// <exception cref="ShapeException">Another number of elements.</exception>
    public Tensor<T> Reshape(params ReadOnlySpan<int> sizes) => new(Storage, Offset, ShapeMath.Reshape(_shape, sizes));

    /// <summary>A tensor with memory of its own and the same values.</summary>
    public Tensor<T> Clone() => new(_shape, Span);

    /// <summary>The values, row by row, as a new array.</summary>
    public T[] ToArray() => Span.ToArray();

    /// <summary>Lets <paramref name="write"/> change the values in place.</summary>
    public void Write(Action<Span<T>> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            write(Writable);
        }
        finally
        {
            Changed();
        }
    }

    /// <summary>Replaces all values.</summary>
    /// <exception cref="ShapeException">The number of values is not that of the shape.</exception>
    public void CopyFrom(ReadOnlySpan<T> values)
    {
        if (values.Length != Length) Errors.LengthMismatch(values.Length, _shape);
        values.CopyTo(Writable);
        Changed();
    }

    /// <summary>Sets all values to one.</summary>
    public void Fill(T value)
    {
        Writable.Fill(value);
        Changed();
    }

    /// <summary>The values as NumPy prints them; long axes are shortened.</summary>
    public override string ToString() => TensorFormat.Format(this);

    internal void Changed() => Storage.Version++;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FirstAxis()
    {
        if (Rank == 0) Errors.Shape("A scalar (shape []) has no axis to index; read it with Item().");
        return _shape[0];
    }

    private int Position(ReadOnlySpan<int> indices)
    {
        if (indices.Length != Rank) Errors.Shape($"{indices.Length} indices were given for shape {_shape}, which has {Rank} axes. Give one for each axis.");
        int position = 0;
        for (int axis = 0; axis < indices.Length; axis++)
        {
            if ((uint)indices[axis] >= (uint)_shape[axis]) Errors.NoSuchIndex(indices[axis], axis, _shape);
            position = (position * _shape[axis]) + indices[axis];
        }

        return position;
    }
}
