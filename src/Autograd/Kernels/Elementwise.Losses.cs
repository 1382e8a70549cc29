using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

// Losses of an element x against its target t, and their gradients in one pass: functions of gy, x and t.
// No blocking here: the loops of Elementwise.Rows.cs cut the work.

/// <summary>−f(x, y, z).</summary>
internal readonly struct Negated<TFunction>(TFunction function) : ITernaryFunction
    where TFunction : unmanaged, ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V y, V z)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => -function.Invoke<V, T>(x, y, z);
}

/// <summary>(x − t)².</summary>
internal readonly struct SquaredErrorFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V d = x - t;
        return d * d;
    }
}

/// <summary>2 gy (x − t).</summary>
internal readonly struct SquaredErrorGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V d = x - t;
        return gy * (d + d);
    }
}

/// <summary>|x − t|.</summary>
internal readonly struct AbsoluteErrorFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Abs(x - t);
}

/// <summary>gy sign(x − t).</summary>
internal readonly struct AbsoluteErrorGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => gy * VectorMath.Sign<V, T>(x - t);
}

/// <summary>curvature d²/2 where |d| ≤ limit, else slope (|d| − limit/2), with d = x − t.</summary>
internal readonly struct HuberFunction(double limit, double curvature, double slope) : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V d = x - t, size = V.Abs(d);
        V near = d * d * V.Constant(curvature * 0.5), far = V.Constant(slope) * (size - V.Constant(limit * 0.5));
        return V.Select(V.LessOrEqual(size, V.Constant(limit)), near, far);
    }
}

/// <summary>gy curvature d where |d| ≤ limit, else gy slope sign(d), with d = x − t.</summary>
internal readonly struct HuberGradientFunction(double limit, double curvature, double slope) : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V d = x - t;
        V far = V.Select(V.Less(d, V.Zero), V.Constant(-slope), V.Constant(slope));
        V near = d * V.Constant(curvature);

        // The comparison is false for NaN, which near passes on.
        return gy * V.Select(V.Less(V.Constant(limit), V.Abs(d)), far, near);
    }
}

/// <summary>−(t ln x + (1 − t) ln(1 − x)), each logarithm at least −100.</summary>
internal readonly struct BinaryCrossEntropyFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V yes = V.AtLeast(VectorMath.Log<V, T>(x), V.Constant(-100)), no = V.AtLeast(VectorMath.Log1p<V, T>(-x), V.Constant(-100));
        return -(t * yes + (V.Constant(1) - t) * no);
    }
}

/// <summary>gy (x − t) / max(x (1 − x), 1e-12).</summary>
internal readonly struct BinaryCrossEntropyGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        gy * ((x - t) / V.AtLeast(x * (V.Constant(1) - x), V.Constant(1e-12)));
}

/// <summary>gy (ln(1 − x) − ln x), each logarithm at least −100.</summary>
internal readonly struct BinaryCrossEntropyTargetGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V yes = V.AtLeast(VectorMath.Log<V, T>(x), V.Constant(-100)), no = V.AtLeast(VectorMath.Log1p<V, T>(-x), V.Constant(-100));
        return gy * (no - yes);
    }
}

/// <summary>−(t ln σ(x) + (1 − t) ln(1 − σ(x))) = ln(1 + e^(−|x|)) + x ([x > 0] − t).</summary>
internal readonly struct LogitLossFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        VectorMath.Log1p<V, T>(VectorMath.ExpOfNonPositive<V, T>(-V.Abs(x))) + x * V.Select(V.Less(V.Zero, x), V.Constant(1) - t, -t);
}

/// <summary>gy ((1 − t) σ(x) − t σ(−x)): no difference of two numbers near 1.</summary>
internal readonly struct LogitLossGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => gy * WeightedLogitSlopeFunction.Slope<V, T>(x, t, t);
}

/// <summary>−gy x.</summary>
internal readonly struct LogitTargetGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => -(gy * x);
}

/// <summary>−(w t ln σ(x) + (1 − t) ln(1 − σ(x))).</summary>
internal readonly struct WeightedLogitLossFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t, V w)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V rest = VectorMath.Log1p<V, T>(VectorMath.ExpOfNonPositive<V, T>(-V.Abs(x)));
        V yes = rest + V.AtLeast(-x, V.Zero), no = rest + V.AtLeast(x, V.Zero);
        return w * t * yes + (V.Constant(1) - t) * no;
    }
}

/// <summary>The slope of the weighted loss to x: (1 − t) σ(x) − w t σ(−x).</summary>
internal readonly struct WeightedLogitSlopeFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Slope<V, T>(V x, V t, V weighted)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V e = VectorMath.ExpOfNonPositive<V, T>(-V.Abs(x)), large = V.Constant(1) / (V.Constant(1) + e), small = e * large;
        V positive = V.Less(V.Zero, x);
        return (V.Constant(1) - t) * V.Select(positive, large, small) - weighted * V.Select(positive, small, large);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t, V w)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => Slope<V, T>(x, t, w * t);
}

/// <summary>t (ln t − x), and 0 where t = 0.</summary>
internal readonly struct DivergenceFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => V.Select(V.Equal(t, V.Zero), V.Zero, t * (VectorMath.Log<V, T>(t) - x));
}

/// <summary>−gy t.</summary>
internal readonly struct DivergenceGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => -(gy * t);
}

/// <summary>gy (ln t + 1 − x).</summary>
internal readonly struct DivergenceTargetGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => gy * (VectorMath.Log<V, T>(t) + V.Constant(1) - x);
}

/// <summary>eᵗ (t − x), and 0 where eᵗ = 0.</summary>
internal readonly struct LogDivergenceFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V probability = VectorMath.Exp<V, T>(t);
        return V.Select(V.Equal(probability, V.Zero), V.Zero, probability * (t - x));
    }
}

/// <summary>−gy eᵗ.</summary>
internal readonly struct LogDivergenceGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => -(gy * VectorMath.Exp<V, T>(t));
}

/// <summary>gy eᵗ (t − x + 1), and 0 where eᵗ = 0.</summary>
internal readonly struct LogDivergenceTargetGradientFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V gy, V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        V probability = VectorMath.Exp<V, T>(t);
        return V.Select(V.Equal(probability, V.Zero), V.Zero, gy * (probability * (t - x + V.Constant(1))));
    }
}

/// <summary>The slope of the weighted loss to the target: ln σ(−x) − w ln σ(x).</summary>
internal readonly struct WeightedLogitTargetSlopeFunction : ITernaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t, V w)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => VectorMath.LogSigmoid<V, T>(-x) - w * VectorMath.LogSigmoid<V, T>(x);
}

/// <summary>The slope of the weighted loss to the weight: −t ln σ(x).</summary>
internal readonly struct LogitWeightSlopeFunction : IBinaryFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Invoke<V, T>(V x, V t)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T> => -(t * VectorMath.LogSigmoid<V, T>(x));
}
