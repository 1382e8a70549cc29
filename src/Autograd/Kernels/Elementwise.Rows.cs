using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// One loop over vectors for all functions. Threads share a row by stretches of neighbouring elements, each long enough to be worth
/// waking a thread.
/// </summary>
internal static partial class Elementwise
{
    /// <summary>Elements a thread gets at least; below twice as many a second thread costs more than it gives.</summary>
    internal const int Grain = 1 << 15;

    // Threads share no cache line of the result.
    private const int PartMultiple = 64;

    /// <summary>A row on as many threads as it is worth. One that is short is done without a word to the pool, which would cost as much as the row.</summary>
    private static unsafe void Run<TPoint, T>(
        TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, T* result, nint count)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int parts = WorkerPool.PartsFor(count, Grain);
        if (parts == 1) RunRow(point, x, stepX, y, stepY, z, stepZ, result, count);
        else WorkerPool.Run(new Row<TPoint, T>(point, x, stepX, y, stepY, z, stepZ, result, count), parts);
    }

    /// <summary>A row of the result. Each operand either runs along it (step 1) or stands still (step 0).</summary>
    private readonly unsafe struct Row<TPoint, T>(
        TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, T* result, nint count) : IParallelWork
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            nint start = Bound(part, parts), end = Bound(part + 1, parts);
            byte* partX = x + start * stepX * TPoint.FirstSize;
            byte* partY = y + start * stepY * sizeof(T);
            byte* partZ = z + start * stepZ * sizeof(T);
            RunRow(point, partX, stepX, partY, stepY, partZ, stepZ, result + start, end - start);
        }

        private nint Bound(int part, int parts) =>
            part == parts ? count : (nint)WorkerPool.Share((long)count, part, parts) / PartMultiple * PartMultiple;
    }

    /// <summary>result[i] = point of x, y, z at i, for operands that run along the row (step 1) or stand still (step 0).</summary>
    internal static unsafe void RunRow<TPoint, T>(
        TPoint point, byte* x, int stepX, byte* y, int stepY, byte* z, int stepZ, T* result, nint count)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (Simd.Width)
        {
            case 512: RunRow<Vec512<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, result, count); break;
            case 256: RunRow<Vec256<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, result, count); break;
            case 128: RunRow<Vec128<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, result, count); break;
            default: RunRow<Vec1<T>, TPoint, T>(point, x, stepX, y, stepY, z, stepZ, result, count); break;
        }
    }

    /// <summary>
    /// One loop for every case: an operand that stands still is spread over a vector beforehand and its pointer not moved;
    /// the last elements go round once more, in vectors filled up with zeros.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    internal static unsafe void RunRow<V, TPoint, T>(
        TPoint point, byte* x, nint stepX, byte* y, nint stepY, byte* z, nint stepZ, T* result, nint count)
        where V : unmanaged, IVector<V, T>
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V spreadX, spreadY, spreadZ, last;
        if (stepX == 0) x = Spread<V, T>(&spreadX, x, TPoint.FirstSize);
        if (TPoint.Arity > 1 && stepY == 0) y = Spread<V, T>(&spreadY, y, sizeof(T));
        if (TPoint.Arity > 2 && stepZ == 0) z = Spread<V, T>(&spreadZ, z, sizeof(T));
        stepX *= V.Count * TPoint.FirstSize;
        stepY *= V.Count * sizeof(T);
        stepZ *= V.Count * sizeof(T);
        nint vectors = count / V.Count;
        int rest = (int)(count % V.Count);
        T* tail = null;
        while (true)
        {
            for (; vectors > 0; vectors--)
            {
                V.Store(point.Invoke<V>(x, y, z), result);
                x += stepX;
                if (TPoint.Arity > 1) y += stepY;
                if (TPoint.Arity > 2) z += stepZ;
                result += V.Count;
            }

            if (rest == 0) return;
            if (tail != null) break;
            tail = result;
            if (stepX != 0) x = Pad<V, T>(&spreadX, x, rest, TPoint.FirstSize);
            if (TPoint.Arity > 1 && stepY != 0) y = Pad<V, T>(&spreadY, y, rest, sizeof(T));
            if (TPoint.Arity > 2 && stepZ != 0) z = Pad<V, T>(&spreadZ, z, rest, sizeof(T));
            result = (T*)&last;
            vectors = 1;
        }

        V.StoreWhere(V.Load((T*)&last), tail, V.FirstLanes(rest));
    }

    /// <summary>An element, repeated, as a vector to load from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe byte* Spread<V, T>(V* destination, byte* element, int size)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        if (size == sizeof(T)) *destination = V.Broadcast(*(T*)element);
        else Unsafe.InitBlockUnaligned(destination, *element, (uint)sizeof(V));
        return (byte*)destination;
    }

    /// <summary>The first elements, filled up with zeros, as a vector to load from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe byte* Pad<V, T>(V* destination, byte* source, int count, int size)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged
    {
        if (size == sizeof(T))
        {
            *destination = V.LoadWhere((T*)source, V.FirstLanes(count));
        }
        else
        {
            *destination = V.Zero;
            Unsafe.CopyBlockUnaligned(destination, source, (uint)(count * size));
        }

        return (byte*)destination;
    }
}
