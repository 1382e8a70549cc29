using System.Numerics;

namespace Autograd;

/// <summary>The largest element of each window of [batch, channels, length]; see <see cref="Variable{T}.MaxPool1d"/>.</summary>
/// <param name="kernelSize">Elements of a window.</param>
/// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
/// <param name="padding">Elements of −∞ at both ends, at most half the kernel size.</param>
/// <param name="dilation">Elements from one tap of a window to the next.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class MaxPool1d<T>(int kernelSize, int? stride = null, int padding = 0, int dilation = 1) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.MaxPool1d(kernelSize, stride, padding, dilation);
}

/// <summary>The largest element of each window of [batch, channels, height, width]; see <see cref="Variable{T}.MaxPool2d"/>.</summary>
/// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
/// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
/// <param name="padding">Rows and columns of −∞ at each side, at most half the kernel size.</param>
/// <param name="dilation">Elements from one tap of a window to the next; 1 by default.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class MaxPool2d<T>(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.MaxPool2d(kernelSize, stride, padding, dilation);
}

/// <summary>The average of each window of [batch, channels, length]; see <see cref="Variable{T}.AvgPool1d"/>.</summary>
/// <param name="kernelSize">Elements of a window.</param>
/// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
/// <param name="padding">Zeros at both ends, at most half the kernel size.</param>
/// <param name="countIncludePad">Whether padding counts as elements.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AvgPool1d<T>(int kernelSize, int? stride = null, int padding = 0, bool countIncludePad = true) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.AvgPool1d(kernelSize, stride, padding, countIncludePad);
}

/// <summary>The average of each window of [batch, channels, height, width]; see <see cref="Variable{T}.AvgPool2d"/>.</summary>
/// <param name="kernelSize">The size of a window, a number or <c>(height, width)</c>.</param>
/// <param name="stride">Elements from one window to the next; kernelSize by default.</param>
/// <param name="padding">Rows and columns of zeros at each side, at most half the kernel size.</param>
/// <param name="countIncludePad">Whether padding counts as elements.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AvgPool2d<T>(Size2d kernelSize, Size2d? stride = null, Size2d padding = default, bool countIncludePad = true) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.AvgPool2d(kernelSize, stride, padding, countIncludePad);
}

/// <summary>Averages of [batch, channels, length] to a given length; see <see cref="Variable{T}.AdaptiveAvgPool1d"/>.</summary>
/// <param name="outputSize">The length of the result.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AdaptiveAvgPool1d<T>(int outputSize) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override int? OutputSize => outputSize;

    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.AdaptiveAvgPool1d(outputSize);
}

/// <summary>Averages of [batch, channels, height, width] to a given height and width; see <see cref="Variable{T}.AdaptiveAvgPool2d"/>.</summary>
/// <param name="outputSize">The size of the result, a number or <c>(height, width)</c>.</param>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class AdaptiveAvgPool2d<T>(Size2d outputSize) : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override int? OutputSize => outputSize.Width;

    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.AdaptiveAvgPool2d(outputSize);
}

/// <summary>The average of each channel: [batch, channels, …] gives [batch, channels]; see <see cref="Variable{T}.GlobalAvgPool"/>.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GlobalAvgPool<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.GlobalAvgPool();
}

/// <summary>The largest element of each channel: [batch, channels, …] gives [batch, channels]; see <see cref="Variable{T}.GlobalMaxPool"/>.</summary>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class GlobalMaxPool<T> : Layer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override Variable<T> Forward(Variable<T> input) => input.GlobalMaxPool();
}
