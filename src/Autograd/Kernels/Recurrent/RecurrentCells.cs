using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>One step's pointers, at the first row of the batch. A null pointer is an absent argument.</summary>
internal unsafe struct RecurrentStep<T>
    where T : unmanaged
{
    internal int Hidden;

    /// <summary>[B, Slots·H]: sums of products before the forward step, activated gates after it.</summary>
    internal T* Gates;
    internal nint GateRow;

    /// <summary>[Slots·H].</summary>
    internal T* Bias;
    internal T* PreviousH;
    internal nint PreviousHRow;
    internal T* PreviousC;
    internal T* C;
    internal T* TanhC;
    internal T* Y;
    internal nint YRow;

    /// <summary>Backward: [B, Slots·H] gradients of the sums of products.</summary>
    internal T* GateGradients;
    internal T* GradientY;

    /// <summary>
    /// Backward, [B, H]: the gradient that reaches this step's h from the next; a cell may leave its direct part for the
    /// previous h.
    /// </summary>
    internal T* GradientH;

    /// <summary>Backward, [B, H]: the gradient of this step's c, replaced by that of the previous c.</summary>
    internal T* GradientC;
}

/// <summary>The elementwise part of a cell: rows [b0, b1) and units [u0, u1) of one step.</summary>
internal unsafe interface IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    static abstract void Forward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1);

    static abstract void Backward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1);
}

/// <summary>Vector loads and stores of which the last may be cut short.</summary>
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

/// <summary>
/// Gate activations in place. Loops of their own, because the just-in-time compiler stops keeping vectors in registers
/// where a method holds several of these functions.
/// </summary>
internal static unsafe class Activation<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    /// <summary>gate = σ(gate + bias).</summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Sigmoid(T* gate, T* bias, int count)
    {
        for (int u = 0; u < count; u += V.Count)
        {
            V sum = Lanes<T, V>.Load(gate + u, count - u) + Lanes<T, V>.Load(bias + u, count - u);
            Lanes<T, V>.Store(VectorMath.Sigmoid<V, T>(sum), gate + u, count - u);
        }
    }

    /// <summary>gate = tanh(gate + bias).</summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Tanh(T* gate, T* bias, int count)
    {
        for (int u = 0; u < count; u += V.Count)
        {
            V sum = Lanes<T, V>.Load(gate + u, count - u) + Lanes<T, V>.Load(bias + u, count - u);
            Lanes<T, V>.Store(VectorMath.Tanh<V, T>(sum), gate + u, count - u);
        }
    }
}

/// <summary>h' = tanh(A + B), or max(A + B, 0); the gate row is the row of y itself.</summary>
internal readonly unsafe struct RnnCell<T, V, TIsRelu> : IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TIsRelu : struct, IConstant
{
    [MethodImpl(Simd.HotLoop)]
    public static void Forward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        for (int b = b0; b < b1; b++)
        {
            T* y = s.Gates + (b * s.GateRow);
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                V sum = Lanes<T, V>.Load(y + u, lanes) + Lanes<T, V>.Load(s.Bias + u, lanes);
                V h = TIsRelu.Value == 1 ? V.AtLeast(sum, V.Zero) : VectorMath.Tanh<V, T>(sum);
                Lanes<T, V>.Store(h, y + u, lanes);
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    public static void Backward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        for (int b = b0; b < b1; b++)
        {
            T* y = s.Y + (b * s.YRow);
            T* gates = s.GateGradients + (b * s.GateRow);
            nint row = (nint)b * s.Hidden;
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                V h = Lanes<T, V>.Load(y + u, lanes);
                V gh = Lanes<T, V>.Load(s.GradientH + row + u, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, (b * s.YRow) + u, lanes);
                V g = TIsRelu.Value == 1 ? V.Select(V.LessOrEqual(h, V.Zero), V.Zero, gh) : gh * (V.Constant(1) - (h * h));
                Lanes<T, V>.Store(g, gates + u, lanes);
            }
        }
    }
}

/// <summary>Slots i, f, g, o.</summary>
internal readonly unsafe struct LstmCell<T, V> : IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    [MethodImpl(Simd.HotLoop)]
    public static void Forward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        int hidden = s.Hidden;
        T* bias = s.Bias;
        for (int b = b0; b < b1; b++)
        {
            T* gates = s.Gates + (b * s.GateRow);
            nint row = (nint)b * hidden;
            int units = u1 - u0;
            Activation<T, V>.Sigmoid(gates + u0, bias + u0, units);
            Activation<T, V>.Sigmoid(gates + hidden + u0, bias + hidden + u0, units);
            Activation<T, V>.Tanh(gates + (2 * hidden) + u0, bias + (2 * hidden) + u0, units);
            Activation<T, V>.Sigmoid(gates + (3 * hidden) + u0, bias + (3 * hidden) + u0, units);
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                T* at = gates + u;
                V inner = Lanes<T, V>.Load(at, lanes) * Lanes<T, V>.Load(at + (2 * hidden), lanes);
                V c = V.MultiplyAdd(Lanes<T, V>.Load(at + hidden, lanes), Lanes<T, V>.LoadOrZero(s.PreviousC, row + u, lanes), inner);
                V tanhC = VectorMath.Tanh<V, T>(c);
                Lanes<T, V>.Store(c, s.C + row + u, lanes);
                Lanes<T, V>.Store(Lanes<T, V>.Load(at + (3 * hidden), lanes) * tanhC, s.Y + (b * s.YRow) + u, lanes);
                if (s.TanhC != null)
                {
                    Lanes<T, V>.Store(tanhC, s.TanhC + row + u, lanes);
                }
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    public static void Backward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        int hidden = s.Hidden;
        V one = V.Constant(1);
        for (int b = b0; b < b1; b++)
        {
            T* gates = s.Gates + (b * s.GateRow);
            T* gradients = s.GateGradients + (b * s.GateRow);
            nint row = (nint)b * hidden;
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                T* at = gates + u;
                T* to = gradients + u;
                V i = Lanes<T, V>.Load(at, lanes), f = Lanes<T, V>.Load(at + hidden, lanes);
                V g = Lanes<T, V>.Load(at + (2 * hidden), lanes), o = Lanes<T, V>.Load(at + (3 * hidden), lanes);
                V tanhC = Lanes<T, V>.Load(s.TanhC + row + u, lanes);
                V gh = Lanes<T, V>.Load(s.GradientH + row + u, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, (b * s.YRow) + u, lanes);
                V gc = V.MultiplyAdd(gh * o, one - (tanhC * tanhC), Lanes<T, V>.Load(s.GradientC + row + u, lanes));
                V previousC = Lanes<T, V>.LoadOrZero(s.PreviousC, row + u, lanes);
                Lanes<T, V>.Store(gc * g * (i * (one - i)), to, lanes);
                Lanes<T, V>.Store(gc * previousC * (f * (one - f)), to + hidden, lanes);
                Lanes<T, V>.Store(gc * i * (one - (g * g)), to + (2 * hidden), lanes);
                Lanes<T, V>.Store(gh * tanhC * (o * (one - o)), to + (3 * hidden), lanes);
                Lanes<T, V>.Store(gc * f, s.GradientC + row + u, lanes);
            }
        }
    }
}

/// <summary>
/// Slots n, r, z and Bn: in this order the gates of x, and those of h, each lie side by side for the products of the
/// backward sweep.
/// </summary>
internal readonly unsafe struct GruCell<T, V> : IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    [MethodImpl(Simd.HotLoop)]
    public static void Forward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        int hidden = s.Hidden;
        T* bias = s.Bias;
        V one = V.Constant(1);
        for (int b = b0; b < b1; b++)
        {
            T* gates = s.Gates + (b * s.GateRow);
            Activation<T, V>.Sigmoid(gates + hidden + u0, bias + hidden + u0, u1 - u0);
            Activation<T, V>.Sigmoid(gates + (2 * hidden) + u0, bias + (2 * hidden) + u0, u1 - u0);
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                T* at = gates + u;
                V recurrent = Lanes<T, V>.Load(at + (3 * hidden), lanes) + Lanes<T, V>.Load(bias + (3 * hidden) + u, lanes);
                V n = Lanes<T, V>.Load(at, lanes) + Lanes<T, V>.Load(bias + u, lanes);
                n = VectorMath.Tanh<V, T>(V.MultiplyAdd(Lanes<T, V>.Load(at + hidden, lanes), recurrent, n));
                V z = Lanes<T, V>.Load(at + (2 * hidden), lanes);
                V h = Lanes<T, V>.LoadOrZero(s.PreviousH, (b * s.PreviousHRow) + u, lanes);
                Lanes<T, V>.Store(V.MultiplyAdd(z, h, (one - z) * n), s.Y + (b * s.YRow) + u, lanes);
                Lanes<T, V>.Store(n, at, lanes);
                Lanes<T, V>.Store(recurrent, at + (3 * hidden), lanes);
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    public static void Backward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        int hidden = s.Hidden;
        V one = V.Constant(1);
        for (int b = b0; b < b1; b++)
        {
            T* gates = s.Gates + (b * s.GateRow);
            T* gradients = s.GateGradients + (b * s.GateRow);
            nint row = (nint)b * hidden;
            for (int u = u0; u < u1; u += V.Count)
            {
                int lanes = u1 - u;
                T* at = gates + u;
                T* to = gradients + u;
                V n = Lanes<T, V>.Load(at, lanes), r = Lanes<T, V>.Load(at + hidden, lanes);
                V z = Lanes<T, V>.Load(at + (2 * hidden), lanes), recurrent = Lanes<T, V>.Load(at + (3 * hidden), lanes);
                V gh = Lanes<T, V>.Load(s.GradientH + row + u, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, (b * s.YRow) + u, lanes);
                V h = Lanes<T, V>.LoadOrZero(s.PreviousH, (b * s.PreviousHRow) + u, lanes);
                V gn = gh * (one - z) * (one - (n * n));
                Lanes<T, V>.Store(gn, to, lanes);
                Lanes<T, V>.Store(gn * recurrent * (r * (one - r)), to + hidden, lanes);
                Lanes<T, V>.Store(gh * (h - n) * (z * (one - z)), to + (2 * hidden), lanes);
                Lanes<T, V>.Store(gn * r, to + (3 * hidden), lanes);
                Lanes<T, V>.Store(gh * z, s.GradientH + row + u, lanes);
            }
        }
    }
}
