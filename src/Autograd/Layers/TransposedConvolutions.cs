using System.Numerics;

namespace Autograd;

/// <summary>The transpose of a convolution over the last axis of [batch, channels, length]; see <see cref="Variable{T}.ConvTranspose1d"/>.</summary>
/// <remarks>
/// Parameters <c>weight</c> [inputChannels, outputChannels / groups, kernelSize] and <c>bias</c> [outputChannels], both uniform in
/// ±1/√(outputChannels / groups · kernelSize) at first, as in PyTorch.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class ConvTranspose1d<T> : ConvolutionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _stride;
    private readonly Padding1d _padding;
    private readonly int _outputPadding;
    private readonly int _dilation;

    /// <summary>Declares the layer.</summary>
    /// <param name="inputChannels">Channels of the input.</param>
    /// <param name="outputChannels">Channels of the result.</param>
    /// <param name="kernelSize">Taps of a filter.</param>
    /// <param name="stride">Elements of the result from one element of the input to the next.</param>
    /// <param name="padding">Elements of the result that are cut at the ends: a number, <c>(left, right)</c>, or <see cref="Padding1d.Same"/>.</param>
    /// <param name="outputPadding">Elements added behind the last; smaller than the stride or the dilation.</param>
    /// <param name="dilation">Elements from one tap to the next.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    /// <param name="bias">Whether the bias is there.</param>
    /// <param name="weightInitializer">How the weight is drawn; PyTorch's scheme by default.</param>
    /// <exception cref="ArgumentException">A size below 1, or groups that do not divide the channels.</exception>
    public ConvTranspose1d(
        int inputChannels,
        int outputChannels,
        int kernelSize,
        int stride = 1,
        Padding1d padding = default,
        int outputPadding = 0,
        int dilation = 1,
        int groups = 1,
        bool bias = true,
        Initializer? weightInitializer = null)
        : base("ConvTranspose1d", inputChannels, outputChannels, [kernelSize], groups, bias, weightInitializer, transposed: true)
    {
        Sizes.RequirePositive("ConvTranspose1d", nameof(stride), stride);
        Sizes.RequirePositive("ConvTranspose1d", nameof(dilation), dilation);
        (_stride, _padding, _outputPadding, _dilation) = (stride, padding, outputPadding, dilation);
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input is not [batch, inputChannels, length], or nothing would be left of the result.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        CheckInput(input.Shape);
        return input.ConvTranspose1d(Weight.On(input.Tape), Bias?.On(input.Tape), _stride, _padding, _outputPadding, _dilation, Groups);
    }
}

/// <summary>The transpose of a convolution over the last two axes of [batch, channels, height, width]; see <see cref="Variable{T}.ConvTranspose2d"/>.</summary>
/// <remarks>
/// Parameters <c>weight</c> [inputChannels, outputChannels / groups, kernel height, kernel width] and <c>bias</c> [outputChannels],
/// both uniform in ±1/√(outputChannels / groups · elements of a kernel) at first, as in PyTorch.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class ConvTranspose2d<T> : ConvolutionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Size2d _stride;
    private readonly Padding2d _padding;
    private readonly Size2d _outputPadding;
    private readonly Size2d _dilation;

    /// <summary>Declares the layer.</summary>
    /// <param name="inputChannels">Channels of the input.</param>
    /// <param name="outputChannels">Channels of the result.</param>
    /// <param name="kernelSize">The size of a filter, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements of the result from one element of the input to the next; 1 by default.</param>
    /// <param name="padding">Elements of the result that are cut: a number, <c>(vertical, horizontal)</c>, <c>(top, bottom, left, right)</c>, or <see cref="Padding2d.Same"/>.</param>
    /// <param name="outputPadding">Rows added below and columns behind the last; smaller than the stride or the dilation.</param>
    /// <param name="dilation">Elements from one tap to the next; 1 by default.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    /// <param name="bias">Whether the bias is there.</param>
    /// <param name="weightInitializer">How the weight is drawn; PyTorch's scheme by default.</param>
    /// <exception cref="ArgumentException">A size below 1, or groups that do not divide the channels.</exception>
    public ConvTranspose2d(
        int inputChannels,
        int outputChannels,
        Size2d kernelSize,
        Size2d? stride = null,
        Padding2d padding = default,
        Size2d outputPadding = default,
        Size2d? dilation = null,
        int groups = 1,
        bool bias = true,
        Initializer? weightInitializer = null)
        : base("ConvTranspose2d", inputChannels, outputChannels, [kernelSize.Height, kernelSize.Width], groups, bias, weightInitializer, transposed: true)
    {
        (_stride, _padding, _outputPadding, _dilation) = (stride ?? 1, padding, outputPadding, dilation ?? 1);
        Windowing.RequirePositive("ConvTranspose2d", nameof(stride), _stride);
        Windowing.RequirePositive("ConvTranspose2d", nameof(dilation), _dilation);
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input is not [batch, inputChannels, height, width], or nothing would be left of the result.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        CheckInput(input.Shape);
        return input.ConvTranspose2d(Weight.On(input.Tape), Bias?.On(input.Tape), _stride, _padding, _outputPadding, _dilation, Groups);
    }
}
