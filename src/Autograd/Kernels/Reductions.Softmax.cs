using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>exp(x − y).</summary>
internal readonly struct ExpOfDifferenceFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Exp<V, T>(x - y);
}

/// <summary>x − y − z: a logarithm of a softmax, from the largest element and the logarithm of the sum.</summary>
internal readonly struct SubtractBothFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => x - y - z;
}

/// <summary>y (gy − s): the gradient of softmax, with s = Σ gy y.</summary>
internal readonly struct SoftmaxGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y, V s)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => y * (gy - s);
}

/// <summary>gy − s eʸ: the gradient of log-softmax, with s = Σ gy.</summary>
internal readonly struct LogSoftmaxGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y, V s)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => gy - s * VectorMath.Exp<V, T>(y);
}

/// <summary>Softmax and its kin, row by row as <see cref="Along"/> cuts them: the passes over a row find it in the cache.</summary>
internal static unsafe partial class Reductions
{
    // Up to this length exponentials are written and summed in one pass; beyond it two passes, several vectors at a time, are faster.
    private const int OnePass = 128;

    /// <summary>y[o, i] = ln Σₖ exp x[o, k, i]; −∞ of nothing or of −∞ alone.</summary>
    public static void LogSumExp<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSumExpRow<T>, T>(x, default, default, y, outer, reduce, inner);

    /// <summary>y[o, k, i] = exp x[o, k, i] / Σₖ exp x[o, k, i], the slope of log-sum-exp: as softmax, but beside +∞ all else is 0.</summary>
    public static void LogSumExpSlope<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSumExpSlopeRow<T>, T>(x, default, default, y, outer, reduce, inner);

    /// <summary>y[o, k, i] = exp x[o, k, i] / Σₖ exp x[o, k, i]. May be done in place.</summary>
    public static void Softmax<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<SoftmaxRow<T>, T>(x, default, default, y, outer, reduce, inner);

    /// <summary>y[o, k, i] = x[o, k, i] − ln Σₖ exp x[o, k, i]. May be done in place.</summary>
    public static void LogSoftmax<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSoftmaxRow<T>, T>(x, default, default, y, outer, reduce, inner);

    /// <summary>gx = y (gy − Σₖ gy y), from the softmax y. gx may be gy.</summary>
    public static void SoftmaxGradient<T>(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<SoftmaxGradientRow<T>, T>(gy, y, default, gx, outer, reduce, inner);

    /// <summary>gx = gy − eʸ Σₖ gy, from the log-softmax y. gx may be gy.</summary>
    public static void LogSoftmaxGradient<T>(
        ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSoftmaxGradientRow<T>, T>(gy, y, default, gx, outer, reduce, inner);

    /// <summary>
    /// The largest element m, to scale a row by, and Σ exp(x − m). Where all are −∞ the scale is 0 and the sum 0; of no
    /// elements too.
    /// </summary>
    private static T SumOfExp<T>(ReadOnlySpan<T> x, out T scale)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        scale = T.Zero;
        if (x.IsEmpty) return T.Zero;
        fixed (T* px = x, pm = &scale)
        {
            T largest = Extreme<MaximumFunction, T>(px, x.Length);
            scale = T.IsInfinity(largest) ? T.Zero : largest;
            return SumOf<BinaryPoint<ExpOfDifferenceFunction, T>, T>(default, (byte*)px, 1, (byte*)pm, 0, null, 0, x.Length);
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static T LogOf<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => Vec128<T>.ToScalar(VectorMath.Log<Vec128<T>, T>(Vec128<T>.Broadcast(x)));

    private readonly struct LogSumExpRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            T sum = SumOfExp(x, out T scale);
            result[0] = scale + LogOf(sum);
        }
    }

    private readonly struct LogSumExpSlopeRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            if (x.IsEmpty) return;
            T largest;
            fixed (T* p = x) largest = Extreme<MaximumFunction, T>(p, x.Length);
            Elementwise.Binary<ExpOfDifferenceFunction, T>(x, new(in largest), result);
            if (T.IsInfinity(largest)) return;
            T sum = Sum<T>(result);
            Elementwise.Binary<DivideFunction, T>(result, new(in sum), result);
        }
    }

    private readonly struct SoftmaxRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            if (x.IsEmpty) return;
            T sum;
            fixed (T* p = x, y = result)
            {
                T largest = Extreme<MaximumFunction, T>(p, x.Length);
                if (x.Length <= OnePass)
                {
                    sum = StoreAndSum<ExpOfDifferenceFunction, T>(p, largest, y, x.Length);
                }
                else
                {
                    Elementwise.Binary<ExpOfDifferenceFunction, T>(x, new(in largest), result);
                    sum = Sum<T>(result);
                }
            }

            Elementwise.Binary<DivideFunction, T>(result, new(in sum), result);
        }
    }

    private readonly struct LogSoftmaxRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            T log = LogOf(SumOfExp(x, out T scale));
            Elementwise.Ternary<SubtractBothFunction, T>(x, new(in scale), new(in log), result);
        }
    }

    private readonly struct SoftmaxGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, ReadOnlySpan<T> third, Span<T> result)
        {
            T dot = Dot(gy, y);
            Elementwise.Ternary<SoftmaxGradientFunction, T>(gy, y, new(in dot), result);
        }
    }

    private readonly struct LogSoftmaxGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, ReadOnlySpan<T> third, Span<T> result)
        {
            T sum = Sum(gy);
            Elementwise.Ternary<LogSoftmaxGradientFunction, T>(gy, y, new(in sum), result);
        }
    }
}
