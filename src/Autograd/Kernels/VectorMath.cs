using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Elementary functions of float and double vectors, in our own code: the same bits on every operating system, at every
/// vector width and at every position in an array. No step depends on the other lanes.
/// </summary>
/// <remarks>
/// Each function reduces its argument to a short interval and evaluates a polynomial there. All coefficients are minimax
/// fits (Remez exchange in 60 digits) of the function named beside them, so that the approximation error stays below a
/// tenth of a unit in the last place; what remains is rounding. Method: W. J. Cody and W. Waite, Software Manual for the
/// Elementary Functions (1980), J.-M. Muller, Elementary Functions (2016).
/// NaN gives NaN, and odd functions keep the sign of zero, everywhere.
/// No blocking here: one vector in, one out; the loops of <see cref="Elementwise"/>, <see cref="Reductions"/> and the recurrent cells cut
/// the work. What is rare is in functions of its own that are not inlined, so that those loops stay short.
/// </remarks>
internal static partial class VectorMath
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    // ln 2 in two parts, the first with so few bits that its product with any exponent is exact.
    private const double Ln2HighSingle = 0.693359375, Ln2LowSingle = -0.00021219444005469057;
    private const double Ln2HighDouble = 0.6931471803691238, Ln2LowDouble = 1.9082149292705877e-10;
    private const double SqrtHalf = 0.7071067811865476;

    /// <summary>1/√x, correctly rounded root and quotient: +∞ at 0, NaN below.</summary>
    [MethodImpl(Inline)]
    public static V Rsqrt<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Constant(1) / V.Sqrt(x);

    /// <summary>−1, 0 or 1; 0 for NaN, as in PyTorch.</summary>
    [MethodImpl(Inline)]
    public static V Sign<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        (V.Less(V.Zero, x) & V.Constant(1)) - (V.Less(x, V.Zero) & V.Constant(1));

    /// <summary>xʸ of the platform's library, one lane at a time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe V Pow<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* bases = stackalloc T[V.Count];
        T* exponents = stackalloc T[V.Count];
        V.Store(x, bases);
        V.Store(y, exponents);
        for (int i = 0; i < V.Count; i++) bases[i] = T.Pow(bases[i], exponents[i]);
        return V.Load(bases);
    }

    /// <summary>x^exponent; small whole numbers, ±½ and −1 by multiplication, root and division.</summary>
    [MethodImpl(Inline)]
    public static V PowScalar<V, T>(V x, double exponent)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => exponent switch
        {
            0 => V.Constant(1),
            1 => x,
            2 => x * x,
            3 => x * x * x,
            4 => x * x * (x * x),
            0.5 => V.Sqrt(x),
            -0.5 => Rsqrt<V, T>(x),
            -1 => V.Constant(1) / x,
            -2 => V.Constant(1) / (x * x),
            _ => Pow<V, T>(x, V.Constant(exponent)),
        };

    [MethodImpl(Inline)]
    private static V SignOf<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged => x & V.Constant(-0.0);

    /// <summary>Adding and subtracting 1.5 · 2^(mantissa bits) rounds to the nearest integer, and leaves it in the low bits of the sum.</summary>
    [MethodImpl(Inline)]
    private static V RoundingShift<V, T>()
        where V : unmanaged, IVector<V, T>
        where T : unmanaged => V.Constant(typeof(T) == typeof(float) ? 12582912.0 : 6755399441055744.0);

    [MethodImpl(Inline)]
    private static int MantissaBits<T>() => typeof(T) == typeof(float) ? 23 : 52;

    /// <summary>Two steps of Horner's rule: (p x + a) x + b.</summary>
    [MethodImpl(Inline)]
    private static V Horner<V, T>(V p, V x, double a, double b)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged => V.MultiplyAdd(V.MultiplyAdd(p, x, V.Constant(a)), x, V.Constant(b));

    /// <summary>Four steps of Horner's rule.</summary>
    [MethodImpl(Inline)]
    private static V Horner<V, T>(V p, V x, double a, double b, double c, double d)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        p = V.MultiplyAdd(V.MultiplyAdd(p, x, V.Constant(a)), x, V.Constant(b));
        return V.MultiplyAdd(V.MultiplyAdd(p, x, V.Constant(c)), x, V.Constant(d));
    }
}
