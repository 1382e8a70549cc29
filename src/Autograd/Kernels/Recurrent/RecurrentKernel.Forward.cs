using System.Numerics;

namespace Autograd.Kernels;

/// <summary>Lays out a forward sweep's working memory and runs it on the threads that <see cref="RecurrentPlan"/> gives it.</summary>
/// <remarks>
/// Weights are packed once a sequence, in the panels that products read. Sums of gates lie in the reserve if there is one, else in
/// scratch memory for as many steps as <see cref="RecurrentForwardSweep{T, V, TCell}.ChunkSteps"/> says.
/// </remarks>
internal static unsafe partial class RecurrentKernel
{
    private static void Forward<T, V, TCell>(in RecurrentForward<T> a)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
        where TCell : struct, IRecurrentCell<T, V>
    {
        RecurrentShape s = a.Shape;
        int yRow = a.YRow == 0 ? s.Hidden : a.YRow;
        if (s.Time > 0 && s.Batch > 0 && s.Hidden > 0)
        {
            bool keeps = !a.Reserve.IsEmpty || s.ReserveLength == 0;
            long stepLength = (long)s.Batch * s.Hidden, gateLength = s.Slots * stepLength;
            bool turns = !a.Indices.IsEmpty && (long)s.Time * s.Batch >= s.Input;
            long bias = Aligned<T>((long)s.Slots * s.Hidden);
            long packedIh = Aligned<T>(a.Indices.IsEmpty ? RecurrentForwardSweep<T, V, TCell>.PackedIhLength(s)
                : turns ? (long)s.Gates * s.Hidden * s.Input : 0);
            long packedHh = Aligned<T>(RecurrentForwardSweep<T, V, TCell>.PackedHhLength(s));
            long gates = Aligned<T>(keeps ? 0 : gateLength * RecurrentForwardSweep<T, V, TCell>.ChunkSteps(s));
            T* work = Scratch.Get<T>(ScratchSlot.Recurrent, bias + packedIh + packedHh + gates + (keeps ? 0 : stepLength));
            SumBiases(s, a.BiasIh, a.BiasHh, new Span<T>(work, s.Slots * s.Hidden));
            fixed (T* x = a.X, weightIh = a.WeightIh, weightHh = a.WeightHh, h0 = a.H0, c0 = a.C0, valid = a.Valid, y = a.Y, reserve = a.Reserve)
            fixed (int* indices = a.Indices)
            {
                T* free = work + bias + packedIh + packedHh;
                var sweep = new RecurrentForwardSweep<T, V, TCell>
                {
                    Shape = s,
                    X = x,
                    Indices = indices,
                    WeightIh = weightIh,
                    WeightHh = weightHh,
                    H0 = h0,
                    C0 = c0,
                    Valid = valid,
                    Y = y,
                    YRow = yRow,
                    Bias = work,
                    Gates = s.Slots == 1 ? y : keeps ? reserve : free,
                    GateRow = s.Slots == 1 ? yRow : (nint)s.Slots * s.Hidden,
                    C = keeps ? reserve + (s.Time * gateLength) : free + gates,
                    TanhC = keeps && s.HasCell ? reserve + (s.Time * (gateLength + stepLength)) : null,
                    KeepsSteps = keeps,
                    PackedIh = work + bias,
                    PackedHh = work + bias + packedIh,
                    TurnedIh = turns ? work + bias : null,
                };
                RecurrentPlan plan = RecurrentPlan.For(s, sizeof(T), GemmDriver<T, V>.Vectors(s.Hidden), backward: false);
                sweep.Blocks = plan.Blocks;
                WorkerPool.RunTogether(sweep, plan.Parts);
                if (!a.CN.IsEmpty)
                {
                    T* last = keeps ? sweep.C + ((s.Reverse ? 0 : s.Time - 1) * stepLength) : sweep.C;
                    new Span<T>(last, (int)stepLength).CopyTo(a.CN);
                }
            }
        }
        else
        {
            CopyOrClear(a.C0, a.CN);
        }
        if (s.Time == 0)
        {
            CopyOrClear(a.H0, a.HN);
            return;
        }
        for (int b = 0; b < s.Batch && !a.HN.IsEmpty; b++)
        {
            int row = ((s.Reverse ? 0 : s.Time - 1) * s.Batch) + b;
            a.Y.Slice(row * yRow, s.Hidden).CopyTo(a.HN[(b * s.Hidden)..]);
        }
    }

    private static long Aligned<T>(long count)
        where T : unmanaged => (count + (64 / sizeof(T)) - 1) & -(64 / sizeof(T));

    private static void CopyOrClear<T>(ReadOnlySpan<T> source, Span<T> destination)
    {
        if (source.IsEmpty)
        {
            destination.Clear();
        }
        else if (!destination.IsEmpty)
        {
            source.CopyTo(destination);
        }
    }

    /// <summary>The biases slot by slot. Those of x and h are added up, except in a GRU's n, whose reset gate comes between.</summary>
    private static void SumBiases<T>(in RecurrentShape s, ReadOnlySpan<T> ih, ReadOnlySpan<T> hh, Span<T> slots)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        slots.Clear();
        bool isGru = s.Kind == RecurrentKind.Gru;
        for (int i = 0; i < ih.Length; i++)
        {
            slots[isGru ? (i + s.Hidden) % ih.Length : i] += ih[i];
        }
        for (int i = 0; i < hh.Length; i++)
        {
            slots[isGru ? i + s.Hidden : i] += hh[i];
        }
    }
}
