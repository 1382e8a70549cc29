using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Rows along the last axis. Sums run in streams that fill four of the widest vectors, whatever the width in use, so that the bits do not
/// depend on it and four chains of additions hide one another's latency; extremes, which any order gives, run in four vectors.
/// </summary>
internal static unsafe partial class Reductions
{
    /// <summary>The sum over i of the point's value at i, for operands that run along the row (step 1) or stand still (step 0).</summary>
    private static T SumOf<TPoint, T>(TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, nint count)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T> => Simd.Width switch
        {
            512 => SumOf<Vec512<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, count),
            256 => SumOf<Vec256<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, count),
            128 => SumOf<Vec128<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, count),
            _ => SumOf<Vec1<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, count),
        };

    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static T SumOf<V, TPoint, T>(
        TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, nint count)
        where V : unmanaged, IVector<V, T>
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int streams = StreamBytes / sizeof(T);
        T* sums = stackalloc T[StreamBytes / sizeof(T)];
        PairwiseSum<T> total = new(stackalloc T[PairwiseSum<T>.Capacity]);
        V spreadX, spreadY, spreadZ;
        if (stepX == 0) x = Elementwise.Spread<V, T>(&spreadX, x, TPoint.FirstSize);
        if (TPoint.Arity > 1 && stepY == 0) y = Elementwise.Spread<V, T>(&spreadY, y, sizeof(T));
        if (TPoint.Arity > 2 && stepZ == 0) z = Elementwise.Spread<V, T>(&spreadZ, z, sizeof(T));
        nint vectorX = (nint)stepX * V.Count * TPoint.FirstSize;
        nint vectorY = (nint)stepY * V.Count * sizeof(T);
        nint vectorZ = (nint)stepZ * V.Count * sizeof(T);
        int vectors = streams / V.Count;
        bool first = true;
        while (count > 0)
        {
            int depth = (int)nint.Min(BlockDepth, count / streams);

            // Four vectors of streams at a time; where the vectors are short the others follow in further passes.
            for (int group = 0; group < vectors; group += 4)
            {
                V a = V.Zero, b = V.Zero, c = V.Zero, d = V.Zero;
                byte* px = x + group * vectorX, py = y + group * vectorY, pz = z + group * vectorZ;
                for (int i = 0; i < depth; i++)
                {
                    a += point.Invoke<V>(px, py, pz);
                    b += point.Invoke<V>(px + vectorX, py + vectorY, pz + vectorZ);
                    c += point.Invoke<V>(px + 2 * vectorX, py + 2 * vectorY, pz + 2 * vectorZ);
                    d += point.Invoke<V>(px + 3 * vectorX, py + 3 * vectorY, pz + 3 * vectorZ);
                    px += vectors * vectorX;
                    py += vectors * vectorY;
                    pz += vectors * vectorZ;
                }

                T* destination = sums + group * V.Count;
                V.Store(a, destination);
                V.Store(b, destination + V.Count);
                V.Store(c, destination + 2 * V.Count);
                V.Store(d, destination + 3 * V.Count);
            }

            nint done = (nint)depth * vectors;
            x += done * vectorX;
            y += done * vectorY;
            z += done * vectorZ;
            count -= done * V.Count;
            if (count > 0 && depth < BlockDepth)
            {
                AddRest<V, TPoint, T>(point, x, vectorX, y, vectorY, z, vectorZ, sums, (int)count);
                count = 0;
            }

            // A block that is all there is is the sum: short rows do without what adds blocks up.
            T block = Fold<V, T>(sums);
            if (first && count == 0) return block;
            first = false;
            total.Add(block);
        }

        return total.Result;
    }

    /// <summary>result[i] = f(x[i], y), and their sum.</summary>
    private static T StoreAndSum<TFunction, T>(T* x, T y, T* result, nint count)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T> => Simd.Width switch
        {
            512 => StoreAndSum<Vec512<T>, TFunction, T>(x, y, result, count),
            256 => StoreAndSum<Vec256<T>, TFunction, T>(x, y, result, count),
            128 => StoreAndSum<Vec128<T>, TFunction, T>(x, y, result, count),
            _ => StoreAndSum<Vec1<T>, TFunction, T>(x, y, result, count),
        };

    /// <summary>The sum is that of <see cref="SumOf{TPoint, T}"/>, with its streams in memory: one vector at a time, since the function is long.</summary>
    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static T StoreAndSum<V, TFunction, T>(T* x, T y, T* result, nint count)
        where V : unmanaged, IVector<V, T>
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TFunction function = default;
        int streams = StreamBytes / sizeof(T);
        T* sums = stackalloc T[StreamBytes / sizeof(T)];
        PairwiseSum<T> total = new(stackalloc T[PairwiseSum<T>.Capacity]);
        V right = V.Broadcast(y);
        bool first = true;
        while (count > 0)
        {
            for (int i = 0; i < streams; i += V.Count) V.Store(V.Zero, sums + i);
            int block = (int)nint.Min(streams * BlockDepth, count);
            for (int i = 0; i < block; i += V.Count)
            {
                V mask = V.FirstLanes(block - i);
                bool whole = i + V.Count <= block;
                V value = function.Invoke<V, T>(whole ? V.Load(x + i) : V.LoadWhere(x + i, mask), right);
                T* sum = sums + (i & (streams - 1));
                if (whole)
                {
                    V.Store(value, result + i);
                    V.Store(V.Load(sum) + value, sum);
                }
                else
                {
                    V.StoreWhere(value, result + i, mask);
                    V.Store(V.Load(sum) + (value & mask), sum);
                }
            }

            x += block;
            result += block;
            count -= block;
            T folded = Fold<V, T>(sums);
            if (first && count == 0) return folded;
            first = false;
            total.Add(folded);
        }

        return total.Result;
    }

    /// <summary>Adds the last, fewer than the streams, each to its own.</summary>
    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static void AddRest<V, TPoint, T>(
        TPoint point, byte* x, nint vectorX, byte* y, nint vectorY, byte* z, nint vectorZ, T* sums, int count)
        where V : unmanaged, IVector<V, T>
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V paddedX, paddedY, paddedZ;
        for (; count > 0; count -= V.Count, sums += V.Count, x += vectorX, y += vectorY, z += vectorZ)
        {
            if (count < V.Count)
            {
                if (vectorX != 0) x = Elementwise.Pad<V, T>(&paddedX, x, count, TPoint.FirstSize);
                if (TPoint.Arity > 1 && vectorY != 0) y = Elementwise.Pad<V, T>(&paddedY, y, count, sizeof(T));
                if (TPoint.Arity > 2 && vectorZ != 0) z = Elementwise.Pad<V, T>(&paddedZ, z, count, sizeof(T));
            }

            V.Store(V.Load(sums) + (point.Invoke<V>(x, y, z) & V.FirstLanes(count)), sums);
        }
    }

    /// <summary>The sum of all streams, halving their number again and again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Fold<V, T>(T* sums)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (V.Count * sizeof(T) * 4 == StreamBytes)
        {
            V a = V.Load(sums) + V.Load(sums + 2 * V.Count), b = V.Load(sums + V.Count) + V.Load(sums + 3 * V.Count);
            return V.ToScalar(Across<V, AddFunction, T>(a + b));
        }

        for (int half = StreamBytes / sizeof(T) / 2; half >= V.Count; half /= 2)
        {
            for (int i = 0; i < half; i += V.Count) V.Store(V.Load(sums + i) + V.Load(sums + half + i), sums + i);
        }

        return V.ToScalar(Across<V, AddFunction, T>(V.Load(sums)));
    }

    /// <summary>All lanes as one, in each lane: halves with each other, then quarters, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Across<V, TFunction, T>(V value)
        where V : unmanaged, IVector<V, T>
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TFunction function = default;
        if (V.Count > 8) value = function.Invoke<V, T>(value, V.Exchange(value, 8));
        if (V.Count > 4) value = function.Invoke<V, T>(value, V.Exchange(value, 4));
        if (V.Count > 2) value = function.Invoke<V, T>(value, V.Exchange(value, 2));
        return V.Count > 1 ? function.Invoke<V, T>(value, V.Exchange(value, 1)) : value;
    }

    /// <summary>The largest (or smallest) of at least one element, NaN if there is one.</summary>
    private static T Extreme<TFunction, T>(T* x, nint count)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T> => Simd.Width switch
        {
            512 => Extreme<Vec512<T>, TFunction, T>(x, count),
            256 => Extreme<Vec256<T>, TFunction, T>(x, count),
            128 => Extreme<Vec128<T>, TFunction, T>(x, count),
            _ => Extreme<Vec1<T>, TFunction, T>(x, count),
        };

    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static T Extreme<V, TFunction, T>(T* x, nint count)
        where V : unmanaged, IVector<V, T>
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The extreme of the same elements taken twice is the same, so the last vector may overlap the one before it, and what
        // a short row leaves free of a vector takes its first element.
        TFunction function = default;
        V first = V.Broadcast(*x);
        if (count < V.Count)
        {
            V mask = V.FirstLanes((int)count);
            return V.ToScalar(Across<V, TFunction, T>(V.Select(mask, V.LoadWhere(x, mask), first)));
        }

        V a = V.Load(x), b = a, c = a, d = a;
        nint i = V.Count;
        for (; i <= count - 4 * V.Count; i += 4 * V.Count)
        {
            a = function.Invoke<V, T>(a, V.Load(x + i));
            b = function.Invoke<V, T>(b, V.Load(x + i + V.Count));
            c = function.Invoke<V, T>(c, V.Load(x + i + 2 * V.Count));
            d = function.Invoke<V, T>(d, V.Load(x + i + 3 * V.Count));
        }

        for (; i <= count - V.Count; i += V.Count) a = function.Invoke<V, T>(a, V.Load(x + i));
        b = function.Invoke<V, T>(b, V.Load(x + count - V.Count));
        return V.ToScalar(Across<V, TFunction, T>(function.Invoke<V, T>(function.Invoke<V, T>(a, b), function.Invoke<V, T>(c, d))));
    }
}
