using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Angles and their functions: one vector in, one out, nothing to block.</summary>
internal static partial class VectorMath
{
    // Beyond these the reduction below runs out of bits, and the platform's library takes over.
    private const double LargestAngleSingle = 1e5, LargestAngleDouble = 1e9;

    // π/2 in parts, the first with so few bits that their products with the number of quarter turns are exact.
    private const double QuarterA = 1.5703125, QuarterB = 0.000457763671875, QuarterC = 2.5987625122070312e-05;
    private const double QuarterD = 7.543712854385376e-08, QuarterE = 6.002665031701326e-11, QuarterF = 7.443547480486623e-13;
    private const double QuarterADouble = 1.570796251296997, QuarterBDouble = 7.549789415861596e-08;
    private const double QuarterCDouble = 5.39030083589187e-15, QuarterDDouble = 2.0222659584103533e-21;
    private const double QuarterEDouble = 2.9038559739793605e-28;

    /// <summary>sin x, x in radians; NaN at ±∞.</summary>
    [MethodImpl(Inline)]
    public static V Sin<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V r = QuarterTurns<V, T>(x, out V turns);
        SinCos<V, T>(r, out V sine, out V cosine);
        V y = V.Select(IsOdd<V, T>(turns), cosine, sine) ^ HalfTurnSign<V, T>(turns);
        y = V.Select(V.Equal(x, V.Zero), x, y);
        V inRange = V.LessOrEqual(V.Abs(x), LargestAngle<V, T>());
        return V.All(inRange) ? y : Library(x, y);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static V Library(V x, V y) => WhereLarge<V, T, SinOfLibrary<T>>(x, y);
    }

    /// <summary>cos x, x in radians; NaN at ±∞.</summary>
    [MethodImpl(Inline)]
    public static V Cos<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V r = QuarterTurns<V, T>(x, out V turns);
        SinCos<V, T>(r, out V sine, out V cosine);
        V oneMore = V.AddBits(turns, V.Constant(typeof(T) == typeof(float) ? float.Epsilon : double.Epsilon));
        V y = V.Select(IsOdd<V, T>(turns), sine, cosine) ^ HalfTurnSign<V, T>(oneMore);
        V inRange = V.LessOrEqual(V.Abs(x), LargestAngle<V, T>());
        return V.All(inRange) ? y : Library(x, y);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static V Library(V x, V y) => WhereLarge<V, T, CosOfLibrary<T>>(x, y);
    }

    /// <summary>tan x, x in radians; NaN at ±∞.</summary>
    [MethodImpl(Inline)]
    public static V Tan<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V r = QuarterTurns<V, T>(x, out V turns);
        SinCos<V, T>(r, out V sine, out V cosine);
        V odd = IsOdd<V, T>(turns);
        V y = V.Select(odd, cosine, sine) / V.Select(odd, -sine, cosine);
        y = V.Select(V.Equal(x, V.Zero), x, y);
        V inRange = V.LessOrEqual(V.Abs(x), LargestAngle<V, T>());
        return V.All(inRange) ? y : Library(x, y);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static V Library(V x, V y) => WhereLarge<V, T, TanOfLibrary<T>>(x, y);
    }

    /// <summary>arcsin x, from −π/2 to π/2; NaN outside [−1, 1].</summary>
    [MethodImpl(Inline)]
    public static V Asin<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Above ½, arcsin a = π/2 − 2 arcsin √((1 − a)/2).
        bool single = typeof(T) == typeof(float);
        V a = V.Abs(x);
        V half = V.Constant(0.5);
        V above = V.Less(half, a);
        V z = V.Select(above, (V.Constant(1) - a) * half, a * a);
        V s = V.Select(above, V.Sqrt(z), a);
        V p; // (arcsin r − r)/r³ on [0, ½], in r²
        if (single)
        {
            p = Horner<V, T>(V.Constant(0.03762980282713207), z,
                0.014358709526394849, 0.031828626768723146, 0.04451447639095121, 0.0750051698372817);
            p = V.MultiplyAdd(p, z, V.Constant(0.16666659777093298));
        }
        else
        {
            p = Horner<V, T>(V.Constant(0.03280408092546231), z,
                -0.021276015940814078, 0.021900550150756037, 0.003628138954284125, 0.010800675123537513);
            p = Horner<V, T>(p, z, 0.011395324143855558, 0.01398125192174166, 0.01735157666860781, 0.022372216916591678);
            p = Horner<V, T>(p, z, 0.030381942640837982, 0.044642857175971856, 0.07499999999969416, 0.16666666666666766);
        }

        V tail = s * z * p;
        V low = V.Constant(single ? -4.371139000186241e-08 : 6.123233995736766e-17);
        V high = V.Constant(single ? 1.5707963705062866 : 1.5707963267948966);
        V folded = high - (s + s - (low - (tail + tail)));
        return V.Select(above, folded, s + tail) | SignOf<V, T>(x);
    }

    /// <summary>arctan x, from −π/2 to π/2.</summary>
    [MethodImpl(Inline)]
    public static V Atan<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => Atan2<V, T>(x, V.Constant(1));

    /// <summary>The angle of the point (x, y), from −π to π, with the signed zeros and infinities of IEEE 754.</summary>
    [MethodImpl(Inline)]
    public static V Atan2<V, T>(V y, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool single = typeof(T) == typeof(float);
        V one = V.Constant(1);
        V ay = V.Abs(y), ax = V.Abs(x);
        V steep = V.Less(ax, ay);
        V large = V.Select(steep, ay, ax), small = V.Select(steep, ax, ay);

        // Two infinities are as 1 to 1, one as 0 to 1; two zeros as 0 to 1. Halving keeps the sum below from overflowing.
        V infinity = V.Constant(double.PositiveInfinity);
        V infinite = V.Equal(large, infinity);
        small = V.Select(infinite, V.Select(V.Equal(small, infinity), one, V.Zero), small);
        large = V.Select(infinite | V.Equal(large, V.Zero), one, large);
        V shrink = V.Select(V.Less(one, large), V.Constant(0.5), one);
        small *= shrink;
        large *= shrink;

        // tan π/8 < t ≤ 1: arctan t = π/4 + arctan((t − 1)/(t + 1)).
        V middle = V.Less(large * V.Constant(0.41421356237309503), small);
        V r = V.Select(middle, small - large, small) / V.Select(middle, small + large, large);
        V z = r * r;
        V p; // (arctan r − r)/r³ on [0, tan π/8], in r²
        if (single)
        {
            p = Horner<V, T>(V.Constant(-0.06080422918341163), z,
                0.1059486560827047, -0.14243703849833378, 0.19998482266826112, -0.3333331539703918);
        }
        else
        {
            p = Horner<V, T>(V.Constant(-0.01790250346707557), z,
                0.038060618420889814, -0.05039163636800568, 0.05847861112333813, -0.06663100591208679);
            p = Horner<V, T>(p, z, 0.07692059945358498, -0.09090897744369164, 0.11111110783051187, -0.14285714280189332);
            p = Horner<V, T>(p, z, 0.19999999999953522, -0.333333333333332);
        }

        // The angle is high + low ± r, with high + low one of 0, π/4, π/2, 3π/4 and π in two parts.
        V angle = V.MultiplyAdd(r * z, p, r);
        V eighths = V.Select(middle, one, V.Zero);
        V left = V.Less(one | SignOf<V, T>(x), V.Zero);
        V turned = V.Select(steep, V.Constant(2) - eighths, eighths);
        turned = V.Select(left, V.Constant(4) - turned, turned);
        V flip = V.Select(steep, V.Constant(-0.0), V.Zero) ^ V.Select(left, V.Constant(-0.0), V.Zero);
        V high = turned * V.Constant(single ? 0.7853981852531433 : 0.7853981633974483);
        V low = turned * V.Constant(single ? -2.1855695000931206e-08 : 3.061616997868383e-17);
        V result = high + (low + (angle ^ flip));
        return V.Select(V.Equal(x, x) & V.Equal(y, y), result | SignOf<V, T>(y), x + y);
    }

    /// <summary>sin r and cos r for |r| ≤ π/4.</summary>
    [MethodImpl(Inline)]
    private static void SinCos<V, T>(V r, out V sine, out V cosine)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V z = r * r;
        V s, c; // (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴, in r²
        if (typeof(T) == typeof(float))
        {
            s = Horner<V, T>(V.Constant(2.7175652872878925e-06), z, -0.00019839256732144954, 0.008333329144252314);
            s = V.MultiplyAdd(s, z, V.Constant(-0.16666666639561117));
            c = Horner<V, T>(V.Constant(2.443121765374481e-05), z, -0.0013887306167827194, 0.041666645655612004);
        }
        else
        {
            s = Horner<V, T>(V.Constant(1.5893583043626737e-10), z,
                -2.5050704025690396e-08, 2.755731335593755e-06, -0.00019841269828869973, 0.008333333333321286);
            s = V.MultiplyAdd(s, z, V.Constant(-0.16666666666666627));
            c = Horner<V, T>(V.Constant(-1.135744788532356e-11), z,
                2.0875681864901776e-09, -2.7557314056471515e-07, 2.4801587288491735e-05, -0.0013888888888872598);
            c = V.MultiplyAdd(c, z, V.Constant(0.04166666666666659));
        }

        sine = V.MultiplyAdd(r * z, s, r);
        V half = V.Constant(0.5) * z;
        V rest = V.Constant(1) - half;
        cosine = rest + V.MultiplyAdd(z * z, c, V.Constant(1) - rest - half);
    }

    /// <summary>x less the nearest multiple of π/2; the low bits of <paramref name="turns"/> hold how many were taken off.</summary>
    [MethodImpl(Inline)]
    private static V QuarterTurns<V, T>(V x, out V turns)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        V shift = RoundingShift<V, T>();
        turns = V.MultiplyAdd(x, V.Constant(0.6366197723675814), shift);
        V n = turns - shift;
        if (typeof(T) == typeof(float))
        {
            V r = V.MultiplyAdd(n, V.Constant(-QuarterA), x);
            r = V.MultiplyAdd(n, V.Constant(-QuarterB), r);
            r = V.MultiplyAdd(n, V.Constant(-QuarterC), r);
            r = V.MultiplyAdd(n, V.Constant(-QuarterD), r);
            r = V.MultiplyAdd(n, V.Constant(-QuarterE), r);
            return V.MultiplyAdd(n, V.Constant(-QuarterF), r);
        }
        else
        {
            V r = V.MultiplyAdd(n, V.Constant(-QuarterADouble), x);
            r = V.MultiplyAdd(n, V.Constant(-QuarterBDouble), r);
            r = V.MultiplyAdd(n, V.Constant(-QuarterCDouble), r);
            r = V.MultiplyAdd(n, V.Constant(-QuarterDDouble), r);
            return V.MultiplyAdd(n, V.Constant(-QuarterEDouble), r);
        }
    }

    [MethodImpl(Inline)]
    private static V LargestAngle<V, T>()
        where V : unmanaged, IVector<V, T>
        where T : unmanaged => V.Constant(typeof(T) == typeof(float) ? LargestAngleSingle : LargestAngleDouble);

    /// <summary>A mask of the lanes whose lowest bit is set: shifted up, it is the sign of a 1.</summary>
    [MethodImpl(Inline)]
    private static V IsOdd<V, T>(V turns)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        V sign = V.ShiftLeftBits(turns, typeof(T) == typeof(float) ? 31 : 63);
        return V.Less(sign | V.Constant(1), V.Zero);
    }

    /// <summary>The sign bit where two of four quarter turns are taken.</summary>
    [MethodImpl(Inline)]
    private static V HalfTurnSign<V, T>(V turns)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged =>
        V.ShiftLeftBits(turns, typeof(T) == typeof(float) ? 30 : 62) & V.Constant(-0.0);

    private static unsafe V WhereLarge<V, T, TLibrary>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TLibrary : IScalarFunction<T>
    {
        T* arguments = stackalloc T[V.Count];
        T* results = stackalloc T[V.Count];
        V.Store(x, arguments);
        V.Store(y, results);
        T limit = T.CreateTruncating(typeof(T) == typeof(float) ? LargestAngleSingle : LargestAngleDouble);
        for (int i = 0; i < V.Count; i++)
        {
            if (!(T.Abs(arguments[i]) <= limit)) results[i] = TLibrary.Invoke(arguments[i]);
        }

        return V.Load(results);
    }

    private interface IScalarFunction<T>
    {
        static abstract T Invoke(T x);
    }

    private readonly struct SinOfLibrary<T> : IScalarFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Invoke(T x) => T.Sin(x);
    }

    private readonly struct CosOfLibrary<T> : IScalarFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Invoke(T x) => T.Cos(x);
    }

    private readonly struct TanOfLibrary<T> : IScalarFunction<T>
        where T : IFloatingPointIeee754<T>
    {
        public static T Invoke(T x) => T.Tan(x);
    }
}
