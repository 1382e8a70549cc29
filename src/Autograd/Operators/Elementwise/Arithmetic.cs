using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Sums, differences, products and quotients of variables, which broadcast, and of a variable and a number.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>left + right, broadcast.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator +(Variable<T> left, Variable<T> right) => left.Tape.Apply(AddOperation<T>.Instance, left, right);

    /// <summary>left + right, element by element.</summary>
    public static Variable<T> operator +(Variable<T> left, double right) => ShiftOperation<T>.Apply(left, right);

    /// <summary>left + right, element by element.</summary>
    public static Variable<T> operator +(double left, Variable<T> right) => ShiftOperation<T>.Apply(right, left);

    /// <summary>left − right, broadcast.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator -(Variable<T> left, Variable<T> right) => left.Tape.Apply(SubtractOperation<T>.Instance, left, right);

    /// <summary>left − right, element by element.</summary>
    public static Variable<T> operator -(Variable<T> left, double right) => ShiftOperation<T>.Apply(left, -right);

    /// <summary>left − right, element by element.</summary>
    public static Variable<T> operator -(double left, Variable<T> right) => SubtractFromOperation<T>.Apply(left, right);

    /// <summary>−x, element by element.</summary>
    public static Variable<T> operator -(Variable<T> x) => x.Tape.Apply(NegateOperation<T>.Instance, x);

    /// <summary>left · right, element by element, broadcast.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator *(Variable<T> left, Variable<T> right) => left.Tape.Apply(MultiplyOperation<T>.Instance, left, right);

    /// <summary>left · right, element by element.</summary>
    public static Variable<T> operator *(Variable<T> left, double right) => ScaleOperation<T>.Apply(left, right);

    /// <summary>left · right, element by element.</summary>
    public static Variable<T> operator *(double left, Variable<T> right) => ScaleOperation<T>.Apply(right, left);

    /// <summary>left / right, element by element, broadcast. A zero divisor gives ±∞, or NaN for 0/0.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator /(Variable<T> left, Variable<T> right) => left.Tape.Apply(DivideOperation<T>.Instance, left, right);

    /// <summary>left / right, element by element.</summary>
    public static Variable<T> operator /(Variable<T> left, double right) => DivideByNumberOperation<T>.Apply(left, right);

    /// <summary>left / right, element by element. A zero divisor gives ±∞, or NaN for 0/0.</summary>
    public static Variable<T> operator /(double left, Variable<T> right) => DivideNumberOperation<T>.Apply(left, right);
}

/// <summary>y = a + b, broadcast.</summary>
/// <remarks>ga = gy, gb = gy, each summed over the axes it was broadcast along. Keeps nothing.</remarks>
internal sealed class AddOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly AddOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, AddFunction>(context, Name);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, gradient.SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, gradient.SumTo(context.Shape(1)));
    }
}

/// <summary>y = a − b, broadcast.</summary>
/// <remarks>ga = gy, gb = −gy, each summed over the axes it was broadcast along. Keeps nothing.</remarks>
internal sealed class SubtractOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SubtractOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, SubtractFunction>(context, Name);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, gradient.SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, -gradient.SumTo(context.Shape(1)));
    }
}

/// <summary>y = a ⊙ b, broadcast.</summary>
/// <remarks>ga = gy ⊙ b, gb = gy ⊙ a, each summed over the axes it was broadcast along. Keeps both inputs.</remarks>
internal sealed class MultiplyOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly MultiplyOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, MultiplyFunction>(context, Name);

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.Needs(0)) Give(context, 0, 1);
        if (context.Needs(1)) Give(context, 1, 0);
    }

    private static void Give(BackwardContext<T> context, int input, int other)
    {
        Shape shape = context.Shape(input), result = context.OutputShape();
        if (shape == result && context.InPlace(input, out Span<T> sum, out bool fresh))
        {
            ReadOnlySpan<T> gradient = context.CotangentSpan(), factor = context.InputSpan(other);
            if (fresh) Broadcasting.Binary<T, MultiplyFunction>(gradient, result, factor, context.Shape(other), sum, result);
            else Broadcasting.Ternary<T, MultiplyAddFunction>(gradient, result, factor, context.Shape(other), sum, result, sum, result);
        }
        else
        {
            context.Accumulate(input, (context.Cotangent() * context.Input(other)).SumTo(shape));
        }
    }
}

/// <summary>y = a / b, broadcast.</summary>
/// <remarks>ga = gy / b, gb = −gy ⊙ y / b, each summed over the axes it was broadcast along. Keeps both inputs and y.</remarks>
internal sealed class DivideOperation<T> : BinaryOperation<T, DivideFunction, QuotientGradientFunction, DivideGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly DivideOperation<T> Instance = new();

    protected override Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g / b;

    protected override Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => -(g * y / b);
}

/// <summary>y = f(x, number) for an f of one number. Where f is linear, its kernel serves the gradient too.</summary>
/// <remarks>Keeps nothing.</remarks>
internal abstract class NumberOperation<T, TValue> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TValue : unmanaged, IUnaryFunction
{
    public TValue Value { get; set; }

    public double Number { get; set; }

    protected internal sealed override void Forward(ForwardContext<T> context) =>
        Elementwise.Unary(context.Input(0), context.Output(context.Shape(0)), Value);

    /// <summary>Gives the kernel's value of the cotangent as gradient.</summary>
    protected void Contribute(BackwardContext<T> context)
    {
        Span<T> gradient = context.Contribution(0, context.OutputShape(), out Variable<T> pending);
        Elementwise.Unary(context.CotangentSpan(), gradient, Value);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }

    protected static Variable<T> Apply<TOperation>(Variable<T> x, double number, TValue value)
        where TOperation : NumberOperation<T, TValue>, new()
    {
        TOperation operation = x.Tape.Rent<TOperation>();
        operation.Number = number;
        operation.Value = value;
        return x.Tape.Apply(operation, x);
    }
}

/// <summary>y = −x.</summary>
/// <remarks>gx = −gy. Keeps nothing.</remarks>
internal sealed class NegateOperation<T> : NumberOperation<T, NegateFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly NegateOperation<T> Instance = new();

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph) context.Accumulate(0, -context.Cotangent());
        else Contribute(context);
    }
}

/// <summary>y = x · number.</summary>
/// <remarks>gx = gy · number.</remarks>
internal sealed class ScaleOperation<T> : NumberOperation<T, MultiplyScalarFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double number) => Apply<ScaleOperation<T>>(x, number, new(number));

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph) context.Accumulate(0, context.Cotangent() * Number);
        else Contribute(context);
    }
}

/// <summary>y = x / number; rounded once, unlike a product with the reciprocal.</summary>
/// <remarks>gx = gy / number.</remarks>
internal sealed class DivideByNumberOperation<T> : NumberOperation<T, DivideByScalarFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double number) => Apply<DivideByNumberOperation<T>>(x, number, new(number));

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph) context.Accumulate(0, context.Cotangent() / Number);
        else Contribute(context);
    }
}

/// <summary>y = x + number.</summary>
/// <remarks>gx = gy.</remarks>
internal sealed class ShiftOperation<T> : NumberOperation<T, AddScalarFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double number) => Apply<ShiftOperation<T>>(x, number, new(number));

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, context.Cotangent());
}

/// <summary>y = number − x.</summary>
/// <remarks>gx = −gy.</remarks>
internal sealed class SubtractFromOperation<T> : NumberOperation<T, SubtractFromScalarFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(double number, Variable<T> x) => Apply<SubtractFromOperation<T>>(x, number, new(number));

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, -context.Cotangent());
}

/// <summary>y = number / x.</summary>
/// <remarks>gx = −gy ⊙ y / x. Keeps x and y.</remarks>
internal sealed class DivideNumberOperation<T> : NumberOperation<T, DivideScalarFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(double number, Variable<T> x) => Apply<DivideNumberOperation<T>>(x, number, new(number));

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, -(context.Cotangent() * context.Output() / context.Input(0)));
}
