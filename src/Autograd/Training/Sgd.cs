using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>Stochastic gradient descent: p ← p − lr · g.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Sgd<T>(Module<T> module, double learningRate) : Optimizer<T>(module, learningRate)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    protected override void Update(Span<T> values, ReadOnlySpan<T> gradient, int offset, double weightDecay) =>
        TensorPrimitives.MultiplyAdd(gradient, T.CreateTruncating(-LearningRate), values, values);
}
