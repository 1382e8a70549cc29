using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Norms of vectors.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>The p-norm of all elements, a scalar: (Σ |x|ᵖ)^(1/p). The default is the Euclidean length.</summary>
    /// <param name="p">1 or more; infinity gives the largest |x|, whose gradient all that tie share.</param>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <returns>The norm, 0 of nothing. The gradient of the norm of a zero vector is 0.</returns>
    /// <exception cref="ArgumentException">p is below 1 or NaN, or infinite with no elements.</exception>
    public Variable<T> Norm(double p = 2, bool keepAxes = false) => Norm(AxisSet.All(Rank), p, keepAxes);

    /// <summary>The p-norm along one axis, or several: (Σ |x|ᵖ)^(1/p). An axis is given in brackets, <c>x.Norm([1])</c>: a bare number is p.</summary>
    /// <param name="axes">The axes to reduce; negative ones count from the end.</param>
    /// <param name="p">1 or more; infinity gives the largest |x|, whose gradient all that tie share.</param>
    /// <param name="keepAxes">Whether reduced axes stay, with size 1.</param>
    /// <returns>The norm, 0 of nothing. The gradient of the norm of a zero vector is 0.</returns>
    /// <exception cref="ArgumentException">p is below 1 or NaN, or infinite with no elements; an axis is out of range or given twice.</exception>
    public Variable<T> Norm(ReadOnlySpan<int> axes, double p = 2, bool keepAxes = false) => Norm(AxisSet.Of(Shape, axes), p, keepAxes);

    private Variable<T> Norm(AxisSet axes, double p, bool keepAxes)
    {
        if (!(p >= 1)) Errors.OutOfRange(nameof(p), p, $"Norm: p is {p}; it must be 1 or more, or infinity for the largest |x|.");
        if (double.IsPositiveInfinity(p) && Length == 0 && axes.Reduce(Shape, keepAxes).Length > 0)
        {
            Errors.Argument($"Norm with p = ∞: shape {Shape} has no elements along the reduced axes, so there is no largest. Check for an empty batch first.");
        }

        if (double.IsPositiveInfinity(p)) return MaxOperation<T>.Apply(Abs(), axes, keepAxes);
        return NormOperation<T>.Apply(this, axes, keepAxes, p);
    }
}

/// <summary>y = (Σ |x|ᵖ)^(1/p) over some axes.</summary>
/// <remarks>gx = gy ⊙ sign x ⊙ (|x| / y)^(p − 1), and 0 where y is 0; gy and y repeated along the axes. Keeps x and y.</remarks>
internal sealed class NormOperation<T> : ReductionOperation<T, NormKernel<T>>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, AxisSet axes, bool keepAxes, double p) => Apply<NormOperation<T>>(x, axes, keepAxes, new(p));

    protected internal override void Backward(BackwardContext<T> context)
    {
        Shape shape = context.Shape(0), kept = Axes.Reduce(shape, keepAxes: true);
        double p = Kernel.P;
        if (!context.CreatesGraph)
        {
            Span<T> gradient = context.Contribution(0, shape, out Variable<T> pending);
            Broadcasting.Ternary(
                context.CotangentSpan(), kept, context.InputSpan(0), shape, context.OutputSpan(), kept, gradient, shape, new NormGradientFunction(p));
            if (!pending.IsNone) context.Accumulate(0, pending);
            return;
        }

        Variable<T> g = context.Cotangent(), x = context.Input(0), y = context.Output();
        Variable<T> sign = x.Detach().Sign();
        if (p == 1)
        {
            context.Accumulate(0, WithAxes(g, shape) * sign);
            return;
        }

        Variable<T> inverse = WithAxes(g.Tape.Full(y.Shape, 1).DivideUnlessZero(y), shape);
        Variable<T> slope = p == 2 ? x * inverse : sign * (x.Abs() * inverse).Pow(p - 1);
        context.Accumulate(0, WithAxes(g, shape) * slope);
    }
}

internal readonly struct NormKernel<T>(double p) : IReductionKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public double P => p;

    public void Apply(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner) => Reductions.Norm(x, y, outer, reduce, inner, p);
}
