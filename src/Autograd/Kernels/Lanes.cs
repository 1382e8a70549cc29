using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Vector loads and stores that may be cut short; where <c>lanes</c> is the constant V.Count, they are plain ones. And how threads
/// share a row: by whole vectors, so that only the last of it is cut short.
/// </summary>
internal static unsafe class Lanes<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    /// <summary>Where part <paramref name="part"/> of <paramref name="parts"/> of a row of so many elements begins and ends.</summary>
    internal static (int Start, int End) Share(int count, int part, int parts)
    {
        int vectors = GemmDriver<T, V>.Vectors(count);
        return (WorkerPool.Share(vectors, part, parts) * V.Count, Math.Min(WorkerPool.Share(vectors, part + 1, parts) * V.Count, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load(T* source, int lanes) => lanes >= V.Count ? V.Load(source) : V.LoadWhere(source, V.FirstLanes(lanes));

    /// <summary>Zero where there is nothing to load.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V LoadOrZero(T* source, nint offset, int lanes) => source == null ? V.Zero : Load(source + offset, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(V value, T* destination, int lanes)
    {
        if (lanes >= V.Count)
        {
            V.Store(value, destination);
        }
        else
        {
            V.StoreWhere(value, destination, V.FirstLanes(lanes));
        }
    }

    /// <summary>The elements where the mask is set, on machines that cannot load them at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static V LoadWhere(T* source, V mask)
    {
        T* lanes = stackalloc T[V.Count], set = stackalloc T[V.Count];
        V.Store(V.Zero, lanes);
        V.Store(mask, set);
        for (int i = 0; i < V.Count; i++)
        {
            if (*(byte*)(set + i) != 0) lanes[i] = source[i];
        }

        return V.Load(lanes);
    }

    /// <summary>Stores lanes where the mask is set, on machines that cannot do it at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void StoreWhere(V value, T* destination, V mask)
    {
        T* lanes = stackalloc T[V.Count], set = stackalloc T[V.Count];
        V.Store(value, lanes);
        V.Store(mask, set);
        for (int i = 0; i < V.Count; i++)
        {
            if (*(byte*)(set + i) != 0) destination[i] = lanes[i];
        }
    }
}
