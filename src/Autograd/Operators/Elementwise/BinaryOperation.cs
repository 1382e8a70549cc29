using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>
/// y = f(a, b), element by element, broadcast. A derived class gives the kernel of f, the kernels of both gradients, and
/// the gradients' definitions in operators.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="TValue">f.</typeparam>
/// <typeparam name="TLeft">The gradient to a in one pass, a function of gy, a and b.</typeparam>
/// <typeparam name="TRight">The gradient to b in one pass, a function of gy, a and b.</typeparam>
internal abstract class BinaryOperation<T, TValue, TLeft, TRight> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IBinaryFunction
    where TLeft : unmanaged, ITernaryFunction
    where TRight : unmanaged, ITernaryFunction
{
    protected internal sealed override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, TValue>(context, Name);

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph)
        {
            Variable<T> g = context.Cotangent(), a = context.Input(0), b = context.Input(1), y = context.Output();
            if (context.Needs(0)) context.Accumulate(0, Left(g, a, b, y).SumTo(a.Shape));
            if (context.Needs(1)) context.Accumulate(1, Right(g, a, b, y).SumTo(b.Shape));
            return;
        }

        if (context.Needs(0)) Broadcasting.Contribute<T, TLeft>(context, 0);
        if (context.Needs(1)) Broadcasting.Contribute<T, TRight>(context, 1);
    }

    /// <summary>The gradient to a as operators, not yet summed over the axes a was broadcast along.</summary>
    protected abstract Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y);

    /// <summary>The gradient to b as operators, not yet summed over the axes b was broadcast along.</summary>
    protected abstract Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y);
}

/// <summary>z = f(g, a, b), linear in g and flat in a and b, which broadcast to the shape of g.</summary>
/// <remarks>gg = f(gz, a, b); no gradient for a and b. Keeps a and b.</remarks>
internal sealed class BinaryGateOperation<T, TFunction> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TFunction : unmanaged, ITernaryFunction
{
    public static readonly BinaryGateOperation<T, TFunction> Instance = new();

    public override string Name => typeof(TFunction).Name;

    protected internal override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Broadcasting.Ternary<T, TFunction>(
            context.Input(0), shape, context.Input(1), context.Shape(1), context.Input(2), context.Shape(2), context.Output(shape), shape);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.Needs(0)) context.Accumulate(0, context.Cotangent().Gate<TFunction>(context.Input(1), context.Input(2)));
    }
}

public readonly partial struct Variable<T>
{
    /// <summary>f(this, a, b), for an f that is linear in its first argument and flat in the others, which broadcast to this.</summary>
    internal Variable<T> Gate<TFunction>(Variable<T> a, Variable<T> b)
        where TFunction : unmanaged, ITernaryFunction => Tape.Apply(BinaryGateOperation<T, TFunction>.Instance, [this, a, b]);
}
