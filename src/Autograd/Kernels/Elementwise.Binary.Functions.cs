using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

// No blocking here: vectors in, a vector out, all in registers. Elementwise.Rows.cs and Elementwise.Broadcast.cs cut the work.

internal readonly struct AddFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x + y;
}

internal readonly struct SubtractFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x - y;
}

internal readonly struct MultiplyFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x * y;
}

internal readonly struct DivideFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x / y;
}

/// <summary>The larger; NaN if either is NaN.</summary>
internal readonly struct MaximumFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Max(x, y);
}

/// <summary>The smaller; NaN if either is NaN.</summary>
internal readonly struct MinimumFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Min(x, y);
}

/// <summary>x to the power y.</summary>
internal readonly struct PowFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        VectorMath.Pow<V, T>(x, y);
}

/// <summary>The angle of (x, y); y is the first operand.</summary>
internal readonly struct Atan2Function : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V y, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        VectorMath.Atan2<V, T>(y, x);
}

/// <summary>x + scale · y.</summary>
internal readonly struct ScaledAddFunction(double scale) : IBinaryFunction
{
    private readonly Scalar _scale = scale;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.MultiplyAdd(_scale.In<V, T>(), y, x);
}

/// <summary>x · y + z.</summary>
internal readonly struct MultiplyAddFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.MultiplyAdd(x, y, z);
}

/// <summary>The gradient of x / y to x: gy / y.</summary>
internal readonly struct QuotientGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => x / z;
}

/// <summary>The gradient of x / y to y.</summary>
internal readonly struct DivideGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        -(gy * (x / y) / y);
}

/// <summary>The gradient of max(x, y) to x, half of it at a tie; for y swap the two.</summary>
internal readonly struct MaximumGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V tie = V.Select(V.Equal(x, y), gy * V.Constant(0.5), gy);
        return V.Select(V.Less(x, y), V.Zero, tie);
    }
}

/// <summary>The gradient of min(x, y) to x, half of it at a tie; for y swap the two.</summary>
internal readonly struct MinimumGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V tie = V.Select(V.Equal(x, y), gy * V.Constant(0.5), gy);
        return V.Select(V.Less(y, x), V.Zero, tie);
    }
}

/// <summary>The gradient of x^y to x: gy y x^(y−1), and 0 where y = 0.</summary>
internal readonly struct PowBaseGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V slope = y * VectorMath.Pow<V, T>(x, y - V.Constant(1));
        return V.Select(V.Equal(y, V.Zero), V.Zero, gy * slope);
    }
}

/// <summary>The gradient of x^y to y: gy x^y ln x, and 0 where x = 0 and y ≥ 0.</summary>
internal readonly struct PowExponentGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V slope = VectorMath.Pow<V, T>(x, y) * VectorMath.Log<V, T>(x);
        return V.Select(V.Equal(x, V.Zero) & V.LessOrEqual(V.Zero, y), V.Zero, gy * slope);
    }
}

/// <summary>gy x/(x² + y²): the gradient of atan2(y, x) to y; to x it is that of (−y, x) in place of (x, y).</summary>
internal readonly struct Atan2GradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // x/(x² + y²) with both divided by the larger first, so that no square overflows or vanishes.
        V large = V.Max(V.Abs(x), V.Abs(y));
        V u = x / large, v = y / large;
        return gy * (u / V.MultiplyAdd(u, u, v * v) / large);
    }
}

/// <summary>The gradient of atan2(y, x) to x: −gy y/(x² + y²).</summary>
internal readonly struct Atan2AbscissaGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => default(Atan2GradientFunction).Invoke<V, T>(x, -y, z);
}
