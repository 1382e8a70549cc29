using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>x with each element 0 with probability p, else scaled by 1 / (1 − p); drawn from the tape's seed and a stream.</summary>
    internal Variable<T> Dropout(double probability, ulong stream) => Dropout(DropoutMaskOperation<T>.Draw(Tape, Shape, probability, stream));

    /// <summary>x times a mask over its last axes, and 0 where the mask is 0 whatever x is.</summary>
    internal Variable<T> Dropout(Variable<T> mask) => Tape.Apply(DropoutOperation<T>.Instance, this, mask);
}

/// <summary>y = 0 with probability p, else 1 / (1 − p), element by element. A constant.</summary>
/// <remarks>It has no inputs, and so no gradient.</remarks>
internal sealed class DropoutMaskOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Shape _shape;
    private double _probability;
    private ulong _stream;

    public static Variable<T> Draw(Tape<T> tape, Shape shape, double probability, ulong stream)
    {
        DropoutMaskOperation<T> operation = tape.Rent<DropoutMaskOperation<T>>();
        (operation._shape, operation._probability, operation._stream) = (shape, probability, stream);
        return tape.Apply(operation, []);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> mask = context.Output(_shape);
        RandomBits.FillMask(mask, 1 - _probability, T.CreateTruncating(1 / (1 - _probability)), 0, _stream, context.Tape.Seed);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        // Without inputs there is no gradient to give.
    }
}

/// <summary>y = x ⊙ mask, and 0 where the mask is 0 whatever x is; the mask is a constant and covers the last axes of x.</summary>
/// <remarks>gx = gy ⊙ mask, in the same way. Keeps the mask.</remarks>
internal sealed class DropoutOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly DropoutOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<T> x = context.Input(0), mask = context.Input(1);
        Span<T> y = context.Output(context.Shape(0));
        for (int start = 0; start < y.Length; start += mask.Length)
        {
            for (int i = 0; i < mask.Length; i++) y[start + i] = mask[i] == T.Zero ? T.Zero : x[start + i] * mask[i];
        }
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Tape.Apply(Instance, context.Cotangent(), context.Input(1)));
}
