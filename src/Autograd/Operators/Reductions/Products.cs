using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Products, and running sums and products.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The product of all elements, a scalar; 1 for no elements. The gradient is right where elements are 0.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    public Variable<T> Product(bool keepAxes = false)
    {
        Variable<T> product = Reshape(new Shape(Length)).Product(0);
        return keepAxes ? product.Reshape(AxisSet.All(Rank).Reduce(Shape, keepAxes)) : product;
    }

    /// <summary>The product along one axis; 1 over no elements. The gradient is right where elements are 0.</summary>
    /// <param name="axis">The axis to reduce; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the reduced axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis is out of range.</exception>
    public Variable<T> Product(int axis, bool keepAxes = false) => ProductOperation<T>.Apply(this, Shape.Axis(axis), keepAxes);

    /// <summary>The running sum along an axis: each element with all before it.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <exception cref="ArgumentException">The axis is out of range.</exception>
    public Variable<T> CumulativeSum(int axis) => CumulativeSumOperation<T>.Apply(this, Shape.Axis(axis), reverse: false);

    /// <summary>The running product along an axis: each element with all before it. The gradient is right where elements are 0.</summary>
    /// <param name="axis">The axis; a negative one counts from the end.</param>
    /// <exception cref="ArgumentException">The axis is out of range.</exception>
    public Variable<T> CumulativeProduct(int axis) => CumulativeProductOperation<T>.Apply(this, Shape.Axis(axis));

    /// <summary>The values moved one index back along an axis, behind a first one.</summary>
    internal Variable<T> Delayed(int axis, double first)
    {
        Shape shape = Shape;
        Span<AxisMap> maps = stackalloc AxisMap[Shape.MaxRank];
        for (int i = 0; i < shape.Rank; i++) maps[i] = new(PaddingMode.Constant, i == axis ? 1 : 0, shape[i], shape[i]);
        return MapAxesOperation<T>.Apply("Delay", this, maps[..shape.Rank], first);
    }
}

/// <summary>y = Π x along one axis.</summary>
/// <remarks>gx = gy ⊙ the product of all others, without a division. Keeps x.</remarks>
internal sealed class ProductOperation<T> : ReductionOperation<T, ProductKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, int axis, bool keepAxes) => Apply<ProductOperation<T>>(x, default(AxisSet).With(axis), keepAxes);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        int axis = BitOperations.TrailingZeroCount(Axes.Bits);
        if (!context.CreatesGraph)
        {
            Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
            Reductions.ProductGradient(
                context.CotangentSpan(), context.InputSpan(0), gradient, shape.Product(0, axis), shape[axis], shape.Product(axis + 1, shape.Rank));
            if (!pending.IsNone) context.Accumulate(0, pending);
            return;
        }

        Variable<T> x = context.Input(0);
        Variable<T> before = x.CumulativeProduct(axis).Delayed(axis, 1);
        Variable<T> behind = x.Flip(axis).CumulativeProduct(axis).Delayed(axis, 1).Flip(axis);
        context.Accumulate(0, WithAxes(context.Cotangent(), shape) * before * behind);
    }
}

internal readonly struct ProductKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) => Reductions.Product(x, y, outer, reduce, inner);
}

/// <summary>What runs along one axis of its inputs, of one shape, and keeps every step.</summary>
internal abstract class ScanOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected int Axis { get; set; }

    /// <summary>Whether it runs from the end.</summary>
    protected bool Reverse { get; set; }

    /// <summary>The sizes before, along and behind the axis.</summary>
    protected (int Outer, int Along, int Inner) Split(Shape shape) => (shape.Product(0, Axis), shape[Axis], shape.Product(Axis + 1, shape.Rank));
}

/// <summary>y[k] = Σ x[j] over j ≤ k along one axis; over j ≥ k from the end.</summary>
/// <remarks>gx is the same sum of gy from the other end. Keeps nothing.</remarks>
internal sealed class CumulativeSumOperation<T> : ScanOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, int axis, bool reverse)
    {
        CumulativeSumOperation<T> operation = x.Tape.Rent<CumulativeSumOperation<T>>();
        (operation.Axis, operation.Reverse) = (axis, reverse);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int outer, int along, int inner) = Split(context.Shape(0));
        Reductions.CumulativeSum(context.Input(0), context.Output(context.Shape(0)), outer, along, inner, Reverse);
    }

    protected internal override void Backward(BackwardContext<T> context) => context.Accumulate(0, Apply(context.Cotangent(), Axis, !Reverse));
}

/// <summary>y[k] = Π x[j] over j ≤ k along one axis.</summary>
/// <remarks>gx[k] = y[k − 1] s[k], where s[k] = gy[k] + x[k + 1] s[k + 1] and y[−1] = 1. Keeps x and y.</remarks>
internal sealed class CumulativeProductOperation<T> : ScanOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, int axis)
    {
        CumulativeProductOperation<T> operation = x.Tape.Rent<CumulativeProductOperation<T>>();
        operation.Axis = axis;
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int outer, int along, int inner) = Split(context.Shape(0));
        Reductions.CumulativeProduct(context.Input(0), context.Output(context.Shape(0)), outer, along, inner);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        if (context.CreatesGraph)
        {
            Variable<T> sums = RecurrenceOperation<T>.Apply(context.Input(0), context.Cotangent(), Axis, reverse: true);
            context.Accumulate(0, context.Output().Delayed(Axis, 1) * sums);
            return;
        }

        (int outer, int along, int inner) = Split(shape);
        Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
        Reductions.CumulativeProductGradient(context.CotangentSpan(), context.InputSpan(0), context.OutputSpan(), gradient, outer, along, inner);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }
}

/// <summary>y[k] = b[k] + a[k] y[k − 1] along one axis; from the end, y[k] = b[k] + a[k + 1] y[k + 1].</summary>
/// <remarks>gb is the same of gy, run the other way with the same a. ga[k] = gb[k] y[k − 1]; from the end, gb[k − 1] y[k]. Keeps a and y.</remarks>
internal sealed class RecurrenceOperation<T> : ScanOperation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> a, Variable<T> b, int axis, bool reverse)
    {
        RecurrenceOperation<T> operation = a.Tape.Rent<RecurrenceOperation<T>>();
        (operation.Axis, operation.Reverse) = (axis, reverse);
        return a.Tape.Apply(operation, a, b);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int outer, int along, int inner) = Split(context.Shape(1));
        Reductions.Recurrence(context.Input(0), context.Input(1), context.Output(context.Shape(1)), outer, along, inner, Reverse);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        Variable<T> y = context.Output(), gradient = Apply(context.Input(0), context.Cotangent(), Axis, !Reverse);
        context.Accumulate(1, gradient);
        if (context.Needs(0)) context.Accumulate(0, Reverse ? gradient.Delayed(Axis, 0) * y : gradient * y.Delayed(Axis, 0));
    }
}
