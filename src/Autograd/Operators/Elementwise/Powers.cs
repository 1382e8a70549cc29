using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Powers and roots of each element.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>x², element by element.</summary>
    public Variable<T> Square() => Tape.Apply(SquareOperation<T>.Instance, this);

    /// <summary>√x, element by element; NaN below 0. The gradient at 0 is +∞.</summary>
    public Variable<T> Sqrt() => Tape.Apply(SqrtOperation<T>.Instance, this);

    /// <summary>1/√x, element by element; +∞ at 0, NaN below.</summary>
    public Variable<T> Rsqrt() => Tape.Apply(RsqrtOperation<T>.Instance, this);

    /// <summary>1/x, element by element. 0 gives ±∞.</summary>
    public Variable<T> Reciprocal() => Tape.Apply(ReciprocalOperation<T>.Instance, this);

    /// <summary>
    /// x to the power of a number, element by element; a negative x only with a whole exponent, else NaN. x⁰ is 1, also for
    /// 0 and NaN, and its gradient is 0.
    /// </summary>
    public Variable<T> Pow(double exponent) => PowScalarOperation<T>.Apply(this, exponent);

    /// <summary>
    /// x to the power of <paramref name="exponent"/>, element by element, broadcast; a negative x only with a whole exponent,
    /// else NaN. At x = 0 the gradient of x⁰ to x is 0, and that to an exponent of 0 or more is 0.
    /// </summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Variable<T> Pow(Variable<T> exponent) => Tape.Apply(PowOperation<T>.Instance, this, exponent);
}

/// <summary>y = x².</summary>
/// <remarks>gx = 2 gy ⊙ x. Keeps x.</remarks>
internal sealed class SquareOperation<T>() : UnaryOperation<T, SquareFunction, SquareGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SquareOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * (x * 2);
}

/// <summary>y = √x.</summary>
/// <remarks>gx = gy / 2y. Keeps y.</remarks>
internal sealed class SqrtOperation<T>() : UnaryOperation<T, SqrtFunction, SqrtGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SqrtOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g / (y * 2);
}

/// <summary>y = 1/√x.</summary>
/// <remarks>gx = −gy ⊙ y³/2. Keeps y.</remarks>
internal sealed class RsqrtOperation<T>() : UnaryOperation<T, RsqrtFunction, RsqrtGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly RsqrtOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * -0.5 * y.Pow(3);
}

/// <summary>y = 1/x.</summary>
/// <remarks>gx = −gy ⊙ y². Keeps y.</remarks>
internal sealed class ReciprocalOperation<T>() : UnaryOperation<T, ReciprocalFunction, ReciprocalGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly ReciprocalOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => -(g * y * y);
}

/// <summary>y = x^exponent, with a number.</summary>
/// <remarks>gx = gy ⊙ exponent x^(exponent − 1), and 0 for exponent 0. Keeps x.</remarks>
internal sealed class PowScalarOperation<T>() : UnaryOperation<T, PowScalarFunction, PowScalarGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private double _exponent;

    public override string Name => "Pow";

    public static Variable<T> Apply(Variable<T> x, double exponent)
    {
        PowScalarOperation<T> operation = x.Tape.Rent<PowScalarOperation<T>>();
        operation._exponent = exponent;
        operation.Value = new(exponent);
        operation.Fused = new(exponent);
        return x.Tape.Apply(operation, x);
    }

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) =>
        _exponent == 0 ? x.Tape.Zeros(x.Shape) : g * (x.Pow(_exponent - 1) * _exponent);
}

/// <summary>y = a^b, broadcast.</summary>
/// <remarks>
/// ga = gy ⊙ b a^(b − 1), and 0 where b = 0; gb = gy ⊙ y ln a, and 0 where a = 0 and b ≥ 0; each summed over the axes it was
/// broadcast along. Keeps both inputs and y.
/// </remarks>
internal sealed class PowOperation<T> : BinaryOperation<T, PowFunction, PowBaseGradientFunction, PowExponentGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly PowOperation<T> Instance = new();

    protected override Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) =>
        (g * (b * a.Pow(b - 1))).Gate<NonzeroExponentFunction>(a, b);

    protected override Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) =>
        (g * (a.Pow(b) * a.Log())).Gate<NonzeroBaseFunction>(a, b);
}
