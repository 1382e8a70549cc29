using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

public readonly partial struct Variable<T>
{
    /// <summary>ln Σ exp x of all elements, a scalar, without overflow; −∞ of nothing or of −∞ alone, whose gradient is NaN.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    public Variable<T> LogSumExp(bool keepAxes = false) => LogSumExpOperation<T>.Apply(this, AxisSet.All(Rank), keepAxes);

    /// <summary>ln Σ exp x along one axis, or several, without overflow; −∞ of nothing or of −∞ alone, whose gradient is NaN.</summary>
    /// <param name="axes">The axes to reduce; negative ones count from the end.</param>
    /// <param name="keepAxes">Whether reduced axes stay, with size 1.</param>
    /// <exception cref="ArgumentException">An axis is out of range or given twice.</exception>
    public Variable<T> LogSumExp(ReadOnlySpan<int> axes, bool keepAxes = false) =>
        LogSumExpOperation<T>.Apply(this, AxisSet.Of(Shape, axes), keepAxes);

    /// <summary>ln Σ exp x along one axis, without overflow; −∞ of nothing or of −∞ alone, whose gradient is NaN.</summary>
    /// <param name="axis">The axis to reduce; a negative one counts from the end.</param>
    /// <param name="keepAxes">Whether the reduced axis stays, with size 1.</param>
    /// <exception cref="ArgumentException">The axis is out of range.</exception>
    public Variable<T> LogSumExp(int axis, bool keepAxes = false) => LogSumExp([axis], keepAxes);
}

/// <summary>y = ln Σ exp x over some axes.</summary>
/// <remarks>gx = gy ⊙ softmax(x) = gy ⊙ exp(x − m) / Σ exp(x − m), m the largest x of a group; gy repeated along the axes. Keeps x.</remarks>
internal sealed class LogSumExpOperation<T> : ReductionOperation<T, LogSumExpKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes) => Apply<LogSumExpOperation<T>>(x, axes, keepAxes);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0), reduced = Axes.Reduce(shape, keepAxes: true);
        if (!context.CreatesGraph && Axes.IsRun(shape, out int start, out int end))
        {
            Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
            Reductions.LogSumExpSlope(context.InputSpan(0), gradient, shape.Product(0, start), shape.Product(start, end), shape.Product(end, shape.Rank));
            Broadcasting.Binary<T, MultiplyFunction>(gradient, shape, context.CotangentSpan(), reduced, gradient, shape);
            if (!pending.IsNone) context.Accumulate(0, pending);
            return;
        }

        Variable<T> g = WithAxes(context.Cotangent(), shape);
        context.Accumulate(0, shape.Length == 0 ? g.Expand(shape) : g * Softmax(context.Input(0)));
    }

    /// <summary>
    /// The softmax over the axes. It is exp(z − ln Σ exp z) of z = x − m: the logarithm of Σ exp x itself has lost, where x is large, the
    /// digits that count here.
    /// </summary>
    private Variable<T> Softmax(Variable<T> x)
    {
        Variable<T> largest = MaxOperation<T>.Apply(x.Detach(), Axes, keepAxes: true);
        Variable<T> shift = x.Tape.Allocate(largest.Shape, out Span<T> shifts);
        for (int i = 0; i < shifts.Length; i++) shifts[i] = T.IsInfinity(largest.Span[i]) ? T.Zero : largest.Span[i];
        Variable<T> z = x - shift;
        return (z - Apply(z, Axes, keepAxes: true)).Exp();
    }
}

internal readonly struct LogSumExpKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) =>
        Reductions.LogSumExp(x, y, outer, reduce, inner);
}
