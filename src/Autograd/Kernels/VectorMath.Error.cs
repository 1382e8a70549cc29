using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>The error function and the normal distribution: one vector in, one out, nothing to block.</summary>
internal static partial class VectorMath
{
    /// <summary>erf x = 2/√π ∫₀ˣ e^(−t²) dt; ±1 at ±∞.</summary>
    [MethodImpl(Inline)]
    public static V Erf<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V a = V.Abs(x);
        V z = a * a;
        V p; // erf(r)/r on [0, 0.65], in r²
        if (typeof(T) == typeof(float))
        {
            p = Horner<V, T>(V.Constant(-0.0007162952013670914), z,
                0.005160368448576447, -0.026852488908626106, 0.11283657824008916, -0.37612634101860243);
            p = V.MultiplyAdd(p, z, V.Constant(1.1283791668162921));
        }
        else
        {
            p = Horner<V, T>(V.Constant(1.2222712513975798e-08), z,
                -1.6115342424313913e-07, 1.644815844196378e-06, -1.4925164281357219e-05, 0.00012055322069997468);
            p = Horner<V, T>(p, z, -0.0008548326865849416, 0.005223977624021597, -0.026866170645056503, 0.11283791670954924);
            p = Horner<V, T>(p, z, -0.3761263890318375, 1.1283791670955126);
        }

        // Above the limit erf is 1 to the last bit.
        V limited = V.AtMost(a, V.Constant(typeof(T) == typeof(float) ? 4 : 6));
        V one = V.Constant(1);
        V tail = one - ExpOfNonPositive<V, T>(-(limited * limited)) * ScaledErfc<V, T>(limited);
        return V.Select(V.Less(a, V.Constant(0.65)), a * p, tail) | SignOf<V, T>(x);
    }

    /// <summary>
    /// Φ(x), the distribution function of the standard normal, with a small relative error in both tails, and its density
    /// φ(x) = e^(−x²/2)/√(2π) without the factor 1/√(2π).
    /// </summary>
    [MethodImpl(Inline)]
    public static V NormalDistribution<V, T>(V x, out V unscaledDensity)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V half = V.Constant(0.5);
        unscaledDensity = ExpOfMinusSquare<V, T>(x, 0.5);
        V a = V.AtMost(V.Abs(x), V.Constant(50));
        V tail = half * unscaledDensity * ScaledErfc<V, T>(a * V.Constant(SqrtHalf));
        return V.Select(V.Less(x, V.Zero), tail, V.Constant(1) - tail);
    }

    /// <summary>e^(−factor x²), factor ½ or 1, with a small relative error wherever the result is normal.</summary>
    [MethodImpl(Inline)]
    public static V ExpOfMinusSquare<V, T>(V x, double factor)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The exponent as a sum of two numbers, from a head of x with so few bits that its square is exact. The result
        // underflows to 0 long before the limit.
        V a = V.AtMost(V.Abs(x), V.Constant(typeof(T) == typeof(float) ? 20 : 50));
        V shift = RoundingShift<V, T>() * V.Constant(0.0078125);
        V head = a + shift - shift;
        V rest = a - head;
        V square = V.Constant(factor) * head * head;
        V cross = V.Constant(factor) * rest * (head + a);
        V exponent = -square - cross;
        V error = -square - exponent - cross;
        V y = ExpOfNonPositive<V, T>(exponent);
        return V.MultiplyAdd(y, error, y);
    }

    /// <summary>e^(a²) erfc a for 0 ≤ a up to where erfc underflows.</summary>
    [MethodImpl(Inline)]
    private static V ScaledErfc<V, T>(V a)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // (1 + 2a) e^(a²) erfc a is smooth and between 1 and 1.3 on all of [0, ∞), here in u = (a − K)/(a + K): after
        // M. M. Shepherd and J. G. Laframboise, Mathematics of Computation 36 (1981) 249.
        V one = V.Constant(1);
        V centre = V.Constant(typeof(T) == typeof(float) ? 3 : 4);
        V u = (a - centre) / (a + centre);
        V p = typeof(T) == typeof(float) ? Single(u) : Double(u);
        return p / V.MultiplyAdd(V.Constant(2), a, one);

        [MethodImpl(Inline)]
        static V Single(V u)
        {
            V p = Horner<V, T>(V.Constant(-0.0002595203283093523), u,
                -0.0007563144583192993, 0.0020133551453682596, 0.0025588870122756594, -0.023805844100048913);
            p = Horner<V, T>(p, u, 0.06829620116450115, -0.11926941373277876, 0.129646514353881, -0.04756249055038141);
            return Horner<V, T>(p, u, -0.13562114476724185, 1.2530080599486808);
        }

        // A call of its own: with it inside, the compiler would reach its limit of inlining in the callers' loops.
        [MethodImpl(Simd.HotLoop)]
        static V Double(V u)
        {
            V p = Horner<V, T>(V.Constant(-1.7163156592813124e-09), u,
                -1.3399113425605488e-08, -7.817444481695925e-09, 1.1457601816502303e-07, 6.249219630434075e-08);
            p = Horner<V, T>(p, u, -8.342234921963891e-07, 3.018338582251501e-07, 5.717252573108148e-06, -1.1225200643869366e-05);
            p = Horner<V, T>(p, u, -2.440290658671856e-05, 0.0001506224373745032, -0.0001992555763895305, -0.0007577733958489102);
            p = Horner<V, T>(p, u, 0.005031969767346863, -0.016197734049916587, 0.03716751556131304, -0.06633036581241683);
            p = Horner<V, T>(p, u, 0.09373283499686466, -0.10103906603630879, 0.06809705425473522, 0.015379652102619924);
            return Horner<V, T>(p, u, -0.1396211168405629, 1.2329951186255526);
        }
    }
}
