using System.Numerics;

namespace Autograd;

/// <summary>Whole numbers that are known at some sizes, at another.</summary>
internal static class Extrapolation
{
    private const int MostDegree = 2;

    /// <summary>
    /// The value of the polynomial of least degree that all values lie on, by Lagrange's formula in whole numbers. At least one value
    /// more than determine it must lie on it, it must give a whole number that is not negative, and the size must be among those that the
    /// steps between the known ones lead to: even ones say nothing of ⌊n / 2⌋ at an odd one. Else a line through the last two, which does
    /// not fall.
    /// </summary>
    /// <param name="size">Where to look.</param>
    /// <param name="sizes">Where the values are known; growing, two or more, or <paramref name="size"/> among them.</param>
    /// <param name="values">The values, not negative.</param>
    /// <param name="follows">Whether there is such a polynomial, or the value was known.</param>
    public static long At(int size, ReadOnlySpan<int> sizes, ReadOnlySpan<long> values, out bool follows)
    {
        follows = true;
        int known = sizes.IndexOf(size);
        if (known >= 0) return values[known];
        BigInteger step = 0;
        foreach (int other in sizes) step = BigInteger.GreatestCommonDivisor(step, other - sizes[0]);
        for (int count = 1; (size - sizes[0]) % step == 0 && count < sizes.Length && count <= MostDegree + 1; count++)
        {
            bool all = true;
            for (int i = count; all && i < sizes.Length; i++) all = IsWhole(Through(sizes[..count], values[..count], sizes[i]), out BigInteger there) && there == values[i];
            if (all && IsWhole(Through(sizes[..count], values[..count], size), out BigInteger value) && value.Sign >= 0 && value <= long.MaxValue) return (long)value;
        }

        follows = false;
        double slope = Math.Max(0, (values[^1] - values[^2]) / (double)(sizes[^1] - sizes[^2]));
        return (long)Math.Ceiling(values[^1] + (slope * (size - sizes[^1])));
    }

    private static bool IsWhole((BigInteger Numerator, BigInteger Denominator) fraction, out BigInteger value)
    {
        value = BigInteger.DivRem(fraction.Numerator, fraction.Denominator, out BigInteger rest);
        return rest.IsZero;
    }

    /// <summary>The polynomial through all points, as a fraction.</summary>
    private static (BigInteger Numerator, BigInteger Denominator) Through(ReadOnlySpan<int> sizes, ReadOnlySpan<long> values, int at)
    {
        BigInteger numerator = 0, denominator = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            BigInteger term = values[i], divisor = 1;
            for (int j = 0; j < sizes.Length; j++)
            {
                if (j == i) continue;
                term *= at - sizes[j];
                divisor *= sizes[i] - sizes[j];
            }

            numerator = (numerator * divisor) + (term * denominator);
            denominator *= divisor;
        }

        return (numerator, denominator);
    }
}
