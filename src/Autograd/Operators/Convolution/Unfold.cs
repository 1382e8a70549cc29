using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Windows written out, and added back.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// The windows of images as columns: [batch, channels, height, width] gives [batch, channels · kernel height · kernel width,
    /// windows]. Rows are ordered by channel, kernel row, kernel column; windows row by row.
    /// </summary>
    /// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements from one window to the next; 1 by default.</param>
    /// <param name="padding">Zeros at the sides: a number, <c>(vertical, horizontal)</c>, <c>(top, bottom, left, right)</c>, or <see cref="Padding2d.Same"/>.</param>
    /// <param name="dilation">Elements from one tap of a window to the next; 1 by default.</param>
    /// <exception cref="ShapeException">Not four axes, or a window larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A kernel size, stride or dilation below 1, or a negative padding.</exception>
    public Variable<T> Unfold(Size2d kernelSize, Size2d? stride = null, Padding2d padding = default, Size2d? dilation = null)
    {
        Shape shape = Shape;
        if (shape.Rank != 4) Errors.Shape($"Unfold: the input has shape {shape}, but it needs the axes [batch, channels, height, width]. For a single image, Unsqueeze(0) first.");
        Windows windows = UnfoldOperation<T>.WindowsOf("Unfold", shape, kernelSize, stride ?? 1, padding, dilation ?? 1);
        return UnfoldOperation<T>.Apply(this, windows, shape, [shape[0], checked(shape[1] * windows.Taps), windows.Count]);
    }

    /// <summary>
    /// The adjoint of <see cref="Unfold"/>: columns [batch, channels · kernel height · kernel width, windows] added up to images
    /// [batch, channels, height, width]. Elements in several windows become the sum of all their columns.
    /// </summary>
    /// <param name="outputSize">Height and width of the images.</param>
    /// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements from one window to the next; 1 by default.</param>
    /// <param name="padding">What <see cref="Unfold"/> padded; columns there are dropped.</param>
    /// <param name="dilation">Elements from one tap of a window to the next; 1 by default.</param>
    /// <exception cref="ShapeException">Not three axes, rows that the window does not divide, or another number of windows than the sizes give.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An output size below 0, a kernel size, stride or dilation below 1, or a negative padding.</exception>
    public Variable<T> Fold(Size2d outputSize, Size2d kernelSize, Size2d? stride = null, Padding2d padding = default, Size2d? dilation = null)
    {
        Shape shape = Shape;
        if (shape.Rank != 3) Errors.Shape($"Fold: the input has shape {shape}, but it needs the axes [batch, channels · kernel height · kernel width, windows].");
        Windowing.RequireNotNegative("Fold", nameof(outputSize), outputSize);
        Windowing.RequirePositive("Fold", nameof(kernelSize), kernelSize);
        int taps = checked(kernelSize.Height * kernelSize.Width);
        if (shape[1] % taps != 0) Errors.Shape($"Fold: the {shape[1]} rows of the input {shape} are not a multiple of the {taps} elements of a window of {kernelSize}.");
        Shape images = [shape[0], shape[1] / taps, outputSize.Height, outputSize.Width];
        Windows windows = UnfoldOperation<T>.WindowsOf("Fold", images, kernelSize, stride ?? 1, padding, dilation ?? 1);
        if (windows.Count != shape[2]) Errors.Shape($"Fold: images of shape {images} have {windows.Rows.Count} × {windows.Columns.Count} windows of {kernelSize}, but the input {shape} has {shape[2]} columns.");
        return FoldOperation<T>.Apply(this, windows, images, shape);
    }
}

/// <summary>y[n, (c, s, t), (i, j)] = x[n, c, i · stride + s · dilation − top, j · stride + t · dilation − left], 0 in the padding.</summary>
/// <remarks>gx is gy folded. Keeps nothing.</remarks>
internal sealed class UnfoldOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Windows _windows;
    private Shape _images;
    private Shape _columns;

    public static Windows WindowsOf(string operation, Shape images, Size2d kernelSize, Size2d stride, Padding2d padding, Size2d dilation)
    {
        Windowing.RequirePositive(operation, nameof(kernelSize), kernelSize);
        Windowing.RequirePositive(operation, nameof(stride), stride);
        Windowing.RequirePositive(operation, nameof(dilation), dilation);
        (int top, int bottom) = padding.ResolveRows(operation, kernelSize.Height, stride.Height, dilation.Height);
        (int left, int right) = padding.ResolveColumns(operation, kernelSize.Width, stride.Width, dilation.Width);
        return new(
            Windowing.Axis(operation, "height", images, 2, kernelSize.Height, stride.Height, top, bottom, dilation.Height),
            Windowing.Axis(operation, "width", images, 3, kernelSize.Width, stride.Width, left, right, dilation.Width));
    }

    public static Variable<T> Apply(Variable<T> x, in Windows windows, Shape images, Shape columns)
    {
        UnfoldOperation<T> operation = x.Tape.Rent<UnfoldOperation<T>>();
        (operation._windows, operation._images, operation._columns) = (windows, images, columns);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_columns);
        Unfolding.Unfold(_windows, _images[0] * _images[1], context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, FoldOperation<T>.Apply(context.Cotangent(), _windows, _images, _columns));
}

/// <summary>y[n, c, i · stride + s · dilation − top, j · stride + t · dilation − left] = Σ x[n, (c, s, t), (i, j)].</summary>
/// <remarks>gx is gy unfolded. Keeps nothing.</remarks>
internal sealed class FoldOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private Windows _windows;
    private Shape _images;
    private Shape _columns;

    public static Variable<T> Apply(Variable<T> x, in Windows windows, Shape images, Shape columns)
    {
        FoldOperation<T> operation = x.Tape.Rent<FoldOperation<T>>();
        (operation._windows, operation._images, operation._columns) = (windows, images, columns);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_images);
        Unfolding.Fold(_windows, _images[0] * _images[1], context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, UnfoldOperation<T>.Apply(context.Cotangent(), _windows, _images, _columns));
}
