using System.Numerics;

namespace Autograd;

/// <summary>
/// y = a where the mask is not 0, else b; the mask covers the leading axes of a, one number for each block of what follows. An
/// input that is not given is 0.
/// </summary>
/// <remarks>ga = gy where the mask is not 0, else 0; gb the other way round; nothing of the side that is not taken is read. Keeps the mask.</remarks>
internal sealed class ChooseOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Mask = 0, A = 1, B = 2;

    public static readonly ChooseOperation<T> Instance = new();

    /// <summary>a where the mask is not 0, else b; <c>default</c> for either is 0.</summary>
    public static Variable<T> Apply(Variable<T> mask, Variable<T> a, Variable<T> b) => mask.Tape.Apply(Instance, mask, a, b);

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(context.Has(A) ? A : B), covered = context.Shape(Mask);
        if (context.Has(B) && context.Shape(B) != shape) Errors.Shape($"Choose: the sides have shapes {shape} and {context.Shape(B)}; they must be equal.");
        if (covered.Rank > shape.Rank || !shape.Sizes[..covered.Rank].SequenceEqual(covered.Sizes)) Errors.Shape($"Choose: the mask of shape {covered} does not cover the leading axes of {shape}.");
        ReadOnlySpan<T> mask = context.Input(Mask), a = context.Input(A), b = context.Input(B);
        Fill(mask, a, b, context.Output(shape), shape.Product(covered.Rank, shape.Rank));
    }

    /// <summary>The value rule, on blocks of <paramref name="width"/> elements; y may be a or b itself.</summary>
    public static void Fill(ReadOnlySpan<T> mask, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, int width)
    {
        for (int block = 0, next; block < mask.Length; block = next)
        {
            bool takes = mask[block] != T.Zero;
            for (next = block + 1; next < mask.Length && (mask[next] != T.Zero) == takes; next++)
            {
                // Blocks of one kind side by side are copied at once.
            }

            (int start, int length) = (block * width, (next - block) * width);
            ReadOnlySpan<T> taken = takes ? a : b;
            if (taken.IsEmpty) y.Slice(start, length).Clear();
            else taken.Slice(start, length).CopyTo(y[start..]);
        }
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent(), mask = context.Input(Mask);
        if (context.Needs(A)) context.Accumulate(A, Apply(mask, gradient, default));
        if (context.Needs(B)) context.Accumulate(B, Apply(mask, default, gradient));
    }
}
