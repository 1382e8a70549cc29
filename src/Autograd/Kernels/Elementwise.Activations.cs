using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

// No blocking here: vectors in, a vector out, all in registers. Elementwise.Rows.cs and Elementwise.Broadcast.cs cut the work.

/// <summary>max(x, 0).</summary>
internal readonly struct ReluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.AtLeast(x, V.Zero);
}

/// <summary>x where x > 0, else slope · x.</summary>
internal readonly struct LeakyReluFunction(double slope) : IUnaryFunction
{
    private readonly Scalar _slope = slope;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.Select(V.Less(V.Zero, x), x, x * _slope.In<V, T>());
}

/// <summary>scale (x where x > 0, else alpha (eˣ − 1)); <see cref="Selu"/> is the self-normalizing choice of both.</summary>
internal readonly struct EluFunction(double alpha, double scale = 1) : IUnaryFunction
{
    private readonly Scalar _below = scale * alpha, _above = scale;

    public static EluFunction Selu => new(1.6732632423543772848170429916717, 1.0507009873554804934193349852946);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Expm1 of what is not above 0, so that nothing overflows on the way.
        V negative = _below.In<V, T>() * VectorMath.Expm1<V, T>(V.AtMost(x, V.Zero));
        return V.Select(V.Less(V.Zero, x), x * _above.In<V, T>(), negative);
    }
}

/// <summary>x Φ(x), Φ the distribution function of the standard normal: accurate in the negative tail too.</summary>
internal readonly struct GeluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x * VectorMath.NormalDistribution<V, T>(x, out _);
}

/// <summary>x (1 + tanh u)/2 = x σ(2u) with u = √(2/π)(x + 0.044715 x³).</summary>
internal readonly struct GeluTanhFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x * VectorMath.Sigmoid<V, T>(VectorMath.GeluArgument<V, T>(x));
}

/// <summary>x σ(x).</summary>
internal readonly struct SiluFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        x * VectorMath.Sigmoid<V, T>(x);
}

/// <summary>x tanh(ln(1 + eˣ)).</summary>
internal readonly struct MishFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V n = VectorMath.MishTerm<V, T>(x, out _);
        return x * (n / (n + V.Constant(2)));
    }
}

/// <summary>ln(1 + e^(beta x))/beta; x itself where beta x > threshold.</summary>
internal readonly struct SoftplusFunction(double beta, double threshold) : IUnaryFunction
{
    private readonly Scalar _beta = beta, _threshold = threshold;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V scaled = x * _beta.In<V, T>();
        return V.Select(V.Less(_threshold.In<V, T>(), scaled), x, VectorMath.Softplus<V, T>(scaled) / _beta.In<V, T>());
    }
}

/// <summary>x limited to [min, max]; infinities for no limit. NaN stays NaN.</summary>
internal readonly struct ClampFunction(double min, double max) : IUnaryFunction
{
    private readonly Scalar _min = min, _max = max;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.AtMost(V.AtLeast(x, _min.In<V, T>()), _max.In<V, T>());
}

/// <summary>min(max(x + 3, 0), 6)/6.</summary>
internal readonly struct HardSigmoidFunction : IUnaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        V.AtMost(V.AtLeast(x + V.Constant(3), V.Zero), V.Constant(6)) / V.Constant(6);
}
