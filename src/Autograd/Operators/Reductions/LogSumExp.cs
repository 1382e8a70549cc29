using System.Numerics;

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
/// <remarks>gx = gy ⊙ exp(x − y), gy and y repeated along the reduced axes: the softmax. Keeps x and y.</remarks>
internal sealed class LogSumExpOperation<T> : ReductionOperation<T, LogSumExpKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes) => Apply<LogSumExpOperation<T>>(x, axes, keepAxes);

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0);
        Variable<T> softmax = (context.Input(0) - WithAxes(context.Output(), shape)).Exp();
        context.Accumulate(0, WithAxes(context.Cotangent(), shape) * softmax);
    }
}

internal readonly struct LogSumExpKernel<T> : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) =>
        Kernels.Reductions.LogSumExp(x, y, outer, reduce, inner);
}
