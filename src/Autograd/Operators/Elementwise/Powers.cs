using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>Powers and roots of each element.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>1 / x, element by element. 0 gives ±∞.</summary>
    public Variable<T> Reciprocal() => Tape.Apply(ReciprocalOperation<T>.Instance, this);

    /// <summary>x², element by element.</summary>
    public Variable<T> Square() => Tape.Apply(SquareOperation<T>.Instance, this);
}

/// <summary>y = 1 / x.</summary>
/// <remarks>gx = −gy ⊙ y². Keeps y only.</remarks>
internal sealed class ReciprocalOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly ReciprocalOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Divide(T.One, context.Input(0), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, -(context.Cotangent() * context.Output().Square()));
}

/// <summary>y = x².</summary>
/// <remarks>gx = 2 gy ⊙ x. Keeps x.</remarks>
internal sealed class SquareOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SquareOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Multiply(context.Input(0), context.Input(0), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Cotangent() * context.Input(0) * 2);
}
