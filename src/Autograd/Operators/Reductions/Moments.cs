using System.Buffers;
using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Variances and standard deviations.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The variance of all elements, a scalar: Σ (x − mean)² / (n − 1), or / n.</summary>
    /// <param name="unbiased">Whether to divide by n − 1, Bessel's correction; else by n.</param>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <returns>NaN where it divides by 0: of nothing, and unbiased of one element.</returns>
    public Variable<T> Variance(bool unbiased = true, bool keepAxes = false) => Spread<VarianceOperation<T>>(AxisSet.All(Rank), unbiased, keepAxes);

    /// <summary>The variance along one axis, or several: Σ (x − mean)² / (n − 1), or / n.</summary>
    /// <param name="axes">The axes to reduce; negative ones count from the end.</param>
    /// <param name="unbiased">Whether to divide by n − 1, Bessel's correction; else by n.</param>
    /// <param name="keepAxes">Whether reduced axes stay, with size 1.</param>
    /// <returns>NaN where it divides by 0: of nothing, and unbiased of one element.</returns>
    /// <exception cref="ArgumentException">An axis is out of range or given twice.</exception>
    public Variable<T> Variance(ReadOnlySpan<int> axes, bool unbiased = true, bool keepAxes = false) =>
        Spread<VarianceOperation<T>>(AxisSet.Of(Shape, axes), unbiased, keepAxes);

    /// <summary>The variance along one axis: Σ (x − mean)² / (n − 1), or / n.</summary>
    /// <inheritdoc cref="Variance(ReadOnlySpan{int}, bool, bool)"/>
    /// <param name="axis">The axis to reduce; a negative one counts from the end.</param>
    /// <param name="unbiased">Whether to divide by n − 1, Bessel's correction; else by n.</param>
    /// <param name="keepAxes">Whether the reduced axis stays, with size 1.</param>
    public Variable<T> Variance(int axis, bool unbiased = true, bool keepAxes = false) => Variance([axis], unbiased, keepAxes);

    /// <summary>The standard deviation of all elements, a scalar: the root of the variance. Where it is 0, so is the gradient.</summary>
    /// <inheritdoc cref="Variance(bool, bool)"/>
    public Variable<T> StandardDeviation(bool unbiased = true, bool keepAxes = false) =>
        Spread<StandardDeviationOperation<T>>(AxisSet.All(Rank), unbiased, keepAxes);

    /// <summary>The standard deviation along one axis, or several: the root of the variance. Where it is 0, so is the gradient.</summary>
    /// <inheritdoc cref="Variance(ReadOnlySpan{int}, bool, bool)"/>
    public Variable<T> StandardDeviation(ReadOnlySpan<int> axes, bool unbiased = true, bool keepAxes = false) =>
        Spread<StandardDeviationOperation<T>>(AxisSet.Of(Shape, axes), unbiased, keepAxes);

    /// <summary>The standard deviation along one axis: the root of the variance. Where it is 0, so is the gradient.</summary>
    /// <inheritdoc cref="Variance(int, bool, bool)"/>
    public Variable<T> StandardDeviation(int axis, bool unbiased = true, bool keepAxes = false) => StandardDeviation([axis], unbiased, keepAxes);

    /// <summary>this / divisor, and 0 with gradients of 0 where the divisor is 0; of one shape.</summary>
    internal Variable<T> DivideUnlessZero(Variable<T> divisor)
    {
        Variable<T> one = Tape.Full(divisor.Shape, 1);
        return Gate<UnlessZeroFunction>(divisor) / (divisor + (one - one.Gate<UnlessZeroFunction>(divisor)));
    }

    private Variable<T> Spread<TOperation>(AxisSet axes, bool unbiased, bool keepAxes)
        where TOperation : SpreadOperation<T>, new()
    {
        Shape shape = Shape;
        if (axes.IsRun(shape, out _, out _)) return SpreadOperation<T>.Apply<TOperation>(this, axes, unbiased, keepAxes);

        // The mean must be known before the squares, so axes that lie apart cannot go one after the other.
        Span<int> order = stackalloc int[Shape.MaxRank];
        int count = 0;
        AxisSet last = default;
        for (int axis = 0; axis < shape.Rank; axis++) if (!axes.Contains(axis)) order[count++] = axis;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!axes.Contains(axis)) continue;
            last = last.With(count);
            order[count++] = axis;
        }

        return SpreadOperation<T>.Apply<TOperation>(Permute(order[..shape.Rank]), last, unbiased, keepAxes: false).Reshape(axes.Reduce(shape, keepAxes));
    }
}

/// <summary>y = a measure of how far the elements of some axes lie from their mean.</summary>
internal abstract class SpreadOperation<T>(bool root) : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private AxisSet _axes;
    private bool _unbiased;
    private bool _keepAxes;

    public static Variable<T> Apply<TOperation>(Variable<T> x, AxisSet axes, bool unbiased, bool keepAxes)
        where TOperation : SpreadOperation<T>, new()
    {
        TOperation operation = x.Tape.Rent<TOperation>();
        (operation._axes, operation._unbiased, operation._keepAxes) = (axes, unbiased, keepAxes);
        return x.Tape.Apply(operation, x);
    }

    protected internal sealed override void Forward(ForwardContext<T> context)
    {
        Shape shape = context.Shape(0), result = _axes.Reduce(shape, _keepAxes);
        Span<T> y = context.Output(result);
        T[]? pooled = null;
        Span<T> means = context.Records ? context.Reserve(result.Length) : (pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, result.Length))).AsSpan(0, result.Length);
        _axes.IsRun(shape, out int start, out int end);
        Reductions.Variance(
            context.Input(0), y, means, shape.Product(0, start), shape.Product(start, end), shape.Product(end, shape.Rank), Divisor(shape), root);
        if (pooled is not null) ArrayPool<T>.Shared.Return(pooled);
    }

    protected internal sealed override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0), kept = _axes.Reduce(shape, keepAxes: true);
        double divisor = Divisor(shape);
        if (context.CreatesGraph)
        {
            Variable<T> x = context.Input(0), mean = SumOperation<T>.Apply(x, _axes, keepAxes: true) / _axes.Count(shape);
            context.Accumulate(0, (x - mean) * (Slope(context.Cotangent(), context.Output()).Reshape(kept) * (Scale / divisor)));
            return;
        }

        Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
        int groups = context.OutputShape().Length;
        T[] pooled = ArrayPool<T>.Shared.Rent(Math.Max(1, groups));
        Span<T> slope = pooled.AsSpan(0, groups);
        Slope(context.CotangentSpan(), context.OutputSpan(), slope);
        Broadcasting.Ternary(
            slope, kept, context.InputSpan(0), shape, context.OutputSpan(1), kept, gradient, shape, new DeviationGradientFunction(Scale / divisor));
        ArrayPool<T>.Shared.Return(pooled);
        if (!pending.IsNone) context.Accumulate(0, pending);
    }

    /// <summary>The gradient is (x − mean) · slope · scale / divisor.</summary>
    protected abstract double Scale { get; }

    /// <inheritdoc cref="Scale"/>
    protected abstract Variable<T> Slope(Variable<T> g, Variable<T> y);

    /// <inheritdoc cref="Scale"/>
    protected abstract void Slope(ReadOnlySpan<T> g, ReadOnlySpan<T> y, Span<T> slope);

    private int Divisor(Shape shape) => Math.Max(0, _axes.Count(shape) - (_unbiased ? 1 : 0));
}

/// <summary>y = Σ (x − mean)² / (n − 1) over some axes, or / n if biased.</summary>
/// <remarks>gx = 2 gy ⊙ (x − mean) / (n − 1), gy and the mean repeated along the axes. Keeps x and the mean.</remarks>
internal sealed class VarianceOperation<T>() : SpreadOperation<T>(root: false)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected override double Scale => 2;

    protected override Variable<T> Slope(Variable<T> g, Variable<T> y) => g;

    protected override void Slope(ReadOnlySpan<T> g, ReadOnlySpan<T> y, Span<T> slope) => g.CopyTo(slope);
}

/// <summary>y = √(Σ (x − mean)² / (n − 1)) over some axes, or / n if biased.</summary>
/// <remarks>gx = gy ⊙ (x − mean) / ((n − 1) y), 0 where y is 0; gy, y and the mean repeated along the axes. Keeps x, y and the mean.</remarks>
internal sealed class StandardDeviationOperation<T>() : SpreadOperation<T>(root: true)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected override double Scale => 1;

    protected override Variable<T> Slope(Variable<T> g, Variable<T> y) => g.DivideUnlessZero(y);

    protected override void Slope(ReadOnlySpan<T> g, ReadOnlySpan<T> y, Span<T> slope) =>
        Elementwise.Binary<QuotientUnlessZeroFunction, T>(g, y, slope);
}
