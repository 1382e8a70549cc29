using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

// Gradients of the functions of one argument: gx from gy and what the function keeps, x or y, in one pass over memory.
// A zero gy gives exactly 0 wherever the slope is finite. No blocking here: the loops of Elementwise.Rows.cs cut the work.

/// <summary>gy eˣ.</summary>
internal readonly struct ExpGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * y;
}

/// <summary>gy eˣ, from x: y + 1 would have lost it for negative x.</summary>
internal readonly struct Expm1GradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Exp<V, T>(x);
}

/// <summary>gy / x.</summary>
internal readonly struct LogGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy / x;
}

/// <summary>gy / (1 + x).</summary>
internal readonly struct Log1pGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy / (V.Constant(1) + x);
}

/// <summary>gy / (2y).</summary>
internal readonly struct SqrtGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy / (y + y);
}

/// <summary>−gy y³/2.</summary>
internal readonly struct RsqrtGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * V.Constant(-0.5) * (y * y * y);
}

/// <summary>2 gy x.</summary>
internal readonly struct SquareGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * (x + x);
}

/// <summary>gy sign(x).</summary>
internal readonly struct AbsGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Sign<V, T>(x);
}

/// <summary>−gy y².</summary>
internal readonly struct ReciprocalGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        -(gy * y * y);
}

/// <summary>gy cos x.</summary>
internal readonly struct SinGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Cos<V, T>(x);
}

/// <summary>−gy sin x.</summary>
internal readonly struct CosGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        -(gy * VectorMath.Sin<V, T>(x));
}

/// <summary>gy (1 + y²).</summary>
internal readonly struct TanGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * V.MultiplyAdd(y, y, V.Constant(1));
}

/// <summary>gy / √(1 − x²).</summary>
internal readonly struct AsinGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy / V.Sqrt((V.Constant(1) - x) * (V.Constant(1) + x));
}

/// <summary>gy / (1 + x²).</summary>
internal readonly struct AtanGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy / V.MultiplyAdd(x, x, V.Constant(1));
}

/// <summary>gy cosh x.</summary>
internal readonly struct SinhGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Cosh<V, T>(x);
}

/// <summary>gy sinh x.</summary>
internal readonly struct CoshGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Sinh<V, T>(x);
}

/// <summary>gy (1 − y²).</summary>
internal readonly struct TanhGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * (V.Constant(1) - y * y);
}

/// <summary>gy y (1 − y).</summary>
internal readonly struct SigmoidGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * (y * (V.Constant(1) - y));
}

/// <summary>gy σ(−x).</summary>
internal readonly struct LogSigmoidGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * VectorMath.Sigmoid<V, T>(-x);
}

/// <summary>gy 2/√π e^(−x²).</summary>
internal readonly struct ErfGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * V.Constant(1.1283791670955126) * VectorMath.ExpOfMinusSquare<V, T>(x, 1);
}

/// <summary>gy exponent x^(exponent−1), and 0 everywhere for exponent 0.</summary>
internal readonly struct PowScalarGradientFunction(double exponent) : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (exponent == 0) return V.Zero;
        return gy * (V.Constant(exponent) * VectorMath.PowScalar<V, T>(x, exponent - 1));
    }
}

/// <summary>gy where x > 0, else 0; the result serves as well as x.</summary>
internal readonly struct ReluGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.LessOrEqual(x, V.Zero), V.Zero, gy);
}

/// <summary>gy where x > 0, else slope · gy.</summary>
internal readonly struct LeakyReluGradientFunction(double slope) : IBinaryFunction
{
    private readonly Scalar _slope = slope;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.Less(V.Zero, x), gy, gy * _slope.In<V, T>());
}

/// <summary>scale · gy where x > 0, else scale · alpha eˣ gy.</summary>
internal readonly struct EluGradientFunction(double alpha, double scale = 1) : IBinaryFunction
{
    private readonly Scalar _below = scale * alpha, _above = scale;

    public static EluGradientFunction Selu => new(1.6732632423543772848170429916717, 1.0507009873554804934193349852946);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V negative = gy * _below.In<V, T>() * VectorMath.Exp<V, T>(V.AtMost(x, V.Zero));
        return V.Select(V.Less(V.Zero, x), gy * _above.In<V, T>(), negative);
    }
}

/// <summary>gy (Φ(x) + x φ(x)).</summary>
internal readonly struct GeluGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V distribution = VectorMath.NormalDistribution<V, T>(x, out V density);
        V limited = VectorMath.Limit<V, T>(x);
        return gy * V.MultiplyAdd(limited * density, V.Constant(0.3989422804014327), distribution);
    }
}

/// <summary>gy (s + 2 x s (1 − s) u′) with s = σ(2u); beyond ±30 the second term is 0.</summary>
internal readonly struct GeluTanhGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V limited = V.AtLeast(V.AtMost(x, V.Constant(30)), V.Constant(-30));
        V s = VectorMath.Sigmoid<V, T>(VectorMath.GeluArgument<V, T>(x));
        V slope = V.MultiplyAdd(limited * limited, V.Constant(6 * 0.044715 * VectorMath.SqrtTwoOverPi), V.Constant(2 * VectorMath.SqrtTwoOverPi));
        return gy * V.MultiplyAdd(limited * slope, s * (V.Constant(1) - s), s);
    }
}

/// <summary>gy s (1 + x (1 − s)) with s = σ(x).</summary>
internal readonly struct SiluGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V s = VectorMath.Sigmoid<V, T>(x);
        return gy * (s * V.MultiplyAdd(VectorMath.Limit<V, T>(x), V.Constant(1) - s, V.Constant(1)));
    }
}

/// <summary>gy (tanh(softplus x) + x slope).</summary>
internal readonly struct MishGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // With e = eˣ and n = e (e + 2): tanh(softplus x) = n/(n + 2), and its slope is 4 e (1 + e)/(n + 2)².
        V n = VectorMath.MishTerm<V, T>(x, out V e);
        V d = n + V.Constant(2);
        V slope = V.Constant(4) * (e / d) * ((V.Constant(1) + e) / d);
        return gy * V.MultiplyAdd(VectorMath.Limit<V, T>(x), slope, n / d);
    }
}

/// <summary>gy σ(beta x); gy itself where beta x > threshold.</summary>
internal readonly struct SoftplusGradientFunction(double beta, double threshold) : IBinaryFunction
{
    private readonly Scalar _beta = beta, _threshold = threshold;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V scaled = x * _beta.In<V, T>();
        return V.Select(V.Less(_threshold.In<V, T>(), scaled), gy, gy * VectorMath.Sigmoid<V, T>(scaled));
    }
}

/// <summary>gy where min ≤ x ≤ max, else 0.</summary>
internal readonly struct ClampGradientFunction(double min, double max) : IBinaryFunction
{
    private readonly Scalar _min = min, _max = max;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.LessOrEqual(_min.In<V, T>(), x) & V.LessOrEqual(x, _max.In<V, T>()), gy, V.Zero);
}

/// <summary>gy strictly inside the limits, else 0.</summary>
internal readonly struct HardTanhGradientFunction(double min, double max) : IBinaryFunction
{
    private readonly Scalar _min = min, _max = max;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.LessOrEqual(x, _min.In<V, T>()) | V.LessOrEqual(_max.In<V, T>(), x), V.Zero, gy);
}

/// <summary>gy / 6 strictly between −3 and 3, else 0. The sixth is rounded to float, as in PyTorch, whose gradients are the standard.</summary>
internal readonly struct HardSigmoidGradientFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.Less(V.Constant(-3), x) & V.Less(x, V.Constant(3)), gy * V.Constant(1f / 6), V.Zero);
}
