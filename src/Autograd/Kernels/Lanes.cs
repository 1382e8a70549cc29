using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Vector loads and stores that may be cut short; where <c>lanes</c> is the constant V.Count, they are plain ones.</summary>
internal static unsafe class Lanes<T, V>
    where T : unmanaged
    where V : unmanaged, IVector<V, T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load(T* source, int lanes) => lanes >= V.Count ? V.Load(source) : LoadSome(source, lanes);

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
            StoreSome(value, destination, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V LoadSome(T* source, int lanes)
    {
        T* buffer = stackalloc T[V.Count];
        V.Store(V.Zero, buffer);
        for (int i = 0; i < lanes; i++)
        {
            buffer[i] = source[i];
        }
        return V.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(V value, T* destination, int lanes)
    {
        T* buffer = stackalloc T[V.Count];
        V.Store(value, buffer);
        for (int i = 0; i < lanes; i++)
        {
            destination[i] = buffer[i];
        }
    }
}
