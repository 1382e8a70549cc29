using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// Whole-sequence forward and backward sweeps of one recurrent layer in one direction. Each row of the batch has the same
/// bits whatever the batch, the threads and the cuts of a sequence into chunks that hand on their state.
/// </summary>
/// <remarks>
/// LSTM: S. Hochreiter and J. Schmidhuber (1997) with the forget gate of F. Gers et al. (2000). GRU: K. Cho et al. (2014),
/// with the reset gate after the recurrent product.
/// </remarks>
internal static partial class RecurrentKernel
{
    /// <summary>Runs the layer over x and writes y, h_n, c_n and the reserve, as far as they are given.</summary>
    internal static void Forward<T>(in RecurrentForward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T> => Forward(Simd.Best, arguments);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Forward<T>(int vectorBits, in RecurrentForward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(arguments);
        switch (vectorBits)
        {
            case 512:
                Forward<T, Vec512<T>>(arguments);
                break;
            case 256:
                Forward<T, Vec256<T>>(arguments);
                break;
            default:
                Forward<T, Vec128<T>>(arguments);
                break;
        }
    }

    /// <summary>Writes the gradients that are asked for, from the cotangents that are given.</summary>
    internal static void Backward<T>(in RecurrentBackward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T> => Backward(Simd.Best, arguments);

    /// <summary>The same at a chosen vector width, for tests.</summary>
    internal static void Backward<T>(int vectorBits, in RecurrentBackward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check(arguments);
        switch (vectorBits)
        {
            case 512:
                Backward<T, Vec512<T>>(arguments);
                break;
            case 256:
                Backward<T, Vec256<T>>(arguments);
                break;
            default:
                Backward<T, Vec128<T>>(arguments);
                break;
        }
    }

    private static void Forward<T, V>(in RecurrentForward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        switch (arguments.Shape.Kind)
        {
            case RecurrentKind.Lstm:
                Forward<T, V, LstmCell<T, V>>(arguments);
                break;
            case RecurrentKind.Gru:
                Forward<T, V, GruCell<T, V>>(arguments);
                break;
            case RecurrentKind.Relu:
                Forward<T, V, RnnCell<T, V, N1>>(arguments);
                break;
            default:
                Forward<T, V, RnnCell<T, V, N2>>(arguments);
                break;
        }
    }

    private static void Backward<T, V>(in RecurrentBackward<T> arguments)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        switch (arguments.Shape.Kind)
        {
            case RecurrentKind.Lstm:
                Backward<T, V, LstmCell<T, V>>(arguments);
                break;
            case RecurrentKind.Gru:
                Backward<T, V, GruCell<T, V>>(arguments);
                break;
            case RecurrentKind.Relu:
                Backward<T, V, RnnCell<T, V, N1>>(arguments);
                break;
            default:
                Backward<T, V, RnnCell<T, V, N2>>(arguments);
                break;
        }
    }

    private static void Check<T>(in RecurrentForward<T> a)
        where T : unmanaged
    {
        RecurrentShape s = a.Shape;
        CheckShared<T>(s, a.X, a.Indices, a.WeightIh, a.WeightHh, a.H0, a.C0, a.Y.Length, a.YRow);
        Expect("valid", a.Valid.Length, (long)s.Time * s.Batch, optional: true);
        Expect("bias_ih", a.BiasIh.Length, (long)s.Gates * s.Hidden, optional: true);
        Expect("bias_hh", a.BiasHh.Length, (long)s.Gates * s.Hidden, optional: true);
        Expect("h_n", a.HN.Length, (long)s.Batch * s.Hidden, optional: true);
        Expect("c_n", a.CN.Length, s.HasCell ? (long)s.Batch * s.Hidden : 0, optional: true);
        Expect("reserve", a.Reserve.Length, s.ReserveLength, optional: true);
    }

    private static void Check<T>(in RecurrentBackward<T> a)
        where T : unmanaged
    {
        RecurrentShape s = a.Shape;
        CheckShared<T>(s, a.X, a.Indices, a.WeightIh, a.WeightHh, a.H0, a.C0, a.Y.Length, a.YRow);
        long state = (long)s.Batch * s.Hidden, rows = (long)s.Gates * s.Hidden, input = (long)s.Time * s.Batch * s.Input;
        Expect("valid", a.Valid.Length, (long)s.Time * s.Batch, optional: true);
        Expect("reserve", a.Reserve.Length, s.ReserveLength, optional: false);
        ExpectRows("gradient of y", a.GradientY.Length, s, a.YRow, optional: true);
        Expect("gradient of h_n", a.GradientHN.Length, state, optional: true);
        Expect("gradient of c_n", a.GradientCN.Length, s.HasCell ? state : 0, optional: true);
        Expect("gradient of x", a.GradientX.Length, a.Indices.IsEmpty ? input : 0, optional: true);
        Expect("gradient of weight_ih", a.GradientWeightIh.Length, rows * s.Input, optional: true);
        Expect("gradient of weight_hh", a.GradientWeightHh.Length, rows * s.Hidden, optional: true);
        Expect("gradient of bias_ih", a.GradientBiasIh.Length, rows, optional: true);
        Expect("gradient of bias_hh", a.GradientBiasHh.Length, rows, optional: true);
        Expect("gradient of h_0", a.GradientH0.Length, state, optional: true);
        Expect("gradient of c_0", a.GradientC0.Length, s.HasCell ? state : 0, optional: true);
        Expect("gradients of gates", a.GateGradients.Length, s.GateLength, optional: true);
    }

    private static void CheckShared<T>(in RecurrentShape s, ReadOnlySpan<T> x, ReadOnlySpan<int> indices, ReadOnlySpan<T> weightIh,
        ReadOnlySpan<T> weightHh, ReadOnlySpan<T> h0, ReadOnlySpan<T> c0, int yLength, int yRow)
        where T : unmanaged
    {
        if (s.Time < 0 || s.Batch < 0 || s.Input < 0 || s.Hidden < 0)
        {
            throw new ArgumentException($"Recurrent kernel: sizes must not be negative, found {s}.");
        }
        Expect("indices", indices.Length, (long)s.Time * s.Batch, optional: true);
        Expect("x", x.Length, indices.IsEmpty ? (long)s.Time * s.Batch * s.Input : 0, optional: false);
        Expect("weight_ih", weightIh.Length, (long)s.Gates * s.Hidden * s.Input, optional: false);
        Expect("weight_hh", weightHh.Length, (long)s.Gates * s.Hidden * s.Hidden, optional: false);
        Expect("h_0", h0.Length, (long)s.Batch * s.Hidden, optional: true);
        Expect("c_0", c0.Length, s.HasCell ? (long)s.Batch * s.Hidden : 0, optional: true);
        ExpectRows("y", yLength, s, yRow, optional: false);
        int outside = indices.IndexOfAnyExceptInRange(0, s.Input - 1);
        if (outside >= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(indices), indices[outside],
                $"Recurrent kernel: index {indices[outside]} at step {outside / s.Batch}, row {outside % s.Batch} is no class of "
                + $"{s.Input}. Pass indices from 0 to {s.Input - 1}.");
        }
    }

    private static void ExpectRows(string name, int length, in RecurrentShape s, int yRow, bool optional)
    {
        int row = yRow == 0 ? s.Hidden : yRow;
        long rows = (long)s.Time * s.Batch, needed = rows == 0 || s.Hidden == 0 ? 0 : ((rows - 1) * row) + s.Hidden;
        if (row < s.Hidden || (length < needed && !(optional && length == 0)))
        {
            Refuse(name, length, needed);
        }
    }

    private static void Expect(string name, int length, long needed, bool optional)
    {
        if (length != needed && !(optional && length == 0))
        {
            Refuse(name, length, needed);
        }
    }

    private static void Refuse(string name, int length, long needed) =>
        throw new ArgumentException($"Recurrent kernel: {name} has {length} elements, but this layer takes {needed}.");
}
