using MathNet.Numerics;

namespace Autograd.Tests;

/// <summary>
/// A number for references that carries its derivatives along: a + b ε₁ + c ε₂ + d ε₁ε₂ with ε₁² = ε₂² = 0 (Fike and Alonso,
/// "The Development of Hyper-Dual Numbers for Exact Second-Derivative Calculations", 2011). b and c are the derivatives along two
/// directions and d the second derivative along both, exact but for rounding. Comparisons look at the value alone.
/// </summary>
public readonly struct Real(double value, double first = 0, double second = 0, double mixed = 0) : IComparable<Real>, IEquatable<Real>, Layers.IReferenceNumber<Real>
{
    public double Value { get; } = value;

    /// <summary>The derivative along the first direction.</summary>
    public double First { get; } = first;

    /// <summary>The derivative along the second direction.</summary>
    public double Second { get; } = second;

    /// <summary>The second derivative, along both.</summary>
    public double Mixed { get; } = mixed;

    private bool IsConstant => First == 0 && Second == 0 && Mixed == 0;

    public static implicit operator Real(double value) => new(value);

    public static explicit operator double(Real x) => x.Value;

    public static explicit operator int(Real x) => (int)x.Value;

    public static Real operator +(Real a, Real b) => new(a.Value + b.Value, a.First + b.First, a.Second + b.Second, a.Mixed + b.Mixed);

    public static Real operator -(Real a, Real b) => new(a.Value - b.Value, a.First - b.First, a.Second - b.Second, a.Mixed - b.Mixed);

    public static Real operator -(Real a) => new(-a.Value, -a.First, -a.Second, -a.Mixed);

    public static Real operator *(Real a, Real b) => new(
        a.Value * b.Value,
        (a.Value * b.First) + (a.First * b.Value),
        (a.Value * b.Second) + (a.Second * b.Value),
        (a.Value * b.Mixed) + (a.First * b.Second) + (a.Second * b.First) + (a.Mixed * b.Value));

    public static Real operator /(Real a, Real b)
    {
        double r = 1 / b.Value;
        Real quotient = a * b.Chain(r, -r * r, 2 * r * r * r);
        return new(a.Value / b.Value, quotient.First, quotient.Second, quotient.Mixed);
    }

    public static bool operator <(Real a, Real b) => a.Value < b.Value;

    public static bool operator >(Real a, Real b) => a.Value > b.Value;

    public static bool operator <=(Real a, Real b) => a.Value <= b.Value;

    public static bool operator >=(Real a, Real b) => a.Value >= b.Value;

    public static bool operator ==(Real a, Real b) => a.Value == b.Value;

    public static bool operator !=(Real a, Real b) => a.Value != b.Value;

    public static Real Exp(Real x)
    {
        double e = Math.Exp(x.Value);
        return x.Chain(e, e, e);
    }

    public static Real Log(Real x) => x.Chain(Math.Log(x.Value), 1 / x.Value, -1 / (x.Value * x.Value));

    public static Real Sqrt(Real x)
    {
        double root = Math.Sqrt(x.Value);
        return x.Chain(root, 0.5 / root, -0.25 / (root * x.Value));
    }

    public static Real Sin(Real x) => x.Chain(Math.Sin(x.Value), Math.Cos(x.Value), -Math.Sin(x.Value));

    public static Real Cos(Real x) => x.Chain(Math.Cos(x.Value), -Math.Sin(x.Value), -Math.Cos(x.Value));

    public static Real Tan(Real x)
    {
        double tangent = Math.Tan(x.Value), slope = 1 + (tangent * tangent);
        return x.Chain(tangent, slope, 2 * tangent * slope);
    }

    public static Real Asin(Real x)
    {
        double cosine = Math.Sqrt(1 - (x.Value * x.Value));
        return x.Chain(Math.Asin(x.Value), 1 / cosine, x.Value / (cosine * cosine * cosine));
    }

    public static Real Atan(Real x)
    {
        double slope = 1 / (1 + (x.Value * x.Value));
        return x.Chain(Math.Atan(x.Value), slope, -2 * x.Value * slope * slope);
    }

    /// <summary>The angle of the point (x, y).</summary>
    public static Real Atan2(Real y, Real x)
    {
        // It differs from either quotient's angle by a constant; the one that does not divide by a small number is taken.
        Real angle = Math.Abs(x.Value) > Math.Abs(y.Value) ? Atan(y / x) : -Atan(x / y);
        return new(Math.Atan2(y.Value, x.Value), angle.First, angle.Second, angle.Mixed);
    }

    public static Real Sinh(Real x) => x.Chain(Math.Sinh(x.Value), Math.Cosh(x.Value), Math.Sinh(x.Value));

    public static Real Cosh(Real x) => x.Chain(Math.Cosh(x.Value), Math.Sinh(x.Value), Math.Cosh(x.Value));

    public static Real Tanh(Real x)
    {
        double tangent = Math.Tanh(x.Value), slope = 1 - (tangent * tangent);
        return x.Chain(tangent, slope, -2 * tangent * slope);
    }

    public static Real Sigmoid(Real x) => 1 / (1 + Exp(-x));

    public static Real Erf(Real x)
    {
        double slope = 2 / Math.Sqrt(Math.PI) * Math.Exp(-x.Value * x.Value);
        return x.Chain(SpecialFunctions.Erf(x.Value), slope, -2 * x.Value * slope);
    }

    /// <summary>xʸ; a negative x only with an exponent that is constant.</summary>
    public static Real Pow(Real x, Real y)
    {
        double power = Math.Pow(x.Value, y.Value), n = y.Value;
        if (y.IsConstant) return x.Chain(power, n == 0 ? 0 : n * Math.Pow(x.Value, n - 1), n is 0 or 1 ? 0 : n * (n - 1) * Math.Pow(x.Value, n - 2));
        Real exponential = Exp(y * Log(x));
        return new(power, exponential.First, exponential.Second, exponential.Mixed);
    }

    public static Real Abs(Real x) => x.Value < 0 ? -x : x;

    public static Real Max(Real a, Real b) => a.Value >= b.Value ? a : b;

    public static Real Min(Real a, Real b) => a.Value <= b.Value ? a : b;

    public int CompareTo(Real other) => Value.CompareTo(other.Value);

    public bool Equals(Real other) => Value.Equals(other.Value);

    public override bool Equals(object? obj) => obj is Real other && Equals(other);

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>f of this number, from the value and the first two derivatives of f.</summary>
    private Real Chain(double f, double slope, double curvature)
    {
        return new(f, Term(slope, First), Term(slope, Second), Term(slope, Mixed) + Term(curvature, First * Second));

        // What does not move gives no derivative, even where the slope is infinite.
        static double Term(double slope, double along) => along == 0 ? 0 : slope * along;
    }
}

/// <summary>Sums of <see cref="Real"/>, which LINQ does not know.</summary>
public static class RealSums
{
    public static Real Sum(this IEnumerable<Real> values)
    {
        Real sum = 0;
        foreach (Real value in values) sum += value;
        return sum;
    }

    public static Real Product(this IEnumerable<Real> values)
    {
        Real product = 1;
        foreach (Real value in values) product *= value;
        return product;
    }
}
