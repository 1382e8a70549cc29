using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>One range for each of the leading axes: <c>x[1..3, .., ^2..]</c>. Shares memory where the part is one run of it.</summary>
    /// <exception cref="ShapeException">More ranges than axes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A range is outside its axis.</exception>
    [IndexerName("Element")]
    public Variable<T> this[Range first, Range second, params ReadOnlySpan<Range> rest]
    {
        get
        {
            Shape shape = Shape, part = shape;
            if (rest.Length + 2 > shape.Rank) Errors.Shape($"{rest.Length + 2} ranges were given for shape {shape}, which has {shape.Rank} axes.");
            Span<int> starts = stackalloc int[Shape.MaxRank];
            starts.Clear();
            for (int axis = 0; axis < rest.Length + 2; axis++)
            {
                (starts[axis], int count) = ShapeMath.Bounds(shape, axis, axis == 0 ? first : axis == 1 ? second : rest[axis - 2]);
                part = part.With(axis, count);
            }

            return Part(starts, Ones, part);
        }
    }

    private static readonly int[] Ones = [1, 1, 1, 1, 1, 1, 1, 1]; // a span of literals would allocate at each use in code that is not optimised

    /// <summary>
    /// A slice with steps, by Python's rules: along each axis the indices start, start + step, … before stop. Shares memory
    /// where the part is one run of it.
    /// </summary>
    /// <param name="starts">The first index of each axis; a negative one counts from the end; what is beyond an end is cut.</param>
    /// <param name="stops">The index of each axis before which to stop, by the same rules; null is the end.</param>
    /// <param name="steps">The step of each axis, 1 or more; 1 everywhere when left out.</param>
    /// <exception cref="ArgumentException">Not one entry for each axis, or a step below 1.</exception>
    public Variable<T> Slice(ReadOnlySpan<int> starts, ReadOnlySpan<int?> stops, ReadOnlySpan<int> steps = default)
    {
        Shape shape = Shape, part = shape;
        if (steps.IsEmpty) steps = Ones[..shape.Rank];
        if (starts.Length != shape.Rank || stops.Length != shape.Rank || steps.Length != shape.Rank)
        {
            Errors.Argument($"Slice of shape {shape} needs {shape.Rank} starts, stops and steps, but {starts.Length}, {stops.Length} and {steps.Length} were given. Use start 0, stop null and step 1 for an axis that stays.");
        }

        Span<int> from = stackalloc int[Shape.MaxRank];
        from.Clear();
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            int size = shape[axis], step = steps[axis];
            if (step < 1) Errors.OutOfRange(nameof(steps), step, $"Slice of shape {shape}: the step of axis {axis} is {step}; it must be 1 or more.");
            from[axis] = Cut(starts[axis], size);
            int stop = stops[axis] is { } given ? Cut(given, size) : size;
            part = part.With(axis, stop <= from[axis] ? 0 : ((stop - from[axis] - 1) / step) + 1);
        }

        return Part(from, steps, part);

        static int Cut(int index, int size) => Math.Clamp(index < 0 ? index + size : index, 0, size);
    }

    /// <summary>The part of <paramref name="count"/> indices of one axis, from <paramref name="start"/> on. Shares memory where it is one run of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is outside the axis.</exception>
    public Variable<T> Narrow(int axis, int start, int count)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        if (start < 0 || count < 0 || start + (long)count > shape[at])
        {
            Errors.OutOfRange(nameof(start), start, $"Narrow: {count} indices from {start} on are outside axis {axis} of shape {shape}.");
        }

        Span<int> starts = stackalloc int[Shape.MaxRank];
        starts.Clear();
        starts[at] = start;
        return Part(starts, Ones, shape.With(at, count));
    }

    /// <summary>Pieces of one size along an axis; the last may be smaller. An axis of size 0 gives one piece of size 0.</summary>
    /// <param name="size">The size of a piece, 1 or more.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <returns>The pieces in order. Along the first axis they share memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or a size below 1.</exception>
    public Variable<T>[] Split(int size, int axis = 0)
    {
        int total = Shape[axis];
        if (size < 1) Errors.OutOfRange(nameof(size), size, $"Split of shape {Shape}: the size of a piece is 1 or more, not {size}.");
        Variable<T>[] pieces = new Variable<T>[Math.Max(1, ((total - 1) / size) + 1)];
        for (int i = 0; i < pieces.Length; i++) pieces[i] = Narrow(axis, i * size, Math.Min(size, total - (i * size)));
        return pieces;
    }

    /// <summary>Pieces of the given sizes along an axis.</summary>
    /// <param name="sizes">The sizes, 0 or more; together that of the axis.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <returns>The pieces in order. Along the first axis they share memory.</returns>
    /// <exception cref="ArgumentException">No such axis, a negative size, or sizes that do not add up.</exception>
    public Variable<T>[] Split(ReadOnlySpan<int> sizes, int axis = 0)
    {
        int total = Shape[axis];
        long sum = 0;
        foreach (int size in sizes)
        {
            if (size < 0) Errors.Argument($"Split of shape {Shape} into {Errors.List(sizes)}: a piece has size 0 or more, not {size}.");
            sum += size;
        }

        if (sum != total) Errors.Argument($"Split of shape {Shape} into {Errors.List(sizes)}: the sizes add up to {sum}, but axis {axis} has size {total}.");
        Variable<T>[] pieces = new Variable<T>[sizes.Length];
        for (int i = 0, start = 0; i < pieces.Length; start += sizes[i++]) pieces[i] = Narrow(axis, start, sizes[i]);
        return pieces;
    }

    /// <summary>At most <paramref name="chunks"/> pieces of one size along an axis, ⌈size / chunks⌉; the last may be smaller.</summary>
    /// <param name="chunks">The most pieces, 1 or more. An axis of size 0 gives exactly as many, all of size 0.</param>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <returns>The pieces in order. Along the first axis they share memory.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No such axis, or fewer than one piece.</exception>
    public Variable<T>[] Chunk(int chunks, int axis = 0)
    {
        int total = Shape[axis];
        if (chunks < 1) Errors.OutOfRange(nameof(chunks), chunks, $"Chunk of shape {Shape}: the number of pieces is 1 or more, not {chunks}.");
        return total == 0 ? Split(new int[chunks], axis) : Split(((total - 1) / chunks) + 1, axis);
    }

    /// <summary>The diagonals of matrices in two axes, as the last axis: y[…, i] = x[…, i, …, i + offset, …].</summary>
    /// <param name="offset">Which diagonal: 0 is the main one, positive ones lie above it. One beyond the matrix is empty.</param>
    /// <param name="axis1">The axis of the rows; a negative one counts from the end.</param>
    /// <param name="axis2">The axis of the columns.</param>
    /// <exception cref="ArgumentException">No such axis, or twice the same.</exception>
    public Variable<T> Diagonal(int offset = 0, int axis1 = 0, int axis2 = 1)
    {
        Shape shape = Shape;
        int row = shape.Axis(axis1), column = shape.Axis(axis2);
        if (row == column) Errors.Argument($"Diagonal of shape {shape}: axes {axis1} and {axis2} are the same; a diagonal needs two.");
        Span<int> strides = stackalloc int[Shape.MaxRank];
        Strided.Strides(shape, strides);
        long length = Math.Max(0, offset >= 0 ? Math.Min(shape[row], (long)shape[column] - offset) : Math.Min((long)shape[row] + offset, shape[column]));
        int step = strides[row] + strides[column], start = length == 0 ? 0 : offset >= 0 ? offset * strides[column] : -offset * strides[row];
        Shape part = shape.Without(Math.Max(row, column)).Without(Math.Min(row, column));
        for (int axis = 0, to = 0; axis < shape.Rank; axis++)
        {
            if (axis != row && axis != column) strides[to++] = strides[axis];
        }

        strides[part.Rank] = step;
        part = part.Insert(part.Rank, (int)length);
        return part.Length == 0 ? ViewOperation<T>.Apply(this, 0, part) : SliceOperation<T>.Apply("Diagonal", this, start, strides, part);
    }

    /// <summary>
    /// The part that begins at <paramref name="starts"/>. It is one run of memory if behind the first axis of which more
    /// than one index is taken, which has step 1, every axis is whole.
    /// </summary>
    private Variable<T> Part(ReadOnlySpan<int> starts, ReadOnlySpan<int> steps, Shape part)
    {
        Shape shape = Shape;
        if (part == shape) return this;
        int axis = 0, offset = 0;
        while (axis < shape.Rank && part[axis] == 1) axis++;
        bool run = axis == shape.Rank || steps[axis] == 1;
        for (int i = axis + 1; i < shape.Rank; i++) run &= part[i] == shape[i];
        if (part.Length == 0) return ViewOperation<T>.Apply(this, 0, part);
        Span<int> strides = stackalloc int[Shape.MaxRank];
        Strided.Strides(shape, strides);
        for (int i = 0; i < shape.Rank; i++)
        {
            offset += starts[i] * strides[i];
            strides[i] *= steps[i];
        }

        return run ? ViewOperation<T>.Apply(this, offset, part) : SliceOperation<T>.Apply("Slice", this, offset, strides, part);
    }
}

/// <summary>y[i, j, …] = x[offset + i·stride₀ + j·stride₁ + …], counted in elements: a slice with steps, or a diagonal.</summary>
/// <remarks>gx is gy at those places and 0 elsewhere. Keeps nothing.</remarks>
internal sealed class SliceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _strides = new int[Shape.MaxRank];
    private int _offset;
    private Shape _part;
    private string _name = "Slice";

    public override string Name => _name;

    public static Variable<T> Apply(string name, Variable<T> x, int offset, ReadOnlySpan<int> strides, Shape part)
    {
        SliceOperation<T> operation = x.Tape.Rent<SliceOperation<T>>();
        strides[..part.Rank].CopyTo(operation._strides);
        (operation._name, operation._offset, operation._part) = (name, offset, part);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_part);
        Strided.Gather(context.Input(0), _offset, _strides, y, _part);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (!context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            context.Accumulate(0, ScatterSliceOperation<T>.Apply(_name, gradient, _offset, _strides, context.Shape(0)));
            return;
        }

        if (fresh) sum.Clear();
        Strided.ScatterAdd(gradient.Span, _part, sum, _offset, _strides);
    }
}

/// <summary>y = zeros, but for the places of a slice or diagonal, which are x: its gradient.</summary>
/// <remarks>gx is that slice of gy. Keeps nothing.</remarks>
internal sealed class ScatterSliceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _strides = new int[Shape.MaxRank];
    private int _offset;
    private Shape _whole;
    private string _name = "Slice";

    public static Variable<T> Apply(string name, Variable<T> x, int offset, ReadOnlySpan<int> strides, Shape whole)
    {
        ScatterSliceOperation<T> operation = x.Tape.Rent<ScatterSliceOperation<T>>();
        strides[..x.Rank].CopyTo(operation._strides);
        (operation._name, operation._offset, operation._whole) = (name, offset, whole);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_whole);
        y.Clear();
        Strided.ScatterAdd(context.Input(0), context.Shape(0), y, _offset, _strides);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, SliceOperation<T>.Apply(_name, context.Cotangent(), _offset, _strides, context.Shape(0)));
}
