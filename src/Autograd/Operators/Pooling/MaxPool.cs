using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>The largest elements of windows.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// The largest element of each window along the last axis of [batch, channels, length]; NaN where one is NaN. The gradient
    /// goes to the first of elements that tie. The length becomes ⌊(length + 2 padding − dilation (kernelSize − 1) − 1) / stride⌋ + 1.
    /// </summary>
    /// <param name="kernelSize">Elements of a window, 1 or more.</param>
    /// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
    /// <param name="padding">Elements of −∞ at both ends, at most half the kernel size.</param>
    /// <param name="dilation">Elements from one tap of a window to the next, 1 or more.</param>
    /// <exception cref="ShapeException">Not three axes, or a window larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A kernel size, stride or dilation below 1, or a padding below 0 or above half the kernel.</exception>
    public Variable<T> MaxPool1d(int kernelSize, int? stride = null, int padding = 0, int dilation = 1) =>
        MaxPoolOperation<T>.Apply(this, Pools.Windows("MaxPool1d", 1, Shape, kernelSize, stride ?? kernelSize, padding, dilation));

    /// <summary>The largest element of each window of [batch, channels, height, width]; NaN where one is NaN. The gradient goes to the first of elements that tie.</summary>
    /// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
    /// <param name="padding">Rows and columns of −∞ at each side, at most half the kernel size.</param>
    /// <param name="dilation">Elements from one tap of a window to the next; 1 by default.</param>
    /// <exception cref="ShapeException">Not four axes, or a window larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A kernel size, stride or dilation below 1, or a padding below 0 or above half the kernel.</exception>
    public Variable<T> MaxPool2d(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null) =>
        MaxPoolOperation<T>.Apply(this, Pools.Windows("MaxPool2d", 2, Shape, kernelSize, stride ?? kernelSize, padding, dilation ?? 1));

    /// <summary>The largest element of each channel: [batch, channels, length] or [batch, channels, height, width] gives [batch, channels]. NaN where one is NaN; the gradient goes to the first of elements that tie.</summary>
    /// <exception cref="ShapeException">Not three or four axes, or an axis of size 0 behind the channels.</exception>
    public Variable<T> GlobalMaxPool()
    {
        Shape shape = Shape;
        Pools.RequireImages("GlobalMaxPool", shape, 3, 4);
        return Reshape([shape[0], shape[1], shape.Product(2, shape.Rank)]).MaxPool1d(shape.Product(2, shape.Rank)).Reshape([shape[0], shape[1]]);
    }
}

/// <summary>y[n, c, i] = max_t x[n, c, i · stride + t · dilation − padding], over one or two axes.</summary>
/// <remarks>gx = gy at the place of each window's largest element, summed. Keeps the places.</remarks>
internal sealed class MaxPoolOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Windows _windows;

    public static Variable<T> Apply(Variable<T> x, in Windows windows)
    {
        MaxPoolOperation<T> operation = x.Tape.Rent<MaxPoolOperation<T>>();
        operation._windows = windows;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Span<T> y = context.Output(Pools.Result(shape, _windows.Rows.Count, _windows.Columns.Count));
        Span<T> places = context.Records ? context.Reserve(y.Length) : default;
        Pooling.Max(_windows, shape[0] * shape[1], context.Input(0), y, places);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, MaxPoolSpreadOperation<T>.Apply(context.Cotangent(), context.Output(1), _windows, context.Shape(0)));
}

/// <summary>y = 0 but for the place of each window's largest element, where x of the window is added: the gradient of max pooling.</summary>
/// <remarks>gx = gy at those places. Keeps the places.</remarks>
internal sealed class MaxPoolSpreadOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Windows _windows;
    private Shape _images;

    public static Variable<T> Apply(Variable<T> x, Variable<T> places, in Windows windows, Shape images)
    {
        MaxPoolSpreadOperation<T> operation = x.Tape.Rent<MaxPoolSpreadOperation<T>>();
        (operation._windows, operation._images) = (windows, images);
        return x.Tape.Apply(operation, x, places);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_images);
        Pooling.Spread(_windows, _images[0] * _images[1], context.Input(0), context.Input(1), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, MaxPoolPickOperation<T>.Apply(context.Cotangent(), context.Input(1), _windows, context.Shape(0)));
}

/// <summary>y = x at the place of each window's largest element.</summary>
/// <remarks>gx = gy spread to those places. Keeps the places.</remarks>
internal sealed class MaxPoolPickOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Windows _windows;
    private Shape _results;

    public static Variable<T> Apply(Variable<T> x, Variable<T> places, in Windows windows, Shape results)
    {
        MaxPoolPickOperation<T> operation = x.Tape.Rent<MaxPoolPickOperation<T>>();
        (operation._windows, operation._results) = (windows, results);
        return x.Tape.Apply(operation, x, places);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_results);
        Pooling.Pick(_windows, _results[0] * _results[1], context.Input(0), context.Input(1), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, MaxPoolSpreadOperation<T>.Apply(context.Cotangent(), context.Input(1), _windows, context.Shape(0)));
}
