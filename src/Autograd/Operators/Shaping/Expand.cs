using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>
    /// The values repeated along axes of size 1, and along new axes in front, to fill the given sizes; −1 keeps the size
    /// of an axis.
    /// </summary>
    /// <exception cref="ShapeException">This shape does not broadcast to it, or a new axis has size −1.</exception>
    [OverloadResolutionPriority(1)] // a collection expression could also be a Shape, which knows no −1
    public Variable<T> Expand(params ReadOnlySpan<int> sizes)
    {
        Shape shape = Shape;
        if (sizes.Length > Shape.MaxRank) Errors.RankTooLarge(sizes);
        Span<int> filled = stackalloc int[Shape.MaxRank];
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            int from = axis - (sizes.Length - shape.Rank);
            filled[axis] = sizes[axis] == -1 && from >= 0 ? shape[from] : sizes[axis];
        }

        return Expand(new Shape(filled[..sizes.Length]));
    }

    /// <summary>The values repeated along axes of size 1, and along new axes in front, to fill <paramref name="shape"/>.</summary>
    /// <exception cref="ShapeException">This shape does not broadcast to it.</exception>
    public Variable<T> Expand(Shape shape)
    {
        if (!ShapeMath.BroadcastsTo(Shape, shape)) Errors.Shape($"Expand: shape {Shape} does not broadcast to {shape}; only sizes of 1 and missing leading axes stretch.");
        return shape == Shape ? this : ExpandOperation<T>.Apply(this, shape);
    }

    /// <summary>The values side by side as often as said along each axis; further counts in front make new axes.</summary>
    /// <param name="repeats">How often along each axis, 0 or more; at least one entry for each axis.</param>
    /// <exception cref="ArgumentException">Fewer entries than axes, or a negative one.</exception>
    public Variable<T> Repeat(params ReadOnlySpan<int> repeats)
    {
        Shape shape = Shape;
        int more = repeats.Length - shape.Rank;
        if (more < 0) Errors.Argument($"Repeat of shape {shape} by {Errors.List(repeats)}: {shape.Rank} counts are needed, one for each axis. Use 1 for an axis that stays.");
        if (repeats.Length > Shape.MaxRank) Errors.RankTooLarge(repeats);
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        sizes.Fill(1);
        shape.Sizes.CopyTo(sizes[more..]);
        Variable<T> y = this;
        for (int axis = repeats.Length - 1; axis >= 0; axis--)
        {
            int count = repeats[axis];
            if (count < 0) Errors.Argument($"Repeat of shape {shape} by {Errors.List(repeats)}: a count is 0 or more, not {count}.");
            if (count == 1) continue;

            // Expanding a new axis of size 1 leaves the gradient to a sum, which adds in pairs however large the count is.
            Shape whole = new(sizes[..repeats.Length]);
            int outer = whole.Product(0, axis), inner = whole.Product(axis, repeats.Length);
            y = y.Reshape(outer, 1, inner).Expand(new Shape(outer, count, inner));
            sizes[axis] *= count;
        }

        return y.Reshape(new Shape(sizes[..repeats.Length]));
    }
}

/// <summary>y = x, repeated along axes of size 1 and along new leading axes.</summary>
/// <remarks>gx = gy summed over those axes. Keeps nothing.</remarks>
internal sealed class ExpandOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Shape _shape;

    public static Variable<T> Apply(Variable<T> x, Shape shape)
    {
        ExpandOperation<T> operation = x.Tape.Rent<ExpandOperation<T>>();
        operation._shape = shape;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        ReadOnlySpan<T> x = context.Input(0);
        Span<T> y = context.Output(_shape);
        if (x.Length == 1)
        {
            y.Fill(x[0]);
            return;
        }

        Span<int> own = stackalloc int[Shape.MaxRank], strides = stackalloc int[Shape.MaxRank];
        Strided.Strides(shape, own);
        for (int axis = 0; axis < _shape.Rank; axis++)
        {
            int from = axis - (_shape.Rank - shape.Rank);
            strides[axis] = from < 0 || shape[from] == 1 ? 0 : own[from];
        }

        Strided.Gather(x, 0, strides, y, _shape);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Cotangent().SumTo(context.Shape(0)));
}
