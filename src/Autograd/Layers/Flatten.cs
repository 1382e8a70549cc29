using System.Numerics;

namespace Autograd;

/// <summary>All axes behind the first as one: [batch, channels, height, width] gives [batch, channels · height · width]. Shares memory.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Flatten<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input is a scalar.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        Shape shape = input.Shape;
        if (shape.Rank == 0) Errors.Shape("Flatten: the input is a scalar (shape []); it needs a first axis, the batch, which stays.");
        return input.Reshape([shape[0], shape.Product(1, shape.Rank)]);
    }
}
