using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Exponentials, logarithms and the error function of each element.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>eˣ, element by element. −∞ gives 0.</summary>
    public Variable<T> Exp() => Tape.Apply(ExpOperation<T>.Instance, this);

    /// <summary>eˣ − 1, element by element, accurate near 0.</summary>
    public Variable<T> Expm1() => Tape.Apply(Expm1Operation<T>.Instance, this);

    /// <summary>The natural logarithm, element by element. 0 gives −∞ with gradient ∞; below 0 it is NaN.</summary>
    public Variable<T> Log() => Tape.Apply(LogOperation<T>.Instance, this);

    /// <summary>ln(1 + x), element by element, accurate near 0. −1 gives −∞; below it is NaN.</summary>
    public Variable<T> Log1p() => Tape.Apply(Log1pOperation<T>.Instance, this);

    /// <summary>The error function 2/√π ∫₀ˣ exp(−t²) dt, element by element. ±∞ gives ±1.</summary>
    public Variable<T> Erf() => Tape.Apply(ErfOperation<T>.Instance, this);
}

/// <summary>y = eˣ.</summary>
/// <remarks>gx = gy ⊙ y. Keeps y.</remarks>
internal sealed class ExpOperation<T>() : UnaryOperation<T, ExpFunction, ExpGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly ExpOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * y;
}

/// <summary>y = eˣ − 1.</summary>
/// <remarks>gx = gy ⊙ eˣ. Keeps x: y + 1 would have lost eˣ for negative x.</remarks>
internal sealed class Expm1Operation<T>() : UnaryOperation<T, Expm1Function, Expm1GradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly Expm1Operation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * x.Exp();
}

/// <summary>y = ln x.</summary>
/// <remarks>gx = gy / x. Keeps x.</remarks>
internal sealed class LogOperation<T>() : UnaryOperation<T, LogFunction, LogGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly LogOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g / x;
}

/// <summary>y = ln(1 + x).</summary>
/// <remarks>gx = gy / (1 + x). Keeps x.</remarks>
internal sealed class Log1pOperation<T>() : UnaryOperation<T, Log1pFunction, Log1pGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly Log1pOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g / (x + 1);
}

/// <summary>y = erf x.</summary>
/// <remarks>gx = gy ⊙ 2/√π exp(−x²). Keeps x.</remarks>
internal sealed class ErfOperation<T>() : UnaryOperation<T, ErfFunction, ErfGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly ErfOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * 1.1283791670955126 * (-x.Square()).Exp();
}
