using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Logarithms: one vector in, one out, nothing to block.</summary>
internal static partial class VectorMath
{
    /// <summary>ln x: −∞ at ±0, NaN below; subnormal arguments are exact.</summary>
    [MethodImpl(Inline)]
    public static V Log<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        V smallest = V.Constant(single ? 1.1754943508222875e-38 : 2.2250738585072014e-308);
        V largest = V.Constant(single ? float.MaxValue : double.MaxValue);
        V y = LogOfNormal<V, T>(x, V.Zero);
        return V.All(V.LessOrEqual(smallest, x) & V.LessOrEqual(x, largest)) ? y : Special(x, y, smallest, largest);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static V Special(V x, V y, V smallest, V largest)
        {
            int bits = MantissaBits<T>();
            V scaled = LogOfNormal<V, T>(x * V.Constant(bits == 23 ? 8388608.0 : 4503599627370496.0), V.Constant(-bits));
            y = V.Select(V.Less(x, smallest), scaled, y);
            y = V.Select(V.Less(V.Zero, x), y, V.Constant(double.NaN));
            y = V.Select(V.Equal(x, V.Zero), V.Constant(double.NegativeInfinity), y);
            return V.Select(V.Less(largest, x), x, y);
        }
    }

    /// <summary>ln(1 + x), accurate near 0: −∞ at −1, NaN below.</summary>
    [MethodImpl(Inline)]
    public static V Log1p<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        V small = V.Constant(single ? 2.9802322387695312e-8 : 5.551115123125783e-17);
        V large = V.Constant(single ? 1.152921504606847e18 : 1.152921504606847e18);
        V one = V.Constant(1);

        // 1 + x = 2ᵏ(1 + f), with f from x itself: x 2⁻ᵏ is exact, so the rounding of 1 + x only helps to choose k.
        V exponent = ExponentOf<V, T>(one + x, out V shifted);
        V scale = V.SubtractBits(one, V.SubtractBits(shifted & V.Constant(double.NegativeInfinity), one));
        V y = LogOfScaled<V, T>(V.MultiplyAdd(x, scale, scale - one), exponent);
        V a = V.Abs(x);
        bool plain = V.All(V.LessOrEqual(small, a) & V.Less(-one, x) & V.Less(x, large));
        return plain ? y : Special(x, y, small, large);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static V Special(V x, V y, V small, V large)
        {
            V one = V.Constant(1);
            y = V.Select(V.Less(V.Abs(x), small), x, y);
            V unusual = Log<V, T>(V.Select(V.LessOrEqual(large, x), x, one + x));
            return V.Select(V.Less(-one, x) & V.Less(x, large), y, unusual);
        }
    }

    /// <summary>ln σ(x) = min(x, 0) − ln(1 + e^−|x|), with full relative accuracy on both sides.</summary>
    [MethodImpl(Inline)]
    public static V LogSigmoid<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.AtMost(x, V.Zero) - LogOnePlusExpOfMinusAbs<V, T>(x);

    /// <summary>ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), with full relative accuracy on both sides.</summary>
    [MethodImpl(Inline)]
    public static V Softplus<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.AtLeast(x, V.Zero) + LogOnePlusExpOfMinusAbs<V, T>(x);

    [MethodImpl(Inline)]
    private static V LogOnePlusExpOfMinusAbs<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        Log1pOfUnit<V, T>(ExpOfNonPositive<V, T>(x | V.Constant(-0.0)));

    /// <summary>ln(1 + e) for e from 0 to 1: 2 artanh(e/(2 + e)), with no case to tell apart.</summary>
    [MethodImpl(Inline)]
    private static V Log1pOfUnit<V, T>(V e)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V s = e / (e + V.Constant(2));
        V z = s * s;
        V p; // (2 artanh(s) / s − 2)/s² on [0, 1/3], in s²
        if (typeof(T) == typeof(float))
        {
            p = Horner<V, T>(V.Constant(0.2430094437020133), z,
                0.21427657799506608, 0.2861688447486782, 0.39998877771702857, 0.6666667562139168);
        }
        else
        {
            p = Horner<V, T>(V.Constant(0.1646765564631168), z,
                0.06994235521013122, 0.10972569434209364, 0.11715950350095017, 0.13336805840909569);
            p = Horner<V, T>(p, z, 0.1538445193133415, 0.18181823202933145, 0.22222222125470764, 0.28571428572510016);
            p = Horner<V, T>(p, z, 0.3999999999999398, 0.6666666666666667);
        }

        return V.MultiplyAdd(s * z, p, s + s);
    }

    /// <summary>ln x + k ln 2 for a positive normal x.</summary>
    [MethodImpl(Inline)]
    private static V LogOfNormal<V, T>(V x, V k)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        V exponent = ExponentOf<V, T>(x, out V shifted);
        V significand = V.AddBits(V.AndNot(shifted, V.Constant(double.NegativeInfinity)), V.Constant(SqrtHalf));
        return LogOfScaled<V, T>(significand - V.Constant(1), exponent + k);
    }

    /// <summary>
    /// k where x = 2ᵏ m with m from √½ to √2. The exponent field of <paramref name="shifted"/> holds k, biased, its
    /// mantissa the distance of m from √½ in bits.
    /// </summary>
    [MethodImpl(Inline)]
    private static V ExponentOf<V, T>(V x, out V shifted)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        shifted = V.AddBits(V.SubtractBits(x, V.Constant(SqrtHalf)), V.Constant(1));

        // A small whole number in the low bits of 2^(mantissa bits) is that power plus the number.
        V power = V.Constant(typeof(T) == typeof(float) ? 8388608.0 : 4503599627370496.0);
        V bias = V.Constant(typeof(T) == typeof(float) ? 8388608.0 + 127 : 4503599627370496.0 + 1023);
        return (V.ShiftRightBits(shifted, MantissaBits<T>()) | power) - bias;
    }

    /// <summary>k ln 2 + ln(1 + f) for 1 + f from √½ to √2.</summary>
    [MethodImpl(Inline)]
    private static V LogOfScaled<V, T>(V f, V k)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        // With s = f/(2 + f), ln(1 + f) = 2 artanh s = 2s + s R(s²) = f − (f²/2 − s (f²/2 + R)), whose leading term is exact.
        bool single = typeof(T) == typeof(float);
        V s = f / (f + V.Constant(2));
        V z = s * s;
        V p; // (2 artanh(s) / s − 2)/s² on [0, (√2 − 1)/(√2 + 1)], in s²
        if (single)
        {
            p = V.MultiplyAdd(V.Constant(0.23582247275867543), z, V.Constant(0.2853730387477581));
            p = Horner<V, T>(p, z, 0.40000335258624364, 0.6666666564518114);
        }
        else
        {
            p = Horner<V, T>(V.Constant(0.1479607937521786), z,
                0.15314038413275083, 0.1818356476685585, 0.22222198565388687, 0.28571428742456473);
            p = Horner<V, T>(p, z, 0.39999999999414404, 0.6666666666666734);
        }

        V half = V.Constant(0.5) * f * f;
        V low = V.MultiplyAdd(s, V.MultiplyAdd(p, z, half), k * V.Constant(single ? Ln2LowSingle : Ln2LowDouble));
        return V.MultiplyAdd(k, V.Constant(single ? Ln2HighSingle : Ln2HighDouble), f - (half - low));
    }
}
