using System.Numerics;
using System.Numerics.Tensors;

namespace Autograd;

/// <summary>Sums, differences, products and quotients of variables, which broadcast, and of a variable and a number.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>left + right, broadcast.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator +(Variable<T> left, Variable<T> right) => left.Tape.Apply(AddOperation<T>.Instance, left, right);

    /// <summary>left + right, element by element.</summary>
    public static Variable<T> operator +(Variable<T> left, double right) => ShiftOperation<T>.Apply(left, 1, right);

    /// <summary>left + right, element by element.</summary>
    public static Variable<T> operator +(double left, Variable<T> right) => ShiftOperation<T>.Apply(right, 1, left);

    /// <summary>left − right, broadcast.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> operator -(Variable<T> left, Variable<T> right) => left.Tape.Apply(SubtractOperation<T>.Instance, left, right);

    /// <summary>left − right, element by element.</summary>
    public static Variable<T> operator -(Variable<T> left, double right) => ShiftOperation<T>.Apply(left, 1, -right);

    /// <summary>left − right, element by element.</summary>
    public static Variable<T> operator -(double left, Variable<T> right) => ShiftOperation<T>.Apply(right, -1, left);

    /// <summary>−x, element by element.</summary>
    public static Variable<T> operator -(Variable<T> x) => ScaleOperation<T>.Apply(x, -1);

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

    /// <summary>left / right, element by element.</summary>
    public static Variable<T> operator /(double left, Variable<T> right) => right.Reciprocal() * left;
}

/// <summary>y = a + b, broadcast.</summary>
/// <remarks>ga = gy, gb = gy, each summed over the axes it was broadcast along. Keeps nothing.</remarks>
internal sealed class AddOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly AddOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, Kernel>(context, "+");

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, gradient.SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, gradient.SumTo(context.Shape(1)));
    }

    private readonly struct Kernel : IBinaryKernel<T>
    {
        public static void Apply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Add(a, b, y);

        public static void Apply(ReadOnlySpan<T> a, T b, Span<T> y) => TensorPrimitives.Add(a, b, y);

        public static void Apply(T a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Add(b, a, y);
    }
}

/// <summary>y = a − b, broadcast.</summary>
/// <remarks>ga = gy, gb = −gy, each summed over the axes it was broadcast along. Keeps nothing.</remarks>
internal sealed class SubtractOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SubtractOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, Kernel>(context, "−");

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, gradient.SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, (-gradient).SumTo(context.Shape(1)));
    }

    private readonly struct Kernel : IBinaryKernel<T>
    {
        public static void Apply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Subtract(a, b, y);

        public static void Apply(ReadOnlySpan<T> a, T b, Span<T> y) => TensorPrimitives.Subtract(a, b, y);

        public static void Apply(T a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Subtract(a, b, y);
    }
}

/// <summary>y = a ⊙ b, broadcast.</summary>
/// <remarks>ga = gy ⊙ b, gb = gy ⊙ a, each summed over the axes it was broadcast along. Keeps both inputs.</remarks>
internal sealed class MultiplyOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly MultiplyOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, Kernel>(context, "·");

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, (gradient * context.Input(1)).SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, (gradient * context.Input(0)).SumTo(context.Shape(1)));
    }

    private readonly struct Kernel : IBinaryKernel<T>
    {
        public static void Apply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Multiply(a, b, y);

        public static void Apply(ReadOnlySpan<T> a, T b, Span<T> y) => TensorPrimitives.Multiply(a, b, y);

        public static void Apply(T a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Multiply(b, a, y);
    }
}

/// <summary>y = a / b, broadcast.</summary>
/// <remarks>ga = gy / b, gb = −gy ⊙ y / b, each summed over the axes it was broadcast along. Keeps b and y.</remarks>
internal sealed class DivideOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly DivideOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) => Broadcasting.Binary<T, Kernel>(context, "/");

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> gradient = context.Cotangent();
        if (context.Needs(0)) context.Accumulate(0, (gradient / context.Input(1)).SumTo(context.Shape(0)));
        if (context.Needs(1)) context.Accumulate(1, (-(gradient * context.Output()) / context.Input(1)).SumTo(context.Shape(1)));
    }

    private readonly struct Kernel : IBinaryKernel<T>
    {
        public static void Apply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Divide(a, b, y);

        public static void Apply(ReadOnlySpan<T> a, T b, Span<T> y) => TensorPrimitives.Divide(a, b, y);

        public static void Apply(T a, ReadOnlySpan<T> b, Span<T> y) => TensorPrimitives.Divide(a, b, y);
    }
}

/// <summary>y = scale · x, with a number.</summary>
/// <remarks>gx = scale · gy. Keeps nothing.</remarks>
internal sealed class ScaleOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _scale;

    public static Variable<T> Apply(Variable<T> x, double scale)
    {
        ScaleOperation<T> operation = x.Tape.Rent<ScaleOperation<T>>();
        operation._scale = scale;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Multiply(context.Input(0), T.CreateTruncating(_scale), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, context.Cotangent() * _scale);
}

/// <summary>y = x / divisor, with a number; rounded once, unlike a product with the reciprocal.</summary>
/// <remarks>gx = gy / divisor. Keeps nothing.</remarks>
internal sealed class DivideByNumberOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _divisor;

    public static Variable<T> Apply(Variable<T> x, double divisor)
    {
        DivideByNumberOperation<T> operation = x.Tape.Rent<DivideByNumberOperation<T>>();
        operation._divisor = divisor;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context) =>
        TensorPrimitives.Divide(context.Input(0), T.CreateTruncating(_divisor), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, context.Cotangent() / _divisor);
}

/// <summary>y = sign · x + shift, with a number and a sign of 1 or −1.</summary>
/// <remarks>gx = sign · gy. Keeps nothing.</remarks>
internal sealed class ShiftOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _sign;
    private double _shift;

    public static Variable<T> Apply(Variable<T> x, int sign, double shift)
    {
        ShiftOperation<T> operation = x.Tape.Rent<ShiftOperation<T>>();
        operation._sign = sign;
        operation._shift = shift;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        Span<T> y = context.Output(context.Shape(0));
        T shift = T.CreateTruncating(_shift);
        if (_sign > 0) TensorPrimitives.Add(context.Input(0), shift, y);
        else TensorPrimitives.Subtract(shift, context.Input(0), y);
    }

    protected internal override void Backward(BackwardContext<T> context) =>
        context.Accumulate(0, _sign > 0 ? context.Cotangent() : -context.Cotangent());
}
