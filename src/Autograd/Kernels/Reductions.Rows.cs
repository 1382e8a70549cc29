using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

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
                AddRest<V, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, sums, (int)count);
                count = 0;
            }

            total.Add(Fold<V, T>(sums));
        }

        return total.Result;
    }

    /// <summary>Adds the last, fewer than the streams, each to its own.</summary>
    private static void AddRest<V, TPoint, T>(
        TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, T* sums, int count)
        where V : unmanaged, IVector<V, T>
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* values = stackalloc T[StreamBytes / sizeof(T)];
        Unsafe.InitBlockUnaligned(values, 0, StreamBytes);
        Elementwise.RunRow(point, x, stepX, y, stepY, z, stepZ, values, count);
        for (int i = 0; i < StreamBytes / sizeof(T); i += V.Count) V.Store(V.Load(sums + i) + V.Load(values + i), sums + i);
    }

    /// <summary>The sum of all streams, halving their number again and again.</summary>
    [MethodImpl(Simd.HotLoop)]
    private static T Fold<V, T>(T* sums)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int half = StreamBytes / sizeof(T) / 2;
        for (; half >= V.Count; half /= 2)
        {
            for (int i = 0; i < half; i += V.Count) V.Store(V.Load(sums + i) + V.Load(sums + half + i), sums + i);
        }

        for (; half >= 1; half /= 2)
        {
            for (int i = 0; i < half; i++) sums[i] += sums[half + i];
        }

        return sums[0];
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
        // The extreme of the same elements taken twice is the same, so the last vector may overlap the one before it.
        TFunction function = default;
        T* lanes = stackalloc T[V.Count];
        int left = (int)nint.Min(count, V.Count);
        if (count < V.Count)
        {
            Unsafe.CopyBlockUnaligned(lanes, x, (uint)(left * sizeof(T)));
        }
        else
        {
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
            V.Store(function.Invoke<V, T>(function.Invoke<V, T>(a, b), function.Invoke<V, T>(c, d)), lanes);
        }

        Vec1<T> extreme = new(lanes[0]);
        for (int i = 1; i < left; i++) extreme = function.Invoke<Vec1<T>, T>(extreme, new(lanes[i]));
        return extreme.Value;
    }
}
