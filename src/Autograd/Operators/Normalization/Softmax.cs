using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Softmax and its logarithm.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>exp x / Σ exp x along an axis, without overflow. −∞ gives 0; a row of −∞ alone gives NaN.</summary>
    /// <param name="axis">The axis of the classes; a negative one counts from the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public Variable<T> Softmax(int axis = -1) => SoftmaxOperation<T>.Apply(this, axis);

    /// <summary>x − ln Σ exp x along an axis, without overflow. −∞ stays −∞; a row of −∞ alone gives NaN.</summary>
    /// <param name="axis">The axis of the classes; a negative one counts from the end.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such axis.</exception>
    public Variable<T> LogSoftmax(int axis = -1) => LogSoftmaxOperation<T>.Apply(this, axis);
}

/// <summary>The three sizes around an axis of a row-major shape.</summary>
internal readonly record struct AxisLayout(int Outer, int Size, int Inner)
{
    public static AxisLayout Of(Shape shape, int axis) => new(shape.Product(0, axis), shape[axis], shape.Product(axis + 1, shape.Rank));
}

/// <summary>y = exp x / Σ exp x along an axis.</summary>
/// <remarks>gx = y ⊙ (gy − Σ gy ⊙ y). Keeps y.</remarks>
internal sealed class SoftmaxOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _axis;

    public static Variable<T> Apply(Variable<T> x, int axis)
    {
        SoftmaxOperation<T> operation = x.Tape.Rent<SoftmaxOperation<T>>();
        operation._axis = x.Shape.Axis(axis);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int outer, int size, int inner) = AxisLayout.Of(context.Shape(0), _axis);
        Reductions.Softmax(context.Input(0), context.Output(context.Shape(0)), outer, size, inner);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph)
        {
            Variable<T> g = context.Cotangent(), y = context.Output();
            context.Accumulate(0, y * (g - (g * y).Sum(_axis, keepAxes: true)));
            return;
        }

        (int outer, int size, int inner) = AxisLayout.Of(context.Shape(0), _axis);
        Span<T> gradient = context.Contribution(0, context.Shape(0), out Variable<T> pending);
        Reductions.SoftmaxGradient(context.CotangentSpan(), context.OutputSpan(), gradient, outer, size, inner);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }
}

/// <summary>y = x − ln Σ exp x along an axis.</summary>
/// <remarks>gx = gy − exp(y) ⊙ Σ gy. Keeps y.</remarks>
internal sealed class LogSoftmaxOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private int _axis;

    public static Variable<T> Apply(Variable<T> x, int axis)
    {
        LogSoftmaxOperation<T> operation = x.Tape.Rent<LogSoftmaxOperation<T>>();
        operation._axis = x.Shape.Axis(axis);
        return x.Tape.Apply(operation, x);
    }

    protected internal override void Forward(ForwardContext<T> context)
    {
        (int outer, int size, int inner) = AxisLayout.Of(context.Shape(0), _axis);
        Reductions.LogSoftmax(context.Input(0), context.Output(context.Shape(0)), outer, size, inner);
    }

    protected internal override void Backward(BackwardContext<T> context)
    {
        if (context.CreatesGraph)
        {
            Variable<T> g = context.Cotangent();
            context.Accumulate(0, g - (context.Output().Exp() * g.Sum(_axis, keepAxes: true)));
            return;
        }

        (int outer, int size, int inner) = AxisLayout.Of(context.Shape(0), _axis);
        Span<T> gradient = context.Contribution(0, context.Shape(0), out Variable<T> pending);
        Reductions.LogSoftmaxGradient(context.CotangentSpan(), context.OutputSpan(), gradient, outer, size, inner);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }
}
