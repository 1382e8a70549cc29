using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// The sizes of a convolution of x [Batch, Groups · Channels, plane] with w [Groups · Filters, Channels, taps] to
/// y [Batch, Groups · Filters, windows]: channels and filters are those of one group.
/// </summary>
internal readonly record struct ConvolutionShape(int Batch, int Groups, int Channels, int Filters, Windows Windows)
{
    internal long InputLength => (long)Batch * Groups * Channels * Windows.PlaneLength;

    internal long WeightLength => (long)Groups * Filters * Depth;

    internal long OutputLength => (long)Batch * Groups * Filters * Windows.Count;

    /// <summary>The products in one element of y.</summary>
    internal int Depth => Channels * Windows.Taps;

    internal long Work => OutputLength * Depth;

    /// <summary>Whether each filter reads one plane alone, and too few filters read the same to fill a matrix product.</summary>
    internal bool IsDepthwise => Channels == 1 && Filters < 4;
}

/// <summary>
/// Convolution (cross-correlation: the kernel is not turned) and its two gradients. Each is linear in both of its
/// factors, and the gradients of each are the other two. All are matrix products over the windows of an image, which are
/// gathered block by block and never written out as a whole; depthwise convolutions go tap by tap.
/// </summary>
/// <remarks>
/// Work is split by output, so the bits do not depend on the number of threads. An element of y is one chain of
/// multiply-adds over channels and taps in order. The gradient by weights adds blocks of images in their order.
/// The vector width changes the bits of depthwise weight gradients alone.
/// </remarks>
internal static unsafe class Convolution
{
    /// <summary>y = b + w ⋆ x; no bias if <paramref name="bias"/> is empty.</summary>
    internal static void Forward<T>(in ConvolutionShape shape, ReadOnlySpan<T> x, ReadOnlySpan<T> w, ReadOnlySpan<T> bias, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T> => Forward(Simd.Best, shape, x, w, bias, y);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Forward<T>(int vectorBits, in ConvolutionShape shape, ReadOnlySpan<T> x, ReadOnlySpan<T> w, ReadOnlySpan<T> bias, Span<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(shape, x.Length, w.Length, y.Length);
        if (!bias.IsEmpty && bias.Length != shape.Groups * shape.Filters) Refuse("bias", bias.Length, shape.Groups * shape.Filters);
        if (y.IsEmpty) return;
        fixed (T* xs = x, ws = w, bs = bias, ys = y)
        {
            VectorWidths.Run<T, ForwardCall<T>>(vectorBits, new(new(shape, xs, ws, ys) { Bias = bs }));
        }
    }

    /// <summary>gx = (or +=) the gradient by the input: gy spread through w. Also the transposed convolution.</summary>
    internal static void InputGradient<T>(in ConvolutionShape shape, ReadOnlySpan<T> gy, ReadOnlySpan<T> w, Span<T> gx, bool accumulate)
        where T : unmanaged, IFloatingPointIeee754<T> => InputGradient(Simd.Best, shape, gy, w, gx, accumulate);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void InputGradient<T>(int vectorBits, in ConvolutionShape shape, ReadOnlySpan<T> gy, ReadOnlySpan<T> w, Span<T> gx, bool accumulate)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(shape, gx.Length, w.Length, gy.Length);
        if (gx.IsEmpty) return;
        fixed (T* xs = gx, ws = w, ys = gy)
        {
            VectorWidths.Run<T, InputGradientCall<T>>(vectorBits, new(new(shape, xs, ws, ys) { Accumulate = accumulate }));
        }
    }

    /// <summary>gw = the gradient by the weight: x against gy, summed over windows and batch.</summary>
    internal static void WeightGradient<T>(in ConvolutionShape shape, ReadOnlySpan<T> x, ReadOnlySpan<T> gy, Span<T> gw)
        where T : unmanaged, IFloatingPointIeee754<T> => WeightGradient(Simd.Best, shape, x, gy, gw);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void WeightGradient<T>(int vectorBits, in ConvolutionShape shape, ReadOnlySpan<T> x, ReadOnlySpan<T> gy, Span<T> gw)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(shape, x.Length, gw.Length, gy.Length);
        if (gw.IsEmpty) return;
        if (gy.IsEmpty)
        {
            gw.Clear();
            return;
        }

        fixed (T* xs = x, ws = gw, ys = gy)
        {
            VectorWidths.Run<T, WeightGradientCall<T>>(vectorBits, new(new(shape, xs, ws, ys)));
        }
    }

    private static void Check(in ConvolutionShape shape, int input, int weight, int output)
    {
        if (input != shape.InputLength) Refuse("input", input, shape.InputLength);
        if (weight != shape.WeightLength) Refuse("weight", weight, shape.WeightLength);
        if (output != shape.OutputLength) Refuse("output", output, shape.OutputLength);
    }

    private static void Refuse(string name, int found, long needed) =>
        throw new ArgumentException($"Convolution: the {name} has {found} elements, but its sizes ask for {needed}.");

    private readonly struct ForwardCall<T>(ConvolutionArguments<T> arguments) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> => ConvolutionDriver<T, V>.Forward(arguments);
    }

    private readonly struct InputGradientCall<T>(ConvolutionArguments<T> arguments) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> => ConvolutionDriver<T, V>.InputGradient(arguments);
    }

    private readonly struct WeightGradientCall<T>(ConvolutionArguments<T> arguments) : IWideWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run<V>()
            where V : unmanaged, IVector<V, T> => ConvolutionDriver<T, V>.WeightGradient(arguments);
    }
}

/// <summary>A convolution's sizes and memory; which of x, w and y is the result depends on what is computed.</summary>
internal readonly unsafe struct ConvolutionArguments<T>(in ConvolutionShape shape, T* x, T* w, T* y)
    where T : unmanaged
{
    internal ConvolutionShape Shape { get; } = shape;

    internal T* X { get; } = x;

    internal T* W { get; } = w;

    internal T* Y { get; } = y;

    internal T* Bias { get; init; }

    internal bool Accumulate { get; init; }
}
