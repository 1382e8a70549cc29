using System.Numerics;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>The part of <paramref name="count"/> indices of one axis, from <paramref name="start"/> on. Shares memory along the first axis.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is outside the axis.</exception>
    public Variable<T> Narrow(int axis, int start, int count)
    {
        Shape shape = Shape;
        int at = shape.Axis(axis);
        if (start < 0 || count < 0 || start + (long)count > shape[at])
        {
            Errors.OutOfRange(nameof(start), start, $"Narrow: {count} indices from {start} on are outside axis {axis} of shape {shape}.");
        }

        if (count == shape[at]) return this;
        Shape part = shape.With(at, count);
        if (shape.Product(0, at) == 1) return ViewOperation<T>.Apply(this, start * shape.Product(at + 1, shape.Rank), part);
        Span<int> starts = stackalloc int[Shape.MaxRank], steps = stackalloc int[Shape.MaxRank];
        starts.Clear();
        steps.Fill(1);
        starts[at] = start;
        return SliceOperation<T>.Apply(this, starts, steps, part);
    }
}

/// <summary>y[i, j, …] = x[start₀ + i·step₀, start₁ + j·step₁, …].</summary>
/// <remarks>gx is gy at those places and 0 elsewhere. Keeps nothing.</remarks>
internal sealed class SliceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int[] _starts = new int[Shape.MaxRank];
    private readonly int[] _steps = new int[Shape.MaxRank];
    private Shape _part;

    public override string Name => "Slice";

    public static Variable<T> Apply(Variable<T> x, ReadOnlySpan<int> starts, ReadOnlySpan<int> steps, Shape part)
    {
        SliceOperation<T> operation = x.Tape.Rent<SliceOperation<T>>();
        operation.Set(starts, steps, part);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<int> strides = stackalloc int[Shape.MaxRank];
        int offset = Places(context.Shape(0), strides);
        Span<T> y = context.Output(_part);
        Strided.Gather(context.Input(0), offset, strides, y, _part);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape whole = context.Shape(0);
        Variable<T> gradient = context.Cotangent();
        if (!context.InPlace(0, out Span<T> sum, out bool fresh))
        {
            context.Accumulate(0, ScatterSliceOperation<T>.Apply(gradient, this, whole));
            return;
        }

        if (fresh) sum.Clear();
        Scatter(gradient.Span, sum, whole);
    }

    internal Variable<T> ApplyAgain(Variable<T> x) => Apply(x, _starts, _steps, _part);

    internal void Set(ReadOnlySpan<int> starts, ReadOnlySpan<int> steps, Shape part)
    {
        starts[..part.Rank].CopyTo(_starts);
        steps[..part.Rank].CopyTo(_steps);
        _part = part;
    }

    internal void Scatter(ReadOnlySpan<T> part, Span<T> whole, Shape shape)
    {
        Span<int> strides = stackalloc int[Shape.MaxRank];
        int offset = Places(shape, strides);
        Strided.ScatterAdd(part, _part, whole, offset, strides);
    }

    internal void CopyTo(SliceOperation<T> other) => other.Set(_starts, _steps, _part);

    /// <summary>The place of the first element, and the stride of each axis of the part.</summary>
    private int Places(Shape whole, Span<int> strides)
    {
        Strided.Strides(whole, strides);
        int offset = 0;
        for (int axis = 0; axis < whole.Rank; axis++)
        {
            offset += _starts[axis] * strides[axis];
            strides[axis] *= _steps[axis];
        }

        return offset;
    }
}

/// <summary>y = zeros, but for the places of a slice, which are x: the gradient of a slice.</summary>
/// <remarks>gx is that slice of gy. Keeps nothing.</remarks>
internal sealed class ScatterSliceOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SliceOperation<T> _slice = new();
    private Shape _whole;

    public static Variable<T> Apply(Variable<T> x, SliceOperation<T> slice, Shape whole)
    {
        ScatterSliceOperation<T> operation = x.Tape.Rent<ScatterSliceOperation<T>>();
        slice.CopyTo(operation._slice);
        operation._whole = whole;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_whole);
        y.Clear();
        _slice.Scatter(context.Input(0), y, _whole);
    }

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, _slice.ApplyAgain(context.Cotangent()));
}
