using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>scale · gy · (x − mean): the gradient of a sum of squared deviations, up to its scale.</summary>
internal readonly struct DeviationGradientFunction(double scale) : ITernaryFunction
{
    private readonly Scalar _scale = scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V mean)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => _scale.In<V, T>() * gy * (x - mean);
}

/// <summary>x, and 0 where y is 0.</summary>
internal readonly struct UnlessZeroFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Equal(y, V.Zero), V.Zero, x);
}

/// <summary>x / y, and 0 where y is 0.</summary>
internal readonly struct QuotientUnlessZeroFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Equal(y, V.Zero), V.Zero, x / y);
}

/// <summary>Means of all rows, then their variances, row by row as <see cref="Along"/> cuts them.</summary>
internal static unsafe partial class Reductions
{
    /// <summary>
    /// means[o, i] = the mean of x[o, k, i] over k, and y[o, i] = Σₖ (x[o, k, i] − mean)² / divisor, or its root. Equal
    /// elements give exactly 0; nothing, or a divisor of 0, gives NaN.
    /// </summary>
    /// <remarks>
    /// Two passes, the first relative to the first element; the second takes off what the rounded mean adds: T. F. Chan,
    /// G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance (1983), equation 1.7.
    /// </remarks>
    public static void Variance<T>(ReadOnlySpan<T> x, Span<T> y, Span<T> means, int outer, int reduce, int inner, double divisor, bool root)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (reduce == 0)
        {
            means.Fill(T.NaN);
            y.Fill(T.NaN);
            return;
        }

        Along<ShiftedMeanRow<T>, T>(x, default, default, means, outer, reduce, inner);
        Along<VarianceRow<T>, T>(x, means, default, y, outer, reduce, inner, new(T.CreateTruncating(divisor), root));
    }

    private readonly struct ShiftedMeanRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result) =>
            result[0] = x[0] + (SumAgainst<SubtractFunction, T>(x, x[0]) / T.CreateTruncating(x.Length));
    }

    private readonly struct VarianceRow<T>(T divisor, bool root) : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> mean, ReadOnlySpan<T> third, Span<T> result)
        {
            T squares = SumAgainst<SquaredErrorFunction, T>(x, mean[0]), rest = SumAgainst<SubtractFunction, T>(x, mean[0]);

            // Where a square overflows there is nothing to correct.
            T correction = rest * (rest / T.CreateTruncating(x.Length));
            if (T.IsFinite(correction) && correction < squares) squares -= correction;
            T variance = squares / divisor;
            result[0] = root ? T.Sqrt(variance) : variance;
        }
    }

    /// <summary>Σ f(x[i], y).</summary>
    private static T SumAgainst<TFunction, T>(ReadOnlySpan<T> x, T y)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* px = x) return SumOf<BinaryPoint<TFunction, T>, T>(default, (byte*)px, 1, (byte*)&y, 0, null, 0, x.Length);
    }
}
