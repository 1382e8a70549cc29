using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>What an elementwise operation keeps for its gradient.</summary>
internal enum Keeps
{
    Input,
    Output,
}

/// <summary>
/// y = f(x), element by element. A derived class is one entry of a table of derivatives: the kernel of f, the kernel of its
/// gradient, and the gradient's definition in operators.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="TValue">f.</typeparam>
/// <typeparam name="TGradient">The gradient in one pass, a function of gy and what is kept (x or y).</typeparam>
internal abstract class UnaryOperation<T, TValue, TGradient>(Keeps keeps, TValue value = default, TGradient gradient = default) : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IUnaryFunction
    where TGradient : unmanaged, IBinaryFunction
{
    private readonly Keeps _keeps = keeps;

    /// <summary>The kernels with their attributes; set once for a singleton, by each use for an operation with attributes.</summary>
    protected TValue Value { get; set; } = value;

    /// <inheritdoc cref="Value"/>
    protected TGradient Fused { get; set; } = gradient;

    protected internal sealed override void Forward(ForwardContext<T> context) =>
        Elementwise.Unary(context.Input(0), context.Output(context.Shape(0)), Value);

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph)
        {
            context.Accumulate(0, Gradient(context.Cotangent(), context.Input(0), context.Output()));
            return;
        }

        Span<T> gradient = context.Contribution(0, context.OutputShape(), out Variable<T> pending);
        Elementwise.Binary(context.CotangentSpan(), _keeps == Keeps.Input ? context.InputSpan(0) : context.OutputSpan(), gradient, Fused);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }

    /// <summary>The gradient as operators, from the cotangent g, the input x and the value y: what makes any order of derivative work.</summary>
    protected abstract Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y);
}

/// <summary>y = f(x) for an f made of straight pieces, so that the gradient is linear in gy and flat in x.</summary>
/// <remarks>The gradient selects instead of multiplying: what is cut off stays 0 even where gy is infinite.</remarks>
internal abstract class PiecewiseOperation<T, TValue, TGradient>(TValue value = default, TGradient gradient = default)
    : UnaryOperation<T, TValue, TGradient>(Keeps.Input, value, gradient)
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IUnaryFunction
    where TGradient : unmanaged, IBinaryFunction
{
    protected sealed override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g.Gate(x, Fused);
}

/// <summary>z = f(g, x), linear in g and flat in x: the gradient of a function of straight pieces, or a mask made of x.</summary>
/// <remarks>gg = f(gz, x); no gradient for x. Keeps x.</remarks>
internal sealed class GateOperation<T, TFunction> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : unmanaged, IBinaryFunction
{
    private TFunction _function;

    public override string Name => typeof(TFunction).Name;

    public static Variable<T> Apply(Variable<T> g, Variable<T> x, TFunction function)
    {
        GateOperation<T, TFunction> operation = g.Tape.Rent<GateOperation<T, TFunction>>();
        operation._function = function;
        return g.Tape.Apply(operation, g, x);
    }

    protected internal override void Forward(ForwardContext<T> context) =>
        Elementwise.Binary(context.Input(0), context.Input(1), context.Output(context.Shape(0)), _function);

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.Needs(0)) context.Accumulate(0, context.Cotangent().Gate(context.Input(1), _function));
    }
}

public readonly partial struct Variable<T>
{
    /// <summary>f(this, x), for an f that is linear in its first argument and flat in its second; of one shape.</summary>
    internal Variable<T> Gate<TFunction>(Variable<T> x, TFunction function = default)
        where TFunction : unmanaged, IBinaryFunction => GateOperation<T, TFunction>.Apply(this, x, function);
}
