using System.Numerics;
using Autograd.Kernels;

namespace Autograd;

/// <summary>Circular and hyperbolic functions of each element; angles are in radians.</summary>
public readonly partial struct Variable<T>
{
    /// <summary>sin x, element by element, x in radians. ±∞ gives NaN.</summary>
    public Variable<T> Sin() => Tape.Apply(SinOperation<T>.Instance, this);

    /// <summary>cos x, element by element, x in radians. ±∞ gives NaN.</summary>
    public Variable<T> Cos() => Tape.Apply(CosOperation<T>.Instance, this);

    /// <summary>tan x, element by element, x in radians. ±∞ gives NaN.</summary>
    public Variable<T> Tan() => Tape.Apply(TanOperation<T>.Instance, this);

    /// <summary>arcsin x in radians, from −π/2 to π/2, element by element; NaN outside [−1, 1]. The gradient at ±1 is ∞.</summary>
    public Variable<T> Asin() => Tape.Apply(AsinOperation<T>.Instance, this);

    /// <summary>arctan x in radians, from −π/2 to π/2, element by element.</summary>
    public Variable<T> Atan() => Tape.Apply(AtanOperation<T>.Instance, this);

    /// <summary>sinh x, element by element.</summary>
    public Variable<T> Sinh() => Tape.Apply(SinhOperation<T>.Instance, this);

    /// <summary>cosh x, element by element.</summary>
    public Variable<T> Cosh() => Tape.Apply(CoshOperation<T>.Instance, this);
}

public static partial class Variable
{
    /// <summary>The angle of the point (x, y) in radians, from −π to π, element by element, broadcast. The gradient at (0, 0) is NaN.</summary>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Variable<T> Atan2<T>(Variable<T> y, Variable<T> x)
        where T : unmanaged, IFloatingPointIeee754<T> => y.Tape.Apply(Atan2Operation<T>.Instance, y, x);
}

/// <summary>y = sin x.</summary>
/// <remarks>gx = gy ⊙ cos x. Keeps x.</remarks>
internal sealed class SinOperation<T>() : UnaryOperation<T, SinFunction, SinGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SinOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * x.Cos();
}

/// <summary>y = cos x.</summary>
/// <remarks>gx = −gy ⊙ sin x. Keeps x.</remarks>
internal sealed class CosOperation<T>() : UnaryOperation<T, CosFunction, CosGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly CosOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => -(g * x.Sin());
}

/// <summary>y = tan x.</summary>
/// <remarks>gx = gy ⊙ (1 + y²). Keeps y.</remarks>
internal sealed class TanOperation<T>() : UnaryOperation<T, TanFunction, TanGradientFunction>(Keeps.Output)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly TanOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * (y.Square() + 1);
}

/// <summary>y = arcsin x.</summary>
/// <remarks>gx = gy / √(1 − x²). Keeps x.</remarks>
internal sealed class AsinOperation<T>() : UnaryOperation<T, AsinFunction, AsinGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly AsinOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g / ((1 - x) * (1 + x)).Sqrt();
}

/// <summary>y = arctan x.</summary>
/// <remarks>gx = gy / (1 + x²). Keeps x.</remarks>
internal sealed class AtanOperation<T>() : UnaryOperation<T, AtanFunction, AtanGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly AtanOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g / (x.Square() + 1);
}

/// <summary>y = sinh x.</summary>
/// <remarks>gx = gy ⊙ cosh x. Keeps x.</remarks>
internal sealed class SinhOperation<T>() : UnaryOperation<T, SinhFunction, SinhGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly SinhOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * x.Cosh();
}

/// <summary>y = cosh x.</summary>
/// <remarks>gx = gy ⊙ sinh x. Keeps x.</remarks>
internal sealed class CoshOperation<T>() : UnaryOperation<T, CoshFunction, CoshGradientFunction>(Keeps.Input)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly CoshOperation<T> Instance = new();

    protected override Variable<T> Gradient(Variable<T> g, Variable<T> x, Variable<T> y) => g * x.Sinh();
}

/// <summary>y = atan2(a, b), the angle of the point (b, a), broadcast.</summary>
/// <remarks>ga = gy ⊙ b/(a² + b²), gb = −gy ⊙ a/(a² + b²), each summed over the axes it was broadcast along. Keeps both inputs.</remarks>
internal sealed class Atan2Operation<T> : BinaryOperation<T, Atan2Function, Swapped<Atan2GradientFunction>, Atan2AbscissaGradientFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static readonly Atan2Operation<T> Instance = new();

    protected override Variable<T> Left(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g * (b / (a.Square() + b.Square()));

    protected override Variable<T> Right(Variable<T> g, Variable<T> a, Variable<T> b, Variable<T> y) => g * (-a / (a.Square() + b.Square()));
}
