using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>The averages of windows.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// The average of each window along the last axis of [batch, channels, length]. The length becomes
    /// ⌊(length + 2 padding − kernelSize) / stride⌋ + 1.
    /// </summary>
    /// <param name="kernelSize">Elements of a window, 1 or more.</param>
    /// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
    /// <param name="padding">Zeros at both ends, at most half the kernel size.</param>
    /// <param name="countIncludePad">Whether padding counts as elements; if not, the sum is divided by the number of real ones.</param>
    /// <exception cref="ShapeException">Not three axes, or a window larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A kernel size or stride below 1, or a padding below 0 or above half the kernel.</exception>
    public Variable<T> AvgPool1d(int kernelSize, int? stride = null, int padding = 0, bool countIncludePad = true) =>
        AveragePoolOperation<T>.Apply(this, Pools.Averages("AvgPool1d", 1, Shape, kernelSize, stride ?? kernelSize, padding, countIncludePad));

    /// <summary>The average of each window of [batch, channels, height, width].</summary>
    /// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
    /// <param name="padding">Rows and columns of zeros at each side, at most half the kernel size.</param>
    /// <param name="countIncludePad">Whether padding counts as elements; if not, the sum is divided by the number of real ones.</param>
    /// <exception cref="ShapeException">Not four axes, or a window larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A kernel size or stride below 1, or a padding below 0 or above half the kernel.</exception>
    public Variable<T> AvgPool2d(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, bool countIncludePad = true) =>
        AveragePoolOperation<T>.Apply(this, Pools.Averages("AvgPool2d", 2, Shape, kernelSize, stride ?? kernelSize, padding, countIncludePad));

    /// <summary>
    /// Averages of the last axis of [batch, channels, length] to a given length: result i is the average of the elements from
    /// ⌊i · length / outputSize⌋ up to, but not including, ⌈(i + 1) length / outputSize⌉. The outputSize may exceed the length.
    /// </summary>
    /// <param name="outputSize">The length of the result, 0 or more.</param>
    /// <exception cref="ShapeException">Not three axes, or a length of 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative outputSize.</exception>
    public Variable<T> AdaptiveAvgPool1d(int outputSize) => AveragePoolOperation<T>.Apply(this, Pools.Adaptive("AdaptiveAvgPool1d", 1, Shape, outputSize));

    /// <summary>Averages of [batch, channels, height, width] to a given height and width; along each axis as in <see cref="AdaptiveAvgPool1d"/>.</summary>
    /// <param name="outputSize">The size of the result, a number or <c>(height, width)</c>.</param>
    /// <exception cref="ShapeException">Not four axes, or a height or width of 0.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A negative outputSize.</exception>
    public Variable<T> AdaptiveAvgPool2d(Size2d outputSize) => AveragePoolOperation<T>.Apply(this, Pools.Adaptive("AdaptiveAvgPool2d", 2, Shape, outputSize));

    /// <summary>The average of each channel: [batch, channels, length] or [batch, channels, height, width] gives [batch, channels].</summary>
    /// <exception cref="ShapeException">Not three or four axes, or an axis of size 0 behind the channels.</exception>
    public Variable<T> GlobalAvgPool()
    {
        Shape shape = Shape;
        Pools.RequireImages("GlobalAvgPool", shape, 3, 4);
        return Reshape([shape[0], shape[1], shape.Product(2, shape.Rank)]).Mean(2);
    }
}

/// <summary>y[n, c, i] = the average of x[n, c, …] over window i, along one or two axes.</summary>
/// <remarks>gx = gy divided by the number of elements of its window, at all of them, summed. Keeps nothing.</remarks>
internal sealed class AveragePoolOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private AverageShape _windows;

    public static Variable<T> Apply(Variable<T> x, in AverageShape windows)
    {
        AveragePoolOperation<T> operation = x.Tape.Rent<AveragePoolOperation<T>>();
        operation._windows = windows;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Span<T> y = context.Output(Pools.Result(shape, _windows.Rows.Count, _windows.Columns.Count));
        Pooling.Average(_windows, shape[0] * shape[1], context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, AveragePoolGradientOperation<T>.Apply(context.Cotangent(), _windows));
}

/// <summary>y[n, c, k] = the sum of x[n, c, i] / (elements of window i) over the windows that hold k: the gradient of average pooling.</summary>
/// <remarks>gx is gy averaged over the windows. Keeps nothing.</remarks>
internal sealed class AveragePoolGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private AverageShape _windows;

    public static Variable<T> Apply(Variable<T> x, in AverageShape windows)
    {
        AveragePoolGradientOperation<T> operation = x.Tape.Rent<AveragePoolGradientOperation<T>>();
        operation._windows = windows;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Span<T> y = context.Output(Pools.Result(shape, _windows.Rows.Size, _windows.Columns.Size));
        Pooling.SpreadAverage(_windows, shape[0] * shape[1], context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, AveragePoolOperation<T>.Apply(context.Cotangent(), _windows));
}
