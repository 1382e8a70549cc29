using System.Numerics;

namespace Autograd;

/// <summary>A convolution over the last axis of [batch, channels, length]; see <see cref="Variable{T}.Conv1d"/>.</summary>
/// <remarks>
/// Parameters <c>weight</c> [outputChannels, inputChannels / groups, kernelSize] and <c>bias</c> [outputChannels], both uniform in
/// ±1/√(inputChannels / groups · kernelSize) at first, as in PyTorch.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Conv1d<T> : ConvolutionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _stride;
    private readonly Padding1d _padding;
    private readonly int _dilation;
    private readonly PaddingMode _paddingMode;

    /// <summary>Declares the layer.</summary>
    /// <param name="inputChannels">Channels of the input.</param>
    /// <param name="outputChannels">Channels of the result, one for each filter.</param>
    /// <param name="kernelSize">Taps of a filter.</param>
    /// <param name="stride">Elements from one window to the next.</param>
    /// <param name="padding">Elements added at the ends: a number, <c>(left, right)</c>, or a rule such as <see cref="Padding1d.Same"/>.</param>
    /// <param name="dilation">Elements from one tap to the next.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    /// <param name="bias">Whether the bias is there.</param>
    /// <param name="paddingMode">What padding is filled with; zeros by default.</param>
    /// <param name="weightInitializer">How the weight is drawn; PyTorch's scheme by default.</param>
    /// <exception cref="ArgumentException">A size below 1, a negative padding, a padding rule that does not fit, or groups that do not divide the channels.</exception>
    public Conv1d(
        int inputChannels,
        int outputChannels,
        int kernelSize,
        int stride = 1,
        Padding1d padding = default,
        int dilation = 1,
        int groups = 1,
        bool bias = true,
        PaddingMode paddingMode = PaddingMode.Constant,
        Initializer? weightInitializer = null)
        : base("Conv1d", inputChannels, outputChannels, [kernelSize], groups, bias, weightInitializer, transposed: false)
    {
        Sizes.RequirePositive("Conv1d", nameof(stride), stride);
        Sizes.RequirePositive("Conv1d", nameof(dilation), dilation);
        (int left, int right) = padding.Resolve("Conv1d", kernelSize, stride, dilation);
        (_stride, _padding, _dilation, _paddingMode) = (stride, (left, right), dilation, paddingMode);
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input is not [batch, inputChannels, length], or its padded length is smaller than the kernel.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        CheckInput(input.Shape);
        bool pads = _paddingMode != PaddingMode.Constant && _padding != default;
        Variable<T> x = pads ? input.Pad([_padding.Left, _padding.Right], _paddingMode) : input;
        return x.Conv1d(Weight.On(x.Tape), Bias?.On(x.Tape), _stride, pads ? default : _padding, _dilation, Groups);
    }
}

/// <summary>A convolution over the last two axes of [batch, channels, height, width]; see <see cref="Variable{T}.Conv2d"/>.</summary>
/// <remarks>
/// Parameters <c>weight</c> [outputChannels, inputChannels / groups, kernel height, kernel width] and <c>bias</c> [outputChannels],
/// both uniform in ±1/√(inputChannels / groups · elements of a kernel) at first, as in PyTorch.
/// </remarks>
/// <typeparam name="T"><c>float</c> or <c>double</c>.</typeparam>
public sealed class Conv2d<T> : ConvolutionLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Size2d _stride;
    private readonly Padding2d _padding;
    private readonly Size2d _dilation;
    private readonly PaddingMode _paddingMode;

    /// <summary>Declares the layer.</summary>
    /// <param name="inputChannels">Channels of the input.</param>
    /// <param name="outputChannels">Channels of the result, one for each filter.</param>
    /// <param name="kernelSize">The size of a filter, a number or <c>(height, width)</c>.</param>
    /// <param name="stride">Elements from one window to the next; 1 by default.</param>
    /// <param name="padding">Elements added at the sides: a number, <c>(vertical, horizontal)</c>, <c>(top, bottom, left, right)</c>, or <see cref="Padding2d.Same"/>.</param>
    /// <param name="dilation">Elements from one tap to the next; 1 by default.</param>
    /// <param name="groups">Groups of channels that are convolved apart; as many as inputChannels for a depthwise convolution.</param>
    /// <param name="bias">Whether the bias is there.</param>
    /// <param name="paddingMode">What padding is filled with; zeros by default.</param>
    /// <param name="weightInitializer">How the weight is drawn; PyTorch's scheme by default.</param>
    /// <exception cref="ArgumentException">A size below 1, a negative padding, a padding rule that does not fit, or groups that do not divide the channels.</exception>
    public Conv2d(
        int inputChannels,
        int outputChannels,
        Size2d kernelSize,
        Size2d? stride = null,
        Padding2d padding = default,
        Size2d? dilation = null,
        int groups = 1,
        bool bias = true,
        PaddingMode paddingMode = PaddingMode.Constant,
        Initializer? weightInitializer = null)
        : base("Conv2d", inputChannels, outputChannels, [kernelSize.Height, kernelSize.Width], groups, bias, weightInitializer, transposed: false)
    {
        _stride = stride ?? 1;
        _dilation = dilation ?? 1;
        _paddingMode = paddingMode;
        Windowing.RequirePositive("Conv2d", nameof(stride), _stride);
        Windowing.RequirePositive("Conv2d", nameof(dilation), _dilation);
        (int top, int bottom) = padding.ResolveRows("Conv2d", kernelSize.Height, _stride.Height, _dilation.Height);
        (int left, int right) = padding.ResolveColumns("Conv2d", kernelSize.Width, _stride.Width, _dilation.Width);
        _padding = (top, bottom, left, right);
    }

    /// <inheritdoc/>
    /// <exception cref="ShapeException">The input is not [batch, inputChannels, height, width], or its padded size is smaller than the kernel.</exception>
    public override Variable<T> Forward(Variable<T> input)
    {
        CheckInput(input.Shape);
        bool pads = _paddingMode != PaddingMode.Constant && _padding != default;
        Variable<T> x = pads ? input.Pad([_padding.Left, _padding.Right, _padding.Top, _padding.Bottom], _paddingMode) : input;
        return x.Conv2d(Weight.On(x.Tape), Bias?.On(x.Tape), _stride, pads ? default : _padding, _dilation, Groups);
    }
}
