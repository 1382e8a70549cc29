using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>A backward sweep, and the gradients that follow from those of all sums of gates.</summary>
/// <remarks>
/// Only the gradient of the state has to go step by step. Those of x and the weights are one long product each over [T · B] rows, which
/// <see cref="Gemm"/> cuts; those of biases and of one-hot weights are sums of rows in their order, which threads share by columns in
/// whole vectors.
/// </remarks>
internal static unsafe partial class RecurrentKernel
{
    private static void Backward<T, V, TCell>(in RecurrentBackward<T> a)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
        where TCell : struct, IRecurrentCell<T, V>
    {
        RecurrentShape s = a.Shape;
        int stepLength = checked(s.Batch * s.Hidden), yRow = a.YRow == 0 ? s.Hidden : a.YRow;
        long gateLength = s.GateLength;
        fixed (T* x = a.X, weightIh = a.WeightIh, weightHh = a.WeightHh, h0 = a.H0, c0 = a.C0, valid = a.Valid, y = a.Y, reserve = a.Reserve,
            gradientY = a.GradientY, gradientX = a.GradientX, given = a.GateGradients)
        fixed (int* indices = a.Indices)
        {
            T* gradientH = Scratch.Get<T>(ScratchSlot.RecurrentGradients, (2L * stepLength) + (given == null ? gateLength : 0));
            T* gradientC = gradientH + stepLength, gates = given != null ? given : gradientC + stepLength;
            CopyOrClear(a.GradientHN, new Span<T>(gradientH, stepLength));
            CopyOrClear(a.GradientCN, new Span<T>(gradientC, stepLength));
            if (s.Time > 0 && stepLength > 0)
            {
                var sweep = new RecurrentBackwardSweep<T, V, TCell>
                {
                    Shape = s,
                    WeightHh = weightHh,
                    H0 = h0,
                    C0 = c0,
                    Valid = valid,
                    Y = y,
                    YRow = yRow,
                    Gates = reserve,
                    GateRow = (nint)s.Slots * s.Hidden,
                    C = reserve + gateLength,
                    TanhC = reserve + gateLength + ((nint)s.Time * stepLength),
                    GradientY = gradientY,
                    GateGradients = gates,
                    GradientH = gradientH,
                    GradientC = gradientC,
                    WantsFirst = !a.GradientH0.IsEmpty,
                    PackedHh = Scratch.Get<T>(ScratchSlot.Recurrent, RecurrentBackwardSweep<T, V, TCell>.PackedHhLength(s)),
                };
                RecurrentPlan plan = RecurrentPlan.For(s, sizeof(T), GemmDriver<T, V>.Vectors(s.Hidden), backward: true);
                sweep.Blocks = plan.Blocks;
                WorkerPool.RunTogether(sweep, plan.Parts);
            }
            if (!a.GradientH0.IsEmpty)
            {
                new Span<T>(gradientH, stepLength).CopyTo(a.GradientH0);
            }
            if (!a.GradientC0.IsEmpty)
            {
                new Span<T>(gradientC, stepLength).CopyTo(a.GradientC0);
            }
            var products = new Products<T, V>(s, gates);
            if (gradientX != null)
            {
                products.Input(weightIh, gradientX, a.AccumulateX);
            }
            fixed (T* gradientIh = a.GradientWeightIh, gradientHh = a.GradientWeightHh)
            fixed (T* biasIh = a.GradientBiasIh, biasHh = a.GradientBiasHh)
            {
                if (gradientIh != null && indices != null)
                {
                    products.OneHotWeight(indices, gradientIh, a.AccumulateWeights);
                }
                else if (gradientIh != null)
                {
                    products.InputWeight(x, gradientIh, a.AccumulateWeights);
                }
                if (gradientHh != null)
                {
                    products.HiddenWeight(h0, y, yRow, gradientHh, a.AccumulateWeights);
                }
                products.Biases(biasIh, biasHh, a.AccumulateWeights);
            }
        }
    }

    /// <summary>What follows from the gradients of all sums at once, [T·B, Slots·H]: time and batch are one long axis.</summary>
    private readonly struct Products<T, V>(RecurrentShape shape, T* gates)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        private readonly RecurrentShape _shape = shape;
        private readonly T* _gates = gates;

        private bool IsGru => _shape.Kind == RecurrentKind.Gru;

        private int Rows => _shape.Time * _shape.Batch;

        private int GateRow => _shape.Slots * _shape.Hidden;

        private int WeightRows => _shape.Gates * _shape.Hidden;

        /// <summary>
        /// The gates that x reaches, as weight rows [Row, Row + Count) and columns from Slot on: a GRU's n lies before r and
        /// z.
        /// </summary>
        private ReadOnlySpan<(int Row, int Slot, int Count)> InputGates(Span<(int, int, int)> buffer)
        {
            int h = _shape.Hidden;
            buffer[0] = IsGru ? (0, h, 2 * h) : (0, 0, WeightRows);
            buffer[1] = (2 * h, 0, h);
            return buffer[..(IsGru ? 2 : 1)];
        }

        private void Multiply(bool transposeA, int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc, bool accumulate) =>
            Gemm.Start<T, V>(GemmProblem<T>.Of(transposeA, false, m, n, k, a, lda, b, ldb, c, ldc, accumulate));

        internal void Input(T* weight, T* gradient, bool accumulate)
        {
            int input = _shape.Input;
            foreach ((int row, int slot, int count) in InputGates(stackalloc (int, int, int)[2]))
            {
                T* factor = weight + ((nint)row * input);
                Multiply(false, Rows, input, count, _gates + slot, GateRow, factor, input, gradient, input, accumulate);
                accumulate = true;
            }
        }

        internal void InputWeight(T* x, T* gradient, bool accumulate)
        {
            int input = _shape.Input;
            foreach ((int row, int slot, int count) in InputGates(stackalloc (int, int, int)[2]))
            {
                Multiply(true, count, input, Rows, _gates + slot, GateRow, x, input, gradient + ((nint)row * input), input, accumulate);
            }
        }

        internal void HiddenWeight(T* h0, T* y, int yRow, T* gradient, bool accumulate)
        {
            int hidden = _shape.Hidden, batch = _shape.Batch, rest = Math.Max(_shape.Time - 1, 0) * batch;
            T* sums = _gates + (IsGru ? hidden : 0);
            nint gateStep = (nint)batch * GateRow, yStep = (nint)batch * yRow;
            if (h0 != null && _shape.Time > 0)
            {
                T* first = sums + (_shape.FirstStep * gateStep);
                Multiply(true, WeightRows, hidden, batch, first, GateRow, h0, hidden, gradient, hidden, accumulate);
                accumulate = true;
            }
            T* later = _shape.Reverse ? sums : sums + gateStep;
            T* earlier = _shape.Reverse ? y + yStep : y;
            Multiply(true, WeightRows, hidden, rest, later, GateRow, earlier, yRow, gradient, hidden, accumulate);
        }

        /// <summary>Column index of the gradient gets the sums of the rows with that index, in the order of the rows.</summary>
        internal void OneHotWeight(int* indices, T* gradient, bool accumulate)
        {
            int input = _shape.Input;
            long length = (long)WeightRows * input;
            T* turned = Scratch.Get<T>(ScratchSlot.Recurrent, length);
            if (accumulate)
            {
                Transposition.Copy(gradient, input, WeightRows, input, turned, WeightRows);
            }
            foreach ((int row, int slot, int count) in InputGates(stackalloc (int, int, int)[2]))
            {
                var scatter = new Scatter<T, V>
                {
                    Rows = Rows,
                    Classes = input,
                    Columns = count,
                    Source = _gates + slot,
                    SourceRow = GateRow,
                    Indices = indices,
                    Destination = turned + row,
                    DestinationRow = WeightRows,
                    Accumulate = accumulate,
                };
                WorkerPool.Run(scatter, WorkerPool.PartsFor((long)(Rows + input) * count, 1 << 16));
            }
            Transposition.Copy(turned, WeightRows, input, WeightRows, gradient, input);
        }

        internal void Biases(T* biasIh, T* biasHh, bool accumulate)
        {
            if (biasIh != null)
            {
                foreach ((int row, int slot, int count) in InputGates(stackalloc (int, int, int)[2]))
                {
                    SumRows(count, _gates + slot, biasIh + row, accumulate);
                }
            }
            if (biasHh != null && biasIh != null && !IsGru && !accumulate)
            {
                new Span<T>(biasIh, WeightRows).CopyTo(new Span<T>(biasHh, WeightRows));
            }
            else if (biasHh != null)
            {
                SumRows(WeightRows, _gates + (IsGru ? _shape.Hidden : 0), biasHh, accumulate);
            }
        }

        private void SumRows(int columns, T* source, T* destination, bool accumulate)
        {
            var sums = new ColumnSums<T, V>
            {
                Rows = Rows,
                Columns = columns,
                Source = source,
                SourceRow = GateRow,
                Destination = destination,
                Accumulate = accumulate,
            };
            WorkerPool.Run(sums, WorkerPool.PartsFor((long)Rows * columns, 1 << 16));
        }
    }

    /// <summary>Adds row r of the source to row Indices[r] of the destination; split by columns, so the order of rows is kept.</summary>
    private struct Scatter<T, V> : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        internal int Rows;
        internal int Classes;
        internal int Columns;
        internal T* Source;
        internal nint SourceRow;
        internal int* Indices;
        internal T* Destination;
        internal nint DestinationRow;
        internal bool Accumulate;

        [MethodImpl(Simd.HotLoop)]
        public readonly void Run(int part, int parts)
        {
            (int start, int end) = Lanes<T, V>.Share(Columns, part, parts);
            for (int index = 0; index < Classes && !Accumulate && start < end; index++)
            {
                new Span<T>(Destination + (index * DestinationRow) + start, end - start).Clear();
            }
            for (int row = 0; row < Rows; row++)
            {
                T* from = Source + (row * SourceRow);
                T* to = Destination + (Indices[row] * DestinationRow);
                for (int i = start; i < end; i += V.Count)
                {
                    int lanes = end - i;
                    Lanes<T, V>.Store(Lanes<T, V>.Load(to + i, lanes) + Lanes<T, V>.Load(from + i, lanes), to + i, lanes);
                }
            }
        }
    }

    /// <summary>Adds up the rows in their order, so that a step more is a term more; split by columns.</summary>
    private struct ColumnSums<T, V> : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged, IVector<V, T>
    {
        internal int Rows;
        internal int Columns;
        internal T* Source;
        internal nint SourceRow;
        internal T* Destination;
        internal bool Accumulate;

        public readonly void Run(int part, int parts)
        {
            (int start, int end) = Lanes<T, V>.Share(Columns, part, parts);
            if (start >= end)
            {
                return;
            }
            if (!Accumulate)
            {
                new Span<T>(Destination + start, end - start).Clear();
            }
            Reductions.FoldRows<V, AddFunction, T>(Source + start, SourceRow, Rows, Destination + start, end - start);
        }
    }
}
