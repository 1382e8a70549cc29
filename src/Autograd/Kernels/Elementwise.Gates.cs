using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

// What lets a gradient through or holds it back, and makes one function of another. No blocking here: the loops of Elementwise cut the work.

/// <summary>g where x > threshold, else 0.</summary>
internal readonly struct AboveFunction(double threshold) : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Less(V.Constant(threshold), y), x, V.Zero);
}

/// <summary>0 where x > threshold, else g.</summary>
internal readonly struct NotAboveFunction(double threshold) : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Less(V.Constant(threshold), y), V.Zero, x);
}

/// <summary>0 where b = 0, else g.</summary>
internal readonly struct NonzeroExponentFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Equal(z, V.Zero), V.Zero, x);
}

/// <summary>0 where a = 0 and b ≥ 0, else g.</summary>
internal readonly struct NonzeroBaseFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Equal(y, V.Zero) & V.LessOrEqual(V.Zero, z), V.Zero, x);
}

/// <summary>f with its last two arguments exchanged.</summary>
internal readonly struct Swapped<TFunction>(TFunction function) : ITernaryFunction
    where TFunction : unmanaged, ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => function.Invoke<V, T>(x, z, y);
}
