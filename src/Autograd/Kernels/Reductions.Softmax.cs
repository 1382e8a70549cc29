using System.Buffers;
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

internal static unsafe partial class Reductions
{
    // Where the reduced axis is not the last, this many columns at a time are copied out, worked on as rows and copied back.
    private const int GatherWidth = 16;

    /// <summary>One row along the reduced axis; <c>second</c> is empty where the work has one operand.</summary>
    private interface IRowWork<T>
    {
        static abstract void Run(ReadOnlySpan<T> first, ReadOnlySpan<T> second, Span<T> result);
    }

    /// <summary>y[o, i] = ln Σₖ exp x[o, k, i]; −∞ of nothing or of −∞ alone.</summary>
    public static void LogSumExp<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSumExpRow<T>, T>(x, default, y, outer, reduce, inner, 1);

    /// <summary>y[o, k, i] = exp x[o, k, i] / Σₖ exp x[o, k, i]. May be done in place.</summary>
    public static void Softmax<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<SoftmaxRow<T>, T>(x, default, y, outer, reduce, inner, reduce);

    /// <summary>y[o, k, i] = x[o, k, i] − ln Σₖ exp x[o, k, i]. May be done in place.</summary>
    public static void LogSoftmax<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSoftmaxRow<T>, T>(x, default, y, outer, reduce, inner, reduce);

    /// <summary>gx = y (gy − Σₖ gy y), from the softmax y. gx may be gy.</summary>
    public static void SoftmaxGradient<T>(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<SoftmaxGradientRow<T>, T>(gy, y, gx, outer, reduce, inner, reduce);

    /// <summary>gx = gy − eʸ Σₖ gy, from the log-softmax y. gx may be gy.</summary>
    public static void LogSoftmaxGradient<T>(
        ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<LogSoftmaxGradientRow<T>, T>(gy, y, gx, outer, reduce, inner, reduce);

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

    private static T LogOf<T>(T x)
        where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.Log<Vec1<T>, T>(new(x)).Value;

    private static void Along<TWork, T>(
        ReadOnlySpan<T> first, ReadOnlySpan<T> second, Span<T> result, int outer, int reduce, int inner, int resultReduce)
        where TWork : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (reduce == 0 && resultReduce == 0 && first.IsEmpty && result.IsEmpty) return; // a softmax of no classes
        bool two = !second.IsEmpty;
        RequireLayout(first.Length, result.Length / Math.Max(resultReduce, 1), outer, reduce, inner);
        if (result.Length != (long)outer * resultReduce * inner || (two && second.Length != first.Length))
        {
            throw new ArgumentException(
                $"Reduction of [{outer}, {reduce}, {inner}]: the second operand has {second.Length} elements, the result {result.Length}.");
        }

        fixed (T* px = first, ps = second, py = result)
        {
            AlongWork<TWork, T> work = new(px, two ? ps : null, py, outer, reduce, inner, resultReduce);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(first.Length, Elementwise.Grain / 2), Math.Max(outer, 1)));
        }
    }

    /// <summary>All rows, or columns, of the outer axis.</summary>
    private readonly struct AlongWork<TWork, T>(
        T* first, T* second, T* result, int outer, int reduce, int inner, int resultReduce) : IParallelWork
        where TWork : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            T[]? scratch = inner == 1 ? null : ArrayPool<T>.Shared.Rent(GatherWidth * (2 * reduce + resultReduce));
            int size = reduce * inner, resultSize = resultReduce * inner;
            for (int o = (int)((long)outer * part / parts); o < (int)((long)outer * (part + 1) / parts); o++)
            {
                ReadOnlySpan<T> a = new(first + (nint)o * size, size);
                ReadOnlySpan<T> b = second == null ? default : new(second + (nint)o * size, size);
                Span<T> y = new(result + (nint)o * resultSize, resultSize);
                if (scratch is null) TWork.Run(a, b, y);
                else AlongColumns<TWork, T>(a, b, y, reduce, inner, resultReduce, scratch);
            }

            if (scratch is not null) ArrayPool<T>.Shared.Return(scratch);
        }
    }

    private static void AlongColumns<TWork, T>(
        ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, int reduce, int inner, int resultReduce, Span<T> scratch)
        where TWork : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> rowsA = scratch[..(GatherWidth * reduce)];
        Span<T> rowsB = scratch.Slice(GatherWidth * reduce, b.IsEmpty ? 0 : GatherWidth * reduce);
        Span<T> rowsY = scratch.Slice(2 * GatherWidth * reduce, GatherWidth * resultReduce);
        for (int start = 0; start < inner; start += GatherWidth)
        {
            int width = Math.Min(GatherWidth, inner - start);
            Gather(a, rowsA, reduce, inner, start, width);
            if (!b.IsEmpty) Gather(b, rowsB, reduce, inner, start, width);
            for (int i = 0; i < width; i++)
            {
                TWork.Run(
                    rowsA.Slice(i * reduce, reduce), b.IsEmpty ? default : rowsB.Slice(i * reduce, reduce),
                    rowsY.Slice(i * resultReduce, resultReduce));
            }

            for (int k = 0; k < resultReduce; k++)
            {
                for (int i = 0; i < width; i++) y[k * inner + start + i] = rowsY[i * resultReduce + k];
            }
        }
    }

    private static void Gather<T>(ReadOnlySpan<T> x, Span<T> rows, int reduce, int inner, int start, int width)
    {
        for (int k = 0; k < reduce; k++)
        {
            for (int i = 0; i < width; i++) rows[i * reduce + k] = x[k * inner + start + i];
        }
    }

    private readonly struct LogSumExpRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, Span<T> result)
        {
            T sum = SumOfExp(x, out T scale);
            result[0] = scale + LogOf(sum);
        }
    }

    private readonly struct SoftmaxRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, Span<T> result)
        {
            if (x.IsEmpty) return;
            fixed (T* p = x)
            {
                T largest = Extreme<MaximumFunction, T>(p, x.Length);
                Elementwise.Binary<ExpOfDifferenceFunction, T>(x, new(in largest), result);
            }

            T sum = Sum<T>(result);
            Elementwise.Binary<DivideFunction, T>(result, new(in sum), result);
        }
    }

    private readonly struct LogSoftmaxRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, Span<T> result)
        {
            T log = LogOf(SumOfExp(x, out T scale));
            Elementwise.Ternary<SubtractBothFunction, T>(x, new(in scale), new(in log), result);
        }
    }

    private readonly struct SoftmaxGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static void Run(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> result)
        {
            T dot = Dot(gy, y);
            Elementwise.Ternary<SoftmaxGradientFunction, T>(gy, y, new(in dot), result);
        }
    }

    private readonly struct LogSoftmaxGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public static void Run(ReadOnlySpan<T> gy, ReadOnlySpan<T> y, Span<T> result)
        {
            T sum = Sum(gy);
            Elementwise.Ternary<LogSoftmaxGradientFunction, T>(gy, y, new(in sum), result);
        }
    }
}
