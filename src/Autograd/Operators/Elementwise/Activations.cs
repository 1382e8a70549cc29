using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>The functions of neural networks that act on each element.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>tanh x, element by element. ±∞ gives ±1; NaN stays NaN.</summary>
    public Variable<T> Tanh() => Tape.Apply(TanhOperation<T>.Instance, this);

    /// <summary>The logistic function 1 / (1 + exp(−x)), element by element. −∞ gives 0, +∞ gives 1; NaN stays NaN.</summary>
    public Variable<T> Sigmoid() => Tape.Apply(SigmoidOperation<T>.Instance, this);
}

/// <summary>y = tanh(x), element by element.</summary>
/// <remarks>gx = gy ⊙ (1 − y²). Keeps y only: the slope of tanh is a function of its value.</remarks>
internal sealed class TanhOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly TanhOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Tanh(context.Input(0), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Tape.Apply(TanhGradientOperation<T>.Instance, context.Cotangent(), context.Output()));
}

/// <summary>z = g ⊙ (1 − y²), the gradient of tanh in one pass.</summary>
/// <remarks>gg = gz ⊙ (1 − y²), gy = −2 gz ⊙ g ⊙ y.</remarks>
internal sealed class TanhGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly TanhGradientOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<T> g = context.Input(0), y = context.Input(1);
        Span<T> z = context.Output(context.Shape(0));
        for (int i = 0; i < z.Length; i++) z[i] = g[i] * (T.One - (y[i] * y[i]));
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent(), g = context.Input(0), y = context.Input(1);
        if (context.Needs(0)) context.Accumulate(0, context.Tape.Apply(Instance, gradient, y));
        if (context.Needs(1)) context.Accumulate(1, gradient * g * y * -2);
    }
}

/// <summary>y = 1 / (1 + exp(−x)), element by element.</summary>
/// <remarks>gx = gy ⊙ y ⊙ (1 − y). Keeps y only.</remarks>
internal sealed class SigmoidOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SigmoidOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Sigmoid(context.Input(0), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, context.Tape.Apply(SigmoidGradientOperation<T>.Instance, context.Cotangent(), context.Output()));
}

/// <summary>z = g ⊙ y ⊙ (1 − y), the gradient of the logistic function in one pass.</summary>
/// <remarks>gg = gz ⊙ y ⊙ (1 − y), gy = gz ⊙ g ⊙ (1 − 2 y).</remarks>
internal sealed class SigmoidGradientOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SigmoidGradientOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context)
    {
        ReadOnlySpan<T> g = context.Input(0), y = context.Input(1);
        Span<T> z = context.Output(context.Shape(0));
        for (int i = 0; i < z.Length; i++) z[i] = g[i] * y[i] * (T.One - y[i]);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent(), g = context.Input(0), y = context.Input(1);
        if (context.Needs(0)) context.Accumulate(0, context.Tape.Apply(Instance, gradient, y));
        if (context.Needs(1)) context.Accumulate(1, gradient * g * (1 - (2 * y)));
    }
}
