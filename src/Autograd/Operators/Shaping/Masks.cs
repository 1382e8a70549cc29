using System.Numerics;

namespace Autograd;

/// <summary>Values of which a part is replaced by one number.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The lower triangles of matrices, with zeros above: element (i, j) of the last two axes stays where j − i ≤ diagonal.</summary>
    /// <param name="diagonal">The last diagonal that stays: 0 is the main one, positive ones lie above it.</param>
    /// <exception cref="ShapeException">Fewer than two axes.</exception>
    public Variable<T> Tril(int diagonal = 0) => TriangleOperation<T>.Apply(this, upper: false, diagonal);

    /// <summary>The upper triangles of matrices, with zeros below: element (i, j) of the last two axes stays where j − i ≥ diagonal.</summary>
    /// <param name="diagonal">The first diagonal that stays: 0 is the main one, positive ones lie above it.</param>
    /// <exception cref="ShapeException">Fewer than two axes.</exception>
    public Variable<T> Triu(int diagonal = 0) => TriangleOperation<T>.Apply(this, upper: true, diagonal);

    /// <summary><paramref name="value"/> where the mask is true, else this, element by element. The gradient is 0 where it is true.</summary>
    /// <param name="mask">A mask that broadcasts to this shape.</param>
    /// <param name="value">Any number; −∞ before a softmax takes a place out of it.</param>
    /// <exception cref="ShapeException">The mask does not broadcast to this shape.</exception>
    public Variable<T> MaskedFill(Tensor<bool> mask, double value)
    {
        ArgumentNullException.ThrowIfNull(mask);
        if (!ShapeMath.BroadcastsTo(mask.Shape, Shape)) Errors.Shape($"MaskedFill: a mask of shape {mask.Shape} does not broadcast to the input's {Shape}. Expand the input first, or reshape the mask.");
        return Variable.Where(mask, Tape.Full([], value), this);
    }
}

/// <summary>y[…, i, j] = x[…, i, j] where j − i ≤ diagonal (or ≥, for the upper triangle), else 0.</summary>
/// <remarks>gx is the same triangle of gy. Keeps nothing.</remarks>
internal sealed class TriangleOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private bool _upper;
    private int _diagonal;

    public override string Name => _upper ? "Triu" : "Tril";

    public static Variable<T> Apply(Variable<T> x, bool upper, int diagonal)
    {
        if (x.Rank < 2) Errors.Shape($"{(upper ? "Triu" : "Tril")} needs matrices in the last two axes, but the shape is {x.Shape}.");
        TriangleOperation<T> operation = x.Tape.Rent<TriangleOperation<T>>();
        (operation._upper, operation._diagonal) = (upper, diagonal);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        ReadOnlySpan<T> x = context.Input(0);
        Span<T> y = context.Output(shape);
        int rows = shape[^2], columns = shape[^1];
        for (int start = 0, row = 0; start < y.Length; start += columns, row = row + 1 == rows ? 0 : row + 1)
        {
            // The lower triangle ends behind its last diagonal, the upper one begins at its first.
            int cut = (int)Math.Clamp((long)row + _diagonal + (_upper ? 0 : 1), 0, columns);
            ReadOnlySpan<T> from = x.Slice(start, columns);
            Span<T> to = y.Slice(start, columns);
            if (_upper)
            {
                to[..cut].Clear();
                from[cut..].CopyTo(to[cut..]);
            }
            else
            {
                from[..cut].CopyTo(to);
                to[cut..].Clear();
            }
        }
    }

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, Apply(context.Cotangent(), _upper, _diagonal));
}
