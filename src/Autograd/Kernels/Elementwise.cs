using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>y = f(x), element by element, at any vector width. Parameters are fields of the struct.</summary>
internal interface IUnaryFunction
{
    V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>z = f(x, y), element by element, at any vector width.</summary>
internal interface IBinaryFunction
{
    V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>w = f(x, y, z), element by element, at any vector width.</summary>
internal interface ITernaryFunction
{
    V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>A number that is known at run time alone, as a float too, for functions to spread over a vector.</summary>
/// <remarks>
/// Not <c>V.Constant</c>: the conversion to a float writes a part of a register and so waits for whoever used the rest of it,
/// which in a loop is the element before; the elements then go one after the other, however long the function is.
/// </remarks>
internal readonly struct Scalar(double value)
{
    private readonly double _value = value;
    private readonly float _single = (float)value;

    public static implicit operator Scalar(double value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V In<V, T>()
        where V : unmanaged, IVector<V, T>
        where T : unmanaged => V.Broadcast(typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>(_single) : Unsafe.BitCast<double, T>(_value));
}

/// <summary>
/// Drivers that apply a function to spans. An input of length 1 stands for all positions. The result may be the very same
/// span as an input; spans that overlap otherwise are not allowed. An element's bits depend on the inputs' elements alone:
/// not on position, length, vector width or thread.
/// </summary>
/// <remarks>
/// No blocking: each element is read and written once, so nothing would be found in a cache again. Elementwise.Rows.cs shares out a row.
/// </remarks>
internal static partial class Elementwise
{
    /// <summary>y[i] = f(x[i]).</summary>
    public static unsafe void Unary<TFunction, T>(ReadOnlySpan<T> x, Span<T> y, TFunction function = default)
        where TFunction : unmanaged, IUnaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int stepX = Step(x.Length, y.Length);
        fixed (T* px = x, py = y)
        {
            Run<UnaryPoint<TFunction, T>, T>(new(function), (byte*)px, stepX, null, 0, null, 0, py, y.Length);
        }
    }

    /// <summary>z[i] = f(x[i], y[i]).</summary>
    public static unsafe void Binary<TFunction, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, TFunction function = default)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int stepX = Step(x.Length, z.Length), stepY = Step(y.Length, z.Length);
        fixed (T* px = x, py = y, pz = z)
        {
            Run<BinaryPoint<TFunction, T>, T>(new(function), (byte*)px, stepX, (byte*)py, stepY, null, 0, pz, z.Length);
        }
    }

    /// <summary>w[i] = f(x[i], y[i], z[i]).</summary>
    public static unsafe void Ternary<TFunction, T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, Span<T> w, TFunction function = default)
        where TFunction : unmanaged, ITernaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int stepX = Step(x.Length, w.Length), stepY = Step(y.Length, w.Length), stepZ = Step(z.Length, w.Length);
        fixed (T* px = x, py = y, pz = z, pw = w)
        {
            Run<TernaryPoint<TFunction, T>, T>(new(function), (byte*)px, stepX, (byte*)py, stepY, (byte*)pz, stepZ, pw, w.Length);
        }
    }

    /// <summary>z[i] = condition[i] ? x[i] : y[i].</summary>
    public static unsafe void Where<T>(ReadOnlySpan<bool> condition, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int stepC = Step(condition.Length, z.Length), stepX = Step(x.Length, z.Length), stepY = Step(y.Length, z.Length);
        fixed (bool* pc = condition)
        fixed (T* px = x, py = y, pz = z)
        {
            Run<WherePoint<T>, T>(default, (byte*)pc, stepC, (byte*)px, stepX, (byte*)py, stepY, pz, z.Length);
        }
    }

    private static int Step(int length, int resultLength) => length == resultLength ? 1 : length == 1 ? 0
        : throw new ArgumentException($"Elementwise kernel: an input has {length} elements and the result {resultLength}; " +
            "an input must be as long as the result, or have one element.");
}
