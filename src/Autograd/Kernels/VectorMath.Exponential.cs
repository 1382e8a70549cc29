using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Exponentials and hyperbolic functions: one vector in, one out, nothing to block.</summary>
internal static partial class VectorMath
{
    /// <summary>eˣ; subnormal results are right to the last bit or two, 0 and +∞ beyond the range.</summary>
    [MethodImpl(Inline)]
    public static V Exp<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        ScaledExp<V, T>(V.AtMost(x, V.Constant(typeof(T) == typeof(float) ? 89 : 710)), 1);

    /// <summary>eˣ for x ≤ 0 or NaN.</summary>
    [MethodImpl(Inline)]
    public static V ExpOfNonPositive<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => ScaledExp<V, T>(x, 1);

    /// <summary>eˣ − 1, accurate near 0.</summary>
    [MethodImpl(Inline)]
    public static V Expm1<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Below the lower limit the result is −1 to the last bit. Halves, doubled at the end, because 2ⁿ itself may overflow.
        V limited = V.AtMost(x, V.Constant(typeof(T) == typeof(float) ? 89 : 710));
        limited = V.AtLeast(limited, V.Constant(typeof(T) == typeof(float) ? -18 : -38));
        V m = Expm1OfRemainder<V, T>(limited, out V shifted);
        V half = V.Constant(0.5);
        V scale = V.AddBits(V.ShiftLeftBits(shifted, MantissaBits<T>()), half);
        V y = V.MultiplyAdd(m, scale, scale - half);
        V small = V.Less(V.Abs(x), V.Constant(typeof(T) == typeof(float) ? 2.9802322387695312e-8 : 5.551115123125783e-17));
        return V.Select(small, x, y + y);
    }

    /// <summary>tanh x; ±1 at ±∞.</summary>
    [MethodImpl(Inline)]
    public static V Tanh<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // With t = e^(2|x|) − 1: tanh|x| = t/(t + 2), which rounds to 1 at the limit and beyond.
        V a = V.Abs(x);
        V m = Expm1OfRemainder<V, T>(V.AtMost(a + a, V.Constant(typeof(T) == typeof(float) ? 20 : 40)), out V shifted);
        V one = V.Constant(1);
        V scale = V.AddBits(V.ShiftLeftBits(shifted, MantissaBits<T>()), one);
        V t = V.MultiplyAdd(m, scale, scale - one);
        return (t / (t + V.Constant(2))) | SignOf<V, T>(x);
    }

    /// <summary>1/(1 + e⁻ˣ), with full relative accuracy down to the smallest subnormal.</summary>
    [MethodImpl(Inline)]
    public static V Sigmoid<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V one = V.Constant(1);
        V e = ExpOfNonPositive<V, T>(x | V.Constant(-0.0));
        return V.Select(V.Less(x, V.Zero), e, one) / (one + e);
    }

    /// <summary>sinh x; ±∞ beyond the range.</summary>
    [MethodImpl(Inline)]
    public static V Sinh<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V a = V.Abs(x);
        V z = x * x;
        V p; // (sinh r − r)/r³ on [0, 1], in r²
        if (typeof(T) == typeof(float))
        {
            p = Horner<V, T>(V.Constant(2.817500691469299e-06), z, 0.0001983605600469979, 0.008333350648881533);
            p = V.MultiplyAdd(p, z, V.Constant(0.16666666488021575));
        }
        else
        {
            p = Horner<V, T>(V.Constant(7.759425650270396e-13), z,
                1.605723669948626e-10, 2.505212344398953e-08, 2.7557319155060048e-06, 0.00019841269841438527);
            p = Horner<V, T>(p, z, 0.008333333333333137, 0.16666666666666669);
        }

        V small = V.MultiplyAdd(x * z, p, x);
        V half = HalfExp<V, T>(a);
        V large = (half - V.Constant(0.25) / half) | SignOf<V, T>(x);
        return V.Select(V.Less(a, V.Constant(1)), V.Select(V.Equal(x, V.Zero), x, small), large);
    }

    /// <summary>cosh x; +∞ beyond the range.</summary>
    [MethodImpl(Inline)]
    public static V Cosh<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V half = HalfExp<V, T>(V.Abs(x));
        return half + V.Constant(0.25) / half;
    }

    /// <summary>eˣ/2, finite up to where sinh and cosh overflow.</summary>
    [MethodImpl(Inline)]
    private static V HalfExp<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        ScaledExp<V, T>(V.AtMost(x, V.Constant(typeof(T) == typeof(float) ? 90 : 711)), 0.5);

    /// <summary>scale · eˣ for x no more than a little above the range, and scale a power of two.</summary>
    [MethodImpl(Inline)]
    private static V ScaledExp<V, T>(V x, double scale)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        V limited = V.AtLeast(x, V.Constant(typeof(T) == typeof(float) ? -105 : -746));
        V y = Expm1OfRemainder<V, T>(limited, out V shifted) + V.Constant(1);

        // 2ⁿ in two factors of about half its exponent, so that only the last product rounds or overflows. The mask of sign
        // and exponent, the bits of −∞, drops the lowest bit of n from the first.
        V first = V.ShiftLeftBits(shifted, MantissaBits<T>() - 1) & V.Constant(double.NegativeInfinity);
        V second = V.SubtractBits(V.ShiftLeftBits(shifted, MantissaBits<T>()), first);
        return y * V.AddBits(first, V.Constant(1)) * V.AddBits(second, V.Constant(scale));
    }

    /// <summary>
    /// eʳ − 1 where x = n ln 2 + r, |r| ≤ ln 2 / 2 and n whole; the low bits of <paramref name="shifted"/> hold n, which
    /// shifting left by the mantissa's size leaves as an exponent.
    /// </summary>
    [MethodImpl(Inline)]
    private static V Expm1OfRemainder<V, T>(V x, out V shifted)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        V shift = RoundingShift<V, T>();
        shifted = V.MultiplyAdd(x, V.Constant(1.4426950408889634), shift);
        V n = shifted - shift;
        V r, q; // q: (eʳ − 1 − r)/r²
        if (typeof(T) == typeof(float))
        {
            r = V.MultiplyAdd(n, V.Constant(-Ln2HighSingle), x);
            r = V.MultiplyAdd(n, V.Constant(-Ln2LowSingle), r);
            q = Horner<V, T>(V.Constant(0.0013946521725894262), r,
                0.008366645772492892, 0.04166628121835841, 0.1666654252700329, 0.5000000062039799);
        }
        else
        {
            r = V.MultiplyAdd(n, V.Constant(-Ln2HighDouble), x);
            r = V.MultiplyAdd(n, V.Constant(-Ln2LowDouble), r);
            q = Horner<V, T>(V.Constant(2.0924563681140205e-09), r,
                2.510914751918637e-08, 2.7557242356578564e-07, 2.755724391131049e-06, 2.480158736105145e-05);
            q = Horner<V, T>(q, r, 0.0001984126988640145, 0.0013888888888866568, 0.008333333333321532, 0.0416666666666667);
            q = Horner<V, T>(q, r, 0.16666666666666677, 0.5);
        }

        return V.MultiplyAdd(r * r, q, r);
    }
}
