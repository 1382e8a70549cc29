using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>The larger of |x| and |y|; NaN if either is NaN.</summary>
internal readonly struct MaximumMagnitudeFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Max(V.Abs(x), V.Abs(y));
}

/// <summary>|x / y|^exponent.</summary>
internal readonly struct PowerOfQuotientFunction(double exponent) : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.PowScalar<V, T>(V.Abs(x / y), exponent);
}

/// <summary>gy · sign x · |x / y|^(exponent − 1), the gradient of the norm y, and 0 where the norm is 0.</summary>
internal readonly struct NormGradientFunction(double exponent) : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V quotient = x / y;
        V slope = exponent switch
        {
            1 => VectorMath.Sign<V, T>(x),
            2 => quotient,
            _ => VectorMath.Sign<V, T>(x) * VectorMath.PowScalar<V, T>(V.Abs(quotient), exponent - 1),
        };
        return V.Select(V.Equal(y, V.Zero), V.Zero, gy * slope);
    }
}

/// <summary>
/// Norms, row by row as <see cref="Along"/> cuts them. But for p = 1 a row is read twice, for its scale first, and is in the cache then.
/// </summary>
internal static unsafe partial class Reductions
{
    /// <summary>y[o, i] = (Σₖ |x[o, k, i]|ᵖ)^(1/p), p ≥ 1 and finite, relative to the largest element so that no power overflows; 0 of nothing.</summary>
    public static void Norm<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner, double p)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (reduce == 0) y.Clear();
        else Along<NormRow<T>, T>(x, default, default, y, outer, reduce, inner, new(p));
    }

    private readonly struct NormRow<T>(double p) : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            fixed (T* px = x)
            {
                if (p == 1)
                {
                    result[0] = SumOf<UnaryPoint<AbsFunction, T>, T>(default, (byte*)px, 1, null, 0, null, 0, x.Length);
                    return;
                }

                T largest = T.Abs(Extreme<MaximumMagnitudeFunction, T>(px, x.Length));
                if (largest == T.Zero || !T.IsFinite(largest))
                {
                    result[0] = largest;
                    return;
                }

                T sum = SumOf<BinaryPoint<PowerOfQuotientFunction, T>, T>(new(new(p)), (byte*)px, 1, (byte*)&largest, 0, null, 0, x.Length);
                result[0] = largest * (p == 2 ? T.Sqrt(sum) : T.Pow(sum, T.CreateTruncating(1 / p)));
            }
        }
    }
}
