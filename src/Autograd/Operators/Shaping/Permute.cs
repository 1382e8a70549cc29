using System.Numerics;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The axes in another order: axis i of the result is axis <c>axes[i]</c> of this; negative ones count from the end.
    /// Copies, unless only axes of size 1 move.
    /// </summary>
    /// <exception cref="ArgumentException">Not every axis is named once.</exception>
    public Variable<T> Permute(params ReadOnlySpan<int> axes)
    {
        Shape shape = Shape;
        if (axes.Length != shape.Rank) Errors.Argument($"Permute of shape {shape} needs {shape.Rank} axes, but {Errors.List(axes)} names {axes.Length}.");
        AxisSet.Of(shape, axes);
        Span<int> order = stackalloc int[Shape.MaxRank], sizes = stackalloc int[Shape.MaxRank];
        bool moves = false;
        for (int i = 0, last = -1; i < axes.Length; i++)
        {
            order[i] = shape.Axis(axes[i]);
            sizes[i] = shape[order[i]];
            if (sizes[i] == 1) continue;
            moves |= order[i] < last;
            last = order[i];
        }

        if (!moves) return Reshape(new Shape(sizes[..axes.Length]));
        PermuteOperation<T> operation = Tape.Rent<PermuteOperation<T>>();
        order.CopyTo(operation.Axes);
        return Tape.Apply(operation, this);
    }

    /// <summary>Swaps two axes, by default the last two; negative ones count from the end. Copies, unless one of them has size 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public Variable<T> Transpose(int first = -2, int second = -1)
    {
        Shape shape = Shape;
        int a = shape.Axis(first), b = shape.Axis(second);
        if (a == b) return this;
        Span<int> axes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < shape.Rank; i++) axes[i] = i == a ? b : i == b ? a : i;
        return Permute(axes[..shape.Rank]);
    }
}

/// <summary>y = x with its axes in another order.</summary>
/// <remarks>gx = gy with its axes put back. Keeps nothing.</remarks>
internal sealed class PermuteOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Axis i of the result is axis <c>Axes[i]</c> of the input.</summary>
    public int[] Axes { get; } = new int[Shape.MaxRank];

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 0; i < shape.Rank; i++) sizes[i] = shape[Axes[i]];
        Span<T> y = context.Output(new Shape(sizes[..shape.Rank]));
        Strided.Permute(context.Input(0), shape, Axes, y);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Span<int> inverse = stackalloc int[Shape.MaxRank];
        int rank = context.Shape(0).Rank;
        for (int i = 0; i < rank; i++) inverse[Axes[i]] = i;
        context.Accumulate(0, context.Cotangent().Permute(inverse[..rank]));
    }
}
