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

/// <summary>The elementwise part of a cell, for one vector of units of one row of the batch.</summary>
internal unsafe interface IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    /// <summary>Applies functions to the sums of gates of row b, units [u0, u1), which <see cref="Forward"/> then finds done.</summary>
    static abstract void Activate(in RecurrentStep<T> s, nint b, int u0, int u1);

    static abstract void Forward(in RecurrentStep<T> s, nint b, nint u, int lanes);

    static abstract void Backward(in RecurrentStep<T> s, nint b, nint u, int lanes);
}

/// <summary>
/// Runs a cell over rows and units, one vector of units at a time. No blocking: a sweep hands over one thread's rows and units of one step,
/// which its product has just left in the cache. What is left of a row after whole vectors is a call of its own: a call within the loop
/// would make the just-in-time compiler keep every vector in memory.
/// </summary>
internal static unsafe class RecurrentUnits<T, V, TCell>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TCell : struct, IRecurrentCell<T, V>
{
    [MethodImpl(Simd.HotLoop)]
    internal static void Forward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        for (int b = b0; b < b1; b++)
        {
            TCell.Activate(s, b, u0, u1);
            int u = u0;
            for (; u <= u1 - V.Count; u += V.Count)
            {
                TCell.Forward(s, b, u, V.Count);
            }
            if (u < u1)
            {
                ForwardRest(s, b, u, u1 - u);
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    internal static void Backward(in RecurrentStep<T> s, int b0, int b1, int u0, int u1)
    {
        for (int b = b0; b < b1; b++)
        {
            int u = u0;
            for (; u <= u1 - V.Count; u += V.Count)
            {
                TCell.Backward(s, b, u, V.Count);
            }
            if (u < u1)
            {
                BackwardRest(s, b, u, u1 - u);
            }
        }
    }

    [MethodImpl(Simd.HotLoop)]
    private static void ForwardRest(in RecurrentStep<T> s, int b, int u, int lanes) => TCell.Forward(s, b, u, lanes);

    [MethodImpl(Simd.HotLoop)]
    private static void BackwardRest(in RecurrentStep<T> s, int b, int u, int lanes) => TCell.Backward(s, b, u, lanes);
}

/// <summary>
/// Gate activations in place. A loop of its own for each function, because the just-in-time compiler stops keeping vectors in
/// registers where a method holds several of them.
/// </summary>
internal static unsafe class Activation<T, V, TFunction>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TFunction : unmanaged, IUnaryFunction
{
    /// <summary>gate = f(gate + bias).</summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void Run(T* gate, T* bias, int count)
    {
        TFunction function = default;
        int u = 0;
        for (; u <= count - V.Count; u += V.Count)
        {
            V.Store(function.Invoke<V, T>(V.Load(gate + u) + V.Load(bias + u)), gate + u);
        }
        if (u < count)
        {
            V sum = Lanes<T, V>.Load(gate + u, count - u) + Lanes<T, V>.Load(bias + u, count - u);
            Lanes<T, V>.Store(function.Invoke<V, T>(sum), gate + u, count - u);
        }
    }
}

/// <summary>h' = tanh(A + B), or max(A + B, 0); the gate row is the row of y itself.</summary>
internal readonly unsafe struct RnnCell<T, V, TIsRelu> : IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TIsRelu : struct, IConstant
{
    public static void Activate(in RecurrentStep<T> s, nint b, int u0, int u1)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        T* y = s.Gates + (b * s.GateRow) + u;
        V sum = Lanes<T, V>.Load(y, lanes) + Lanes<T, V>.Load(s.Bias + u, lanes);
        V h = TIsRelu.Value == 1 ? V.AtLeast(sum, V.Zero) : VectorMath.Tanh<V, T>(sum);
        Lanes<T, V>.Store(h, y, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        nint yAt = (b * s.YRow) + u, at = (b * s.Hidden) + u;
        V h = Lanes<T, V>.Load(s.Y + yAt, lanes);
        V gh = Lanes<T, V>.Load(s.GradientH + at, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, yAt, lanes);
        V g = TIsRelu.Value == 1 ? V.Select(V.LessOrEqual(h, V.Zero), V.Zero, gh) : gh * (V.Constant(1) - (h * h));
        Lanes<T, V>.Store(g, s.GateGradients + (b * s.GateRow) + u, lanes);
    }
}

/// <summary>Slots i, f, g, o.</summary>
internal readonly unsafe struct LstmCell<T, V> : IRecurrentCell<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
{
    public static void Activate(in RecurrentStep<T> s, nint b, int u0, int u1)
    {
        int hidden = s.Hidden, units = u1 - u0;
        T* gates = s.Gates + (b * s.GateRow) + u0, bias = s.Bias + u0;
        Activation<T, V, SigmoidFunction>.Run(gates, bias, units);
        Activation<T, V, SigmoidFunction>.Run(gates + hidden, bias + hidden, units);
        Activation<T, V, TanhFunction>.Run(gates + (2 * hidden), bias + (2 * hidden), units);
        Activation<T, V, SigmoidFunction>.Run(gates + (3 * hidden), bias + (3 * hidden), units);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        nint hidden = s.Hidden, at = (b * hidden) + u;
        T* gates = s.Gates + (b * s.GateRow) + u;
        V inner = Lanes<T, V>.Load(gates, lanes) * Lanes<T, V>.Load(gates + (2 * hidden), lanes);
        V c = V.MultiplyAdd(Lanes<T, V>.Load(gates + hidden, lanes), Lanes<T, V>.LoadOrZero(s.PreviousC, at, lanes), inner);
        V tanhC = VectorMath.Tanh<V, T>(c);
        Lanes<T, V>.Store(c, s.C + at, lanes);
        Lanes<T, V>.Store(Lanes<T, V>.Load(gates + (3 * hidden), lanes) * tanhC, s.Y + (b * s.YRow) + u, lanes);
        if (s.TanhC != null)
        {
            Lanes<T, V>.Store(tanhC, s.TanhC + at, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        nint hidden = s.Hidden, at = (b * hidden) + u;
        V one = V.Constant(1);
        T* gates = s.Gates + (b * s.GateRow) + u, gradients = s.GateGradients + (b * s.GateRow) + u;
        V i = Lanes<T, V>.Load(gates, lanes), f = Lanes<T, V>.Load(gates + hidden, lanes);
        V g = Lanes<T, V>.Load(gates + (2 * hidden), lanes), o = Lanes<T, V>.Load(gates + (3 * hidden), lanes);
        V tanhC = Lanes<T, V>.Load(s.TanhC + at, lanes);
        V gh = Lanes<T, V>.Load(s.GradientH + at, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, (b * s.YRow) + u, lanes);
        V gc = V.MultiplyAdd(gh * o, one - (tanhC * tanhC), Lanes<T, V>.Load(s.GradientC + at, lanes));
        V previousC = Lanes<T, V>.LoadOrZero(s.PreviousC, at, lanes);
        Lanes<T, V>.Store(gc * g * (i * (one - i)), gradients, lanes);
        Lanes<T, V>.Store(gc * previousC * (f * (one - f)), gradients + hidden, lanes);
        Lanes<T, V>.Store(gc * i * (one - (g * g)), gradients + (2 * hidden), lanes);
        Lanes<T, V>.Store(gh * tanhC * (o * (one - o)), gradients + (3 * hidden), lanes);
        Lanes<T, V>.Store(gc * f, s.GradientC + at, lanes);
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
    public static void Activate(in RecurrentStep<T> s, nint b, int u0, int u1)
    {
        int hidden = s.Hidden, units = u1 - u0;
        T* gates = s.Gates + (b * s.GateRow) + u0, bias = s.Bias + u0;
        Activation<T, V, SigmoidFunction>.Run(gates + hidden, bias + hidden, units);
        Activation<T, V, SigmoidFunction>.Run(gates + (2 * hidden), bias + (2 * hidden), units);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        nint hidden = s.Hidden;
        T* gates = s.Gates + (b * s.GateRow) + u, bias = s.Bias + u;
        V recurrent = Lanes<T, V>.Load(gates + (3 * hidden), lanes) + Lanes<T, V>.Load(bias + (3 * hidden), lanes);
        V n = Lanes<T, V>.Load(gates, lanes) + Lanes<T, V>.Load(bias, lanes);
        n = VectorMath.Tanh<V, T>(V.MultiplyAdd(Lanes<T, V>.Load(gates + hidden, lanes), recurrent, n));
        V z = Lanes<T, V>.Load(gates + (2 * hidden), lanes);
        V h = Lanes<T, V>.LoadOrZero(s.PreviousH, (b * s.PreviousHRow) + u, lanes);
        Lanes<T, V>.Store(V.MultiplyAdd(z, h, (V.Constant(1) - z) * n), s.Y + (b * s.YRow) + u, lanes);
        Lanes<T, V>.Store(n, gates, lanes);
        Lanes<T, V>.Store(recurrent, gates + (3 * hidden), lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Backward(in RecurrentStep<T> s, nint b, nint u, int lanes)
    {
        nint hidden = s.Hidden, at = (b * hidden) + u;
        V one = V.Constant(1);
        T* gates = s.Gates + (b * s.GateRow) + u, gradients = s.GateGradients + (b * s.GateRow) + u;
        V n = Lanes<T, V>.Load(gates, lanes), r = Lanes<T, V>.Load(gates + hidden, lanes);
        V z = Lanes<T, V>.Load(gates + (2 * hidden), lanes), recurrent = Lanes<T, V>.Load(gates + (3 * hidden), lanes);
        V gh = Lanes<T, V>.Load(s.GradientH + at, lanes) + Lanes<T, V>.LoadOrZero(s.GradientY, (b * s.YRow) + u, lanes);
        V h = Lanes<T, V>.LoadOrZero(s.PreviousH, (b * s.PreviousHRow) + u, lanes);
        V gn = gh * (one - z) * (one - (n * n));
        Lanes<T, V>.Store(gn, gradients, lanes);
        Lanes<T, V>.Store(gn * recurrent * (r * (one - r)), gradients + hidden, lanes);
        Lanes<T, V>.Store(gh * (h - n) * (z * (one - z)), gradients + (2 * hidden), lanes);
        Lanes<T, V>.Store(gn * r, gradients + (3 * hidden), lanes);
        Lanes<T, V>.Store(gh * z, s.GradientH + at, lanes);
    }
}
