using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Functions of each element made of straight pieces. At a kink each names its gradient.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>|x|, element by element. The gradient at 0 is 0.</summary>
    public Variable<T> Abs() => Tape.Apply(AbsOperation<T>.Instance, this);

    /// <summary>−1, 0 or 1, element by element; 0 for NaN. The gradient is 0 everywhere.</summary>
    public Variable<T> Sign() => Tape.Apply(SignOperation<T>.Instance, this);

    /// <summary>max(x, 0), element by element; NaN stays NaN. The gradient at 0 is 0.</summary>
    public Variable<T> Relu() => Tape.Apply(ReluOperation<T>.Instance, this);

    /// <summary>x where x &gt; 0, else negativeSlope · x, element by element. The gradient at 0 is <paramref name="negativeSlope"/>.</summary>
    public Variable<T> LeakyRelu(double negativeSlope = 0.01) => LeakyReluOperation<T>.Apply(this, negativeSlope);

    /// <summary>x limited to [min, max], element by element; NaN stays NaN. The gradient at the limits is 0.</summary>
    /// <exception cref="ArgumentException">min is above max, or a limit is NaN.</exception>
    public Variable<T> HardTanh(double min = -1, double max = 1) => HardTanhOperation<T>.Apply(this, min, max);

    /// <summary>min(max(x + 3, 0), 6) / 6, element by element; NaN stays NaN. The gradient at ±3 is 0.</summary>
    public Variable<T> HardSigmoid() => Tape.Apply(HardSigmoidOperation<T>.Instance, this);

    /// <summary>
    /// x limited to [min, max], element by element; null means no limit on that side, and NaN stays NaN. The gradient at a
    /// limit passes through. Where min is above max, the result is max.
    /// </summary>
    /// <exception cref="ArgumentException">There is no limit, or a limit is NaN.</exception>
    public Variable<T> Clamp(double? min = null, double? max = null) => ClampOperation<T>.Apply(this, min, max);
}

/// <summary>y = |x|.</summary>
/// <remarks>gx = gy ⊙ sign x. Keeps x.</remarks>
internal sealed class AbsOperation<T>() : PiecewiseOperation<T, AbsFunction, AbsGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly AbsOperation<T> Instance = new();
}

/// <summary>y = sign x.</summary>
/// <remarks>gx = 0, and so nothing is added. Keeps nothing.</remarks>
internal sealed class SignOperation<T> : Operation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SignOperation<T> Instance = new();

    protected internal override void Forward(ForwardContext<T> context) =>
        Elementwise.Unary<SignFunction, T>(context.Input(0), context.Output(context.Shape(0)));

    protected internal override void Backward(BackwardContext<T> context)
    {
        // Flat everywhere.
    }
}

/// <summary>y = max(x, 0).</summary>
/// <remarks>gx = gy where x > 0, else 0. Keeps x.</remarks>
internal sealed class ReluOperation<T>() : PiecewiseOperation<T, ReluFunction, ReluGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly ReluOperation<T> Instance = new();
}

/// <summary>y = x where x > 0, else slope · x.</summary>
/// <remarks>gx = gy where x > 0, else slope · gy. Keeps x.</remarks>
internal sealed class LeakyReluOperation<T>() : PiecewiseOperation<T, LeakyReluFunction, LeakyReluGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double slope)
    {
        LeakyReluOperation<T> operation = x.Tape.Rent<LeakyReluOperation<T>>();
        operation.Value = new(slope);
        operation.Fused = new(slope);
        return x.Tape.Apply(operation, x);
    }
}

/// <summary>y = x limited to [min, max].</summary>
/// <remarks>gx = gy strictly between the limits, else 0. Keeps x.</remarks>
internal sealed class HardTanhOperation<T>() : PiecewiseOperation<T, ClampFunction, HardTanhGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double min, double max)
    {
        if (!(min <= max)) Errors.Argument($"HardTanh: min is {min} and max is {max}; min must not be above max, and neither may be NaN.");
        HardTanhOperation<T> operation = x.Tape.Rent<HardTanhOperation<T>>();
        operation.Value = new(min, max);
        operation.Fused = new(min, max);
        return x.Tape.Apply(operation, x);
    }
}

/// <summary>y = min(max(x + 3, 0), 6) / 6.</summary>
/// <remarks>gx = gy/6 strictly between −3 and 3, else 0; the sixth is that of float in double too, as in PyTorch. Keeps x.</remarks>
internal sealed class HardSigmoidOperation<T>() : PiecewiseOperation<T, HardSigmoidFunction, HardSigmoidGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly HardSigmoidOperation<T> Instance = new();
}

/// <summary>y = x limited to [min, max].</summary>
/// <remarks>gx = gy where min ≤ x ≤ max, else 0. Keeps x.</remarks>
internal sealed class ClampOperation<T>() : PiecewiseOperation<T, ClampFunction, ClampGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static Variable<T> Apply(Variable<T> x, double? min, double? max)
    {
        if (min is null && max is null) Errors.Argument("Clamp: neither min nor max is given; give at least one limit.");
        double low = min ?? double.NegativeInfinity, high = max ?? double.PositiveInfinity;
        if (double.IsNaN(low) || double.IsNaN(high)) Errors.Argument($"Clamp: the limits are [{low}, {high}]; they must be numbers. Pass null for no limit.");
        ClampOperation<T> operation = x.Tape.Rent<ClampOperation<T>>();
        operation.Value = new(low, high);
        operation.Fused = new(low, high);
        return x.Tape.Apply(operation, x);
    }
}
