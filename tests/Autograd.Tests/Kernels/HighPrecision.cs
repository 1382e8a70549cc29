using System.Numerics;

namespace Autograd.Tests;

/// <summary>
/// A number as a whole multiple of 2^−1400, finer than any double: elementary functions by plain series, slow and independent of the library's and
/// the platform's own.
/// </summary>
internal readonly record struct HighPrecision(BigInteger Units)
{
    private const int Bits = 1400;

    private static readonly Lazy<HighPrecision> Ln2Value = new(() => 2 * Artanh(One / 3));
    private static readonly Lazy<HighPrecision> PiValue = new(() => 16 * ArctanSeries(One / 5) - 4 * ArctanSeries(One / 239));

    public static HighPrecision One => new(BigInteger.One << Bits);

    /// <summary>By Machin's formula.</summary>
    public static HighPrecision Pi => PiValue.Value;

    private static HighPrecision Ln2 => Ln2Value.Value;

    public static implicit operator HighPrecision(int value) => new((BigInteger)value << Bits);

    public static HighPrecision From(double value)
    {
        if (value == 0) return default;
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        BigInteger significand = bits & 0xFFFFFFFFFFFFF;
        if (exponent != 0) significand += BigInteger.One << 52;
        int shift = Bits - 1074 + Math.Max(exponent - 1, 0);
        BigInteger units = shift >= 0 ? significand << shift : significand >> -shift;
        return new(value < 0 ? -units : units);
    }

    public static HighPrecision operator +(HighPrecision a, HighPrecision b) => new(a.Units + b.Units);

    public static HighPrecision operator -(HighPrecision a, HighPrecision b) => new(a.Units - b.Units);

    public static HighPrecision operator -(HighPrecision a) => new(-a.Units);

    public static HighPrecision operator *(HighPrecision a, HighPrecision b) => new((a.Units * b.Units) >> Bits);

    public static HighPrecision operator /(HighPrecision a, HighPrecision b) => new((a.Units << Bits) / b.Units);

    public HighPrecision Scale(int power) => new(power >= 0 ? Units << power : Units >> -power);

    /// <summary>How many units in the last place of the nearest double (or float) <paramref name="found"/> is off.</summary>
    public double UlpsOff(double found, bool single)
    {
        double value = ToDouble();
        double ulp = single ? MathF.BitIncrement(MathF.Abs((float)value)) - MathF.Abs((float)value) : Math.BitIncrement(Math.Abs(value)) - Math.Abs(value);
        return Math.Abs((this - From(found)).ToDouble()) / ulp;
    }

    public double ToDouble()
    {
        if (Units.IsZero) return 0;
        int drop = (int)Units.GetBitLength() - 60;
        BigInteger top = drop > 0 ? Units >> drop : Units;
        return Math.ScaleB((double)(long)top, Math.Max(drop, 0) - Bits);
    }

    public static HighPrecision Exp(HighPrecision x)
    {
        int n = (int)Math.Round((x / Ln2).ToDouble());
        HighPrecision r = (x - n * Ln2).Scale(-8);
        HighPrecision term = One, sum = One;
        for (int k = 1; !term.Units.IsZero && term.Units != -1; k++)
        {
            term = term * r / k;
            sum += term;
        }

        for (int i = 0; i < 8; i++) sum *= sum;
        return sum.Scale(n);
    }

    public static HighPrecision Log(HighPrecision x)
    {
        int n = (int)x.Units.GetBitLength() - Bits;
        HighPrecision m = x.Scale(-n);
        return n * Ln2 + 2 * Artanh((m - 1) / (m + 1));
    }

    /// <summary>By the Taylor series, whose terms stay below e^(x²).</summary>
    public static HighPrecision Erf(HighPrecision x)
    {
        HighPrecision square = x * x, power = x, sum = x;
        for (int k = 1; power.Units != 0 && power.Units != -1; k++)
        {
            power = -(power * square) / k;
            sum += power / (2 * k + 1);
        }

        return 2 * sum / Sqrt(Pi);
    }

    public static HighPrecision Sqrt(HighPrecision x)
    {
        HighPrecision root = From(Math.Sqrt(x.ToDouble()));
        for (int i = 0; i < 5; i++) root = (root + x / root).Scale(-1);
        return root;
    }

    public static (HighPrecision Sin, HighPrecision Cos) SinCos(HighPrecision x)
    {
        HighPrecision turn = 2 * Pi;
        x -= (int)Math.Round((x / turn).ToDouble()) * turn;
        HighPrecision term = One, sine = default, cosine = One;
        for (int k = 1; term.Units != 0 && term.Units != -1; k++)
        {
            term = term * x / k;
            if (k % 2 == 0) cosine += k % 4 == 0 ? term : -term;
            else sine += k % 4 == 1 ? term : -term;
        }

        return (sine, cosine);
    }

    /// <summary>Halving the angle until the series is short.</summary>
    public static HighPrecision Arctan(HighPrecision x)
    {
        int doublings = 6;
        for (int i = 0; i < doublings; i++) x /= One + Sqrt(One + x * x);
        return ArctanSeries(x).Scale(doublings);
    }

    private static HighPrecision ArctanSeries(HighPrecision x) => OddSeries(x, -(x * x));

    private static HighPrecision Artanh(HighPrecision x) => OddSeries(x, x * x);

    /// <summary>Σ x qᵏ/(2k + 1).</summary>
    private static HighPrecision OddSeries(HighPrecision x, HighPrecision q)
    {
        HighPrecision power = x, sum = x;
        for (int k = 1; power.Units != 0 && power.Units != -1; k++)
        {
            power *= q;
            sum += power / (2 * k + 1);
        }

        return sum;
    }
}
