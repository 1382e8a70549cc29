using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>The sum of two contributions to one gradient: the only operation the sweep itself needs.</summary>
/// <remarks>y = a + b, of one shape; ga = gb = gy.</remarks>
internal sealed class CotangentSum<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly CotangentSum<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Add(context.Input(0), context.Input(1), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        context.Accumulate(0, gradient);
        context.Accumulate(1, gradient);
    }
}
