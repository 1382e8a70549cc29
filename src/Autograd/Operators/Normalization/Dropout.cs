using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>x with each element 0 with probability p, else scaled by 1 / (1 − p); drawn from the tape's seed and a stream.</summary>
    internal Variable<T> Dropout(double probability, ulong stream)
    {
        DropoutMaskOperation<T> draw = Tape.Rent<DropoutMaskOperation<T>>();
        draw.Set(Shape, probability, stream);
        return Tape.Apply(DropoutOperation<T>.Instance, this, Tape.Apply(draw, []));
    }
}

/// <summary>y = 0 with probability p, else 1 / (1 − p), element by element. A constant.</summary>
/// <remarks>It has no inputs, and so no gradient.</remarks>
internal sealed class DropoutMaskOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Shape _shape;
    private double _probability;
    private ulong _stream;

    public void Set(Shape shape, double probability, ulong stream)
    {
        _shape = shape;
        _probability = probability;
        _stream = stream;
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

/// <summary>y = x ⊙ mask, and 0 where the mask is 0 whatever x is; the mask is a constant.</summary>
/// <remarks>gx = gy ⊙ mask, in the same way. Keeps the mask.</remarks>
internal sealed class DropoutOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly DropoutOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<T> x = context.Input(0), mask = context.Input(1);
        Span<T> y = context.Output(context.Shape(0));
        for (int i = 0; i < y.Length; i++) y[i] = mask[i] == T.Zero ? T.Zero : x[i] * mask[i];
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Tape.Apply(Instance, context.Cotangent(), context.Input(1)));
}
