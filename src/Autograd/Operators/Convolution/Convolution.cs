using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Convolutions.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>
    /// A convolution over one axis (cross-correlation: the kernel is not turned):
    /// y[n, f, i] = b[f] + Σ_{c, t} w[f, c, t] x[n, c, i · stride + t · dilation − left]. The length becomes
    /// ⌊(length + left + right − dilation (kernel − 1) − 1) / stride⌋ + 1.
    /// </summary>
    /// <param name="weight">w, [filters, channels / groups, kernel].</param>
    /// <param name="bias">b, [filters]; none by default.</param>
    /// <param name="stride">Elements from one window to the next, 1 or more.</param>
    /// <param name="padding">Zeros at the ends: a number, <c>(left, right)</c>, or a rule such as <see cref="Padding1d.Same"/>.</param>
    /// <param name="dilation">Elements from one tap of the kernel to the next, 1 or more.</param>
    /// <param name="groups">Groups of channels that are convolved apart; filters belong to groups in order.</param>
    /// <exception cref="ShapeException">Ranks, channels, groups or bias do not fit, or the kernel is larger than the padded input.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A stride, dilation or number of groups below 1, a negative padding, or <see cref="Padding1d.Same"/> with a stride.</exception>
    public Variable<T> Conv1d(Variable<T> weight, Variable<T>? bias = null, int stride = 1, Padding1d padding = default, int dilation = 1, int groups = 1) =>
        ConvolutionOperation<T>.Apply(this, weight, bias, ConvolutionPlan.Of1d(Shape, weight.Shape, bias?.Shape, stride, padding, dilation, groups));

    /// <summary>
    /// A convolution over two axes (cross-correlation: the kernel is not turned): y[n, f, i, j] = b[f] +
    /// Σ_{c, s, t} w[f, c, s, t] x[n, c, i · stride + s · dilation − top, j · stride + t · dilation − left]. Sizes follow as in
    /// <see cref="Conv1d"/>.
    /// </summary>
    /// <param name="weight">w, [filters, channels / groups, kernel height, kernel width].</param>
    /// <param name="bias">b, [filters]; none by default.</param>
    /// <param name="stride">Elements from one window to the next, a number or <c>(height, width)</c>; 1 by default.</param>
    /// <param name="padding">Zeros at the sides: a number, <c>(vertical, horizontal)</c>, <c>(top, bottom, left, right)</c>, or <see cref="Padding2d.Same"/>.</param>
    /// <param name="dilation">Elements from one tap of the kernel to the next, a number or <c>(height, width)</c>; 1 by default.</param>
    /// <param name="groups">Groups of channels that are convolved apart; filters belong to groups in order.</param>
    /// <inheritdoc cref="Conv1d" path="/exception"/>
    public Variable<T> Conv2d(Variable<T> weight, Variable<T>? bias = null, Size2d? stride = null, Padding2d padding = default, Size2d? dilation = null, int groups = 1) =>
        ConvolutionOperation<T>.Apply(this, weight, bias, ConvolutionPlan.Of2d(Shape, weight.Shape, bias?.Shape, stride ?? 1, padding, dilation ?? 1, groups));

    /// <summary>
    /// The transpose of a convolution over one axis, which spreads each element through the kernel: y[n, f, i · stride +
    /// t · dilation − left] is the sum of w[c, f, t] x[n, c, i], plus b[f]. The length becomes (length − 1) stride − left − right +
    /// dilation (kernel − 1) + outputPadding + 1.
    /// </summary>
    /// <param name="weight">w, [channels, filters / groups, kernel].</param>
    /// <param name="bias">b, [filters]; none by default.</param>
    /// <param name="stride">Elements of the result from one element of the input to the next, 1 or more.</param>
    /// <param name="padding">Elements of the result that are cut at the ends: a number, <c>(left, right)</c>, or <see cref="Padding1d.Same"/>.</param>
    /// <param name="outputPadding">Elements added behind the last, which tells apart the lengths that a stride maps to one; smaller than the stride or the dilation.</param>
    /// <param name="dilation">Elements from one tap of the kernel to the next, 1 or more.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    /// <exception cref="ShapeException">Ranks, channels, groups or bias do not fit, or a length below 1 would result.</exception>
    /// <exception cref="ArgumentException">A stride, dilation or number of groups below 1, a negative padding, a wrong outputPadding, or a padding rule that does not fit.</exception>
    public Variable<T> ConvTranspose1d(
        Variable<T> weight, Variable<T>? bias = null, int stride = 1, Padding1d padding = default, int outputPadding = 0, int dilation = 1, int groups = 1) =>
        ConvolutionInputGradientOperation<T>.Apply(
            this, weight, bias, ConvolutionPlan.OfTransposed1d(Shape, weight.Shape, bias?.Shape, stride, padding, outputPadding, dilation, groups));

    /// <summary>The transpose of a convolution over two axes; see <see cref="ConvTranspose1d"/>, whose formulas hold along each axis.</summary>
    /// <param name="weight">w, [channels, filters / groups, kernel height, kernel width].</param>
    /// <param name="bias">b, [filters]; none by default.</param>
    /// <param name="stride">Elements of the result from one element of the input to the next, a number or <c>(height, width)</c>; 1 by default.</param>
    /// <param name="padding">Elements of the result that are cut: a number, <c>(vertical, horizontal)</c>, <c>(top, bottom, left, right)</c>, or <see cref="Padding2d.Same"/>.</param>
    /// <param name="outputPadding">Rows added below and columns behind the last, a number or <c>(height, width)</c>; smaller than the stride or the dilation.</param>
    /// <param name="dilation">Elements from one tap of the kernel to the next, a number or <c>(height, width)</c>; 1 by default.</param>
    /// <param name="groups">Groups of channels that are convolved apart.</param>
    /// <inheritdoc cref="ConvTranspose1d" path="/exception"/>
    public Variable<T> ConvTranspose2d(
        Variable<T> weight, Variable<T>? bias = null, Size2d? stride = null, Padding2d padding = default, Size2d outputPadding = default, Size2d? dilation = null, int groups = 1) =>
        ConvolutionInputGradientOperation<T>.Apply(
            this, weight, bias, ConvolutionPlan.OfTransposed2d(Shape, weight.Shape, bias?.Shape, stride ?? 1, padding, outputPadding, dilation ?? 1, groups));
}

/// <summary>y[n, f, i] = b[f] + Σ_{c, t} w[f, c, t] x[n, c, i · stride + t · dilation − padding], over one or two axes.</summary>
/// <remarks>gx = the transposed convolution of gy with w, gw = the weight gradient of x and gy, gb = Σ gy over batch and windows. Keeps x and w.</remarks>
internal sealed class ConvolutionOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private ConvolutionPlan _plan;

    public static Variable<T> Apply(Variable<T> x, Variable<T> w, Variable<T>? bias, in ConvolutionPlan plan)
    {
        ConvolutionOperation<T> operation = x.Tape.Rent<ConvolutionOperation<T>>();
        operation._plan = plan;
        return x.Tape.Apply(operation, x, w, bias.GetValueOrDefault());
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_plan.Output);
        Convolution.Forward(_plan.Sizes, context.Input(0), context.Input(1), context.Input(2), y);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, ConvolutionInputGradientOperation<T>.Apply(gradient, context.Input(1), null, _plan));
        if (context.Needs(1)) context.Accumulate(1, ConvolutionWeightGradientOperation<T>.Apply(context.Input(0), gradient, _plan));
        if (context.Needs(2)) context.Accumulate(2, gradient.SumOfFilters());
    }
}

/// <summary>y[n, c, i · stride + t · dilation − padding] = b[c] + Σ w[f, c, t] x[n, f, i]: a transposed convolution, the gradient of a convolution by its input.</summary>
/// <remarks>gx = the convolution of gy with w, gw = the weight gradient of gy and x, gb = Σ gy over batch and elements. Keeps x and w.</remarks>
internal sealed class ConvolutionInputGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private ConvolutionPlan _plan;

    public static Variable<T> Apply(Variable<T> x, Variable<T> w, Variable<T>? bias, in ConvolutionPlan plan)
    {
        ConvolutionInputGradientOperation<T> operation = x.Tape.Rent<ConvolutionInputGradientOperation<T>>();
        operation._plan = plan;
        return x.Tape.Apply(operation, x, w, bias.GetValueOrDefault());
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(_plan.Input);
        ReadOnlySpan<T> bias = context.Input(2);
        if (context.Has(2))
        {
            int plane = _plan.Sizes.Windows.PlaneLength;
            for (int i = 0; i < y.Length / plane; i++) y.Slice(i * plane, plane).Fill(bias[i % bias.Length]);
        }

        Convolution.InputGradient(_plan.Sizes, context.Input(0), context.Input(1), y, accumulate: context.Has(2));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, ConvolutionOperation<T>.Apply(gradient, context.Input(1), null, _plan));
        if (context.Needs(1)) context.Accumulate(1, ConvolutionWeightGradientOperation<T>.Apply(gradient, context.Input(0), _plan));
        if (context.Needs(2)) context.Accumulate(2, gradient.SumOfFilters());
    }
}

/// <summary>w[f, c, t] = Σ_{n, i} x[n, c, i · stride + t · dilation − padding] g[n, f, i]: the gradient of a convolution by its weight.</summary>
/// <remarks>gx = the transposed convolution of g with gw, gg = the convolution of x with gw. Keeps x and g.</remarks>
internal sealed class ConvolutionWeightGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private ConvolutionPlan _plan;

    public static Variable<T> Apply(Variable<T> x, Variable<T> g, in ConvolutionPlan plan)
    {
        ConvolutionWeightGradientOperation<T> operation = x.Tape.Rent<ConvolutionWeightGradientOperation<T>>();
        operation._plan = plan;
        return x.Tape.Apply(operation, x, g);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> w = context.Output(_plan.Weight);
        Convolution.WeightGradient(_plan.Sizes, context.Input(0), context.Input(1), w);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, ConvolutionInputGradientOperation<T>.Apply(context.Input(1), gradient, null, _plan));
        if (context.Needs(1)) context.Accumulate(1, ConvolutionOperation<T>.Apply(context.Input(0), gradient, null, _plan));
    }
}

public readonly partial struct Variable<T>
{
    private static readonly int[] AllButChannels = [0, 2, 3];

    /// <summary>The sum over every axis but the second: the gradient of a bias.</summary>
    internal Variable<T> SumOfFilters() => Sum(AllButChannels.AsSpan(0, Rank - 1));
}
