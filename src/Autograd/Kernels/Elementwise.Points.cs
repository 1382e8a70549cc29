using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// One vector of the result from one vector of each operand; operands beyond the arity are never read. Whoever loops cuts the work.
/// </summary>
internal unsafe interface IPoint<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    static abstract int Arity { get; }

    /// <summary>Bytes of an element of the first operand; the others have elements of T.</summary>
    static abstract int FirstSize { get; }

    V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, T>;
}

internal readonly unsafe struct UnaryPoint<TFunction, T>(TFunction function) : IPoint<T>
    where TFunction : unmanaged, IUnaryFunction
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Arity => 1;

    public static int FirstSize => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, T> => function.Invoke<V, T>(V.Load((T*)x));
}

internal readonly unsafe struct BinaryPoint<TFunction, T>(TFunction function) : IPoint<T>
    where TFunction : unmanaged, IBinaryFunction
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Arity => 2;

    public static int FirstSize => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, T> => function.Invoke<V, T>(V.Load((T*)x), V.Load((T*)y));
}

internal readonly unsafe struct TernaryPoint<TFunction, T>(TFunction function) : IPoint<T>
    where TFunction : unmanaged, ITernaryFunction
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Arity => 3;

    public static int FirstSize => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, T> => function.Invoke<V, T>(V.Load((T*)x), V.Load((T*)y), V.Load((T*)z));
}

/// <summary>x² in double precision.</summary>
internal readonly unsafe struct SquarePoint<TFirst> : IPoint<double>
    where TFirst : unmanaged
{
    public static int Arity => 1;

    public static int FirstSize => sizeof(TFirst);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, double>
    {
        V value = typeof(TFirst) == typeof(float) ? V.LoadWidened((float*)x) : V.Load((double*)x);
        return value * value;
    }
}

internal readonly unsafe struct WherePoint<T> : IPoint<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Arity => 3;

    public static int FirstSize => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V>(byte* x, byte* y, byte* z)
        where V : unmanaged, IVector<V, T> => V.Select(V.LoadMask((bool*)x), V.Load((T*)y), V.Load((T*)z));
}
