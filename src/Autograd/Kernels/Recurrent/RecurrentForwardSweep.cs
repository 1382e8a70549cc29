using System.Numerics;

namespace Autograd.Kernels;

/// <summary>The steps of a forward sweep: products with the packed weights, then the cell on what is still in the cache.</summary>
internal unsafe struct RecurrentForwardSweep<T, V, TCell> : IParallelWork
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TCell : struct, IRecurrentCell<T, V>
{
    /// <summary>
    /// Rows of input that the packed weights of x serve at a time: few, so that their sums are still in the cache when the step comes,
    /// but more where the weights have to come from memory each time.
    /// </summary>
    private const int ChunkRows = 128, LargeChunkRows = 512;

    /// <summary>Weights of x, in bytes, that come from memory.</summary>
    private const long LargeBytes = 4L << 20;

    internal RecurrentShape Shape;
    internal int Blocks;
    internal T* X;
    internal int* Indices;
    internal T* WeightIh;
    internal T* WeightHh;
    internal T* H0;
    internal T* C0;

    /// <summary>[T, B], 0 where a row keeps its state, or null.</summary>
    internal T* Valid;
    internal T* Y;
    internal nint YRow;

    /// <summary>[Slots·H].</summary>
    internal T* Bias;

    /// <summary>[T, B, Slots·H], or [ChunkSteps, B, Slots·H] without a reserve; y itself for a plain RNN.</summary>
    internal T* Gates;
    internal nint GateRow;

    /// <summary>[T, B, H], or [B, H] without a reserve.</summary>
    internal T* C;

    /// <summary>[T, B, H], or null without a reserve.</summary>
    internal T* TanhC;
    internal bool KeepsSteps;
    internal T* PackedIh;
    internal T* PackedHh;

    /// <summary>[I, G·H] for one-hot input, or null to read columns of the weight in place.</summary>
    internal T* TurnedIh;

    private static int PaddedHidden(int hidden) => GemmDriver<T, V>.Vectors(hidden) * V.Count;

    internal static long PackedIhLength(in RecurrentShape shape) => (long)shape.Gates * shape.Input * PaddedHidden(shape.Hidden);

    internal static long PackedHhLength(in RecurrentShape shape) => (long)shape.Gates * shape.Hidden * PaddedHidden(shape.Hidden);

    internal static int ChunkSteps(in RecurrentShape shape)
    {
        int rows = PackedIhLength(shape) * sizeof(T) > LargeBytes ? LargeChunkRows : ChunkRows;
        return Math.Clamp(rows / Math.Max(shape.Batch, 1), 1, Math.Max(shape.Time, 1));
    }

    public void Run(int part, int parts)
    {
        bool byRows = Blocks == 1;
        int b0 = byRows ? WorkerPool.Share(Shape.Batch, part, parts) : 0;
        int b1 = byRows ? WorkerPool.Share(Shape.Batch, part + 1, parts) : Shape.Batch;
        int firstBlock = byRows ? 0 : WorkerPool.Share(Blocks, part, parts);
        int lastBlock = byRows ? 1 : WorkerPool.Share(Blocks, part + 1, parts);
        for (int block = firstBlock; block < lastBlock; block++)
        {
            Pack(block, byRows ? part : 0, byRows ? parts : 1);
        }
        if (TurnedIh != null)
        {
            int rows = Shape.Gates * Shape.Hidden;
            int r0 = WorkerPool.Share(rows, part, parts), r1 = WorkerPool.Share(rows, part + 1, parts);
            Transposition.Copy(WeightIh + ((nint)r0 * Shape.Input), Shape.Input, r1 - r0, Shape.Input, TurnedIh + r0, rows);
        }
        WorkerPool.Synchronize(parts);
        int chunk = ChunkSteps(Shape);
        for (int first = 0; first < Shape.Time; first += chunk)
        {
            int last = Math.Min(first + chunk, Shape.Time);
            for (int block = firstBlock; block < lastBlock; block++)
            {
                InputProducts(first, last, b0, b1, block);
            }
            for (int step = first; step < last; step++)
            {
                for (int block = firstBlock; block < lastBlock; block++)
                {
                    Step(step, first, b0, b1, block);
                }
                if (!byRows)
                {
                    WorkerPool.Synchronize(parts);
                }
            }
        }
    }

    private readonly int Time(int step) => Shape.Reverse ? Shape.Time - 1 - step : step;

    private readonly (int Start, int End) Units(int block) => Lanes<T, V>.Share(Shape.Hidden, block, Blocks);

    private readonly T* PackAt(T* packed, int depth, int gate, int block) =>
        packed + ((((nint)gate * PaddedHidden(Shape.Hidden)) + Units(block).Start) * depth);

    /// <summary>
    /// The number of gates, from this one on, whose sums one product gives: where all units are one block those that lie side by
    /// side, which are all of an LSTM, and r and z of a GRU.
    /// </summary>
    private readonly int Together(int gate) => Blocks > 1 ? 1 : Shape.Kind == RecurrentKind.Gru ? (gate == 0 ? 2 : 1) : Shape.Gates;

    /// <summary>The columns of such a product.</summary>
    private readonly int Columns(int gate, int start, int end) => end - start + ((Together(gate) - 1) * Shape.Hidden);

    private readonly void Pack(int block, int part, int parts)
    {
        (int start, int end) = Units(block);
        for (int gate = 0; gate < Shape.Gates; gate += Together(gate))
        {
            int columns = Columns(gate, start, end);
            nint row = ((nint)gate * Shape.Hidden) + start;
            if (Indices == null)
            {
                GemmDriver<T, V>.Pack(true, Shape.Input, columns, WeightIh + (row * Shape.Input), Shape.Input,
                    PackAt(PackedIh, Shape.Input, gate, block), part, parts);
            }
            GemmDriver<T, V>.Pack(true, Shape.Hidden, columns, WeightHh + (row * Shape.Hidden), Shape.Hidden,
                PackAt(PackedHh, Shape.Hidden, gate, block), part, parts);
        }
    }

    private readonly int InputSlot(int gate) => Shape.Kind == RecurrentKind.Gru ? (gate + 1) % 3 : gate;

    private readonly int HiddenSlot(int gate) => Shape.Kind == RecurrentKind.Gru ? gate + 1 : gate;

    /// <summary>The gate values of a step; the buffer holds all steps or those of one chunk.</summary>
    private readonly T* GatesAt(int step, int first) =>
        Gates + ((nint)(KeepsSteps ? Time(step) : step - first) * Shape.Batch * GateRow);

    /// <summary>x·weight_ihᵀ for the steps [first, last): one product if the rows of the steps lie side by side.</summary>
    private readonly void InputProducts(int first, int last, int b0, int b1, int block)
    {
        (int start, int end) = Units(block);
        bool together = b0 == 0 && b1 == Shape.Batch && (KeepsSteps || !Shape.Reverse);
        int steps = together ? last - first : 1;
        for (int step = first; step < last; step += steps)
        {
            // The steps of a reversed chunk lie in memory from its last one on.
            int lowest = together && Shape.Reverse ? last - 1 : step;
            nint row = (nint)Time(lowest) * Shape.Batch;
            T* gates = GatesAt(lowest, first);
            int rowEnd = together ? steps * Shape.Batch : b1;
            if (Indices != null)
            {
                Look(row, gates, b0, rowEnd, start, end);
                continue;
            }
            for (int gate = 0; gate < Shape.Gates; gate += Together(gate))
            {
                int columns = Columns(gate, start, end);
                var product = new GemmProblem<T>
                {
                    Right = GemmRight.Packed,
                    M = rowEnd,
                    N = columns,
                    K = Shape.Input,
                    A = X + (row * Shape.Input),
                    Lda = Shape.Input,
                    B = PackAt(PackedIh, Shape.Input, gate, block),
                    C = gates + (InputSlot(gate) * Shape.Hidden) + start,
                    Ldc = GateRow,
                };
                GemmDriver<T, V>.Rectangle(product, b0, rowEnd, 0, columns);
            }
        }
    }

    /// <summary>The product with a one-hot row is a column of the weight.</summary>
    private readonly void Look(nint row, T* gates, int b0, int b1, int start, int end)
    {
        nint turnedRow = (nint)Shape.Gates * Shape.Hidden;
        for (int b = b0; b < b1; b++)
        {
            int index = Indices[row + b];
            for (int gate = 0; gate < Shape.Gates; gate++)
            {
                T* to = gates + (b * GateRow) + (InputSlot(gate) * Shape.Hidden);
                nint from = (nint)gate * Shape.Hidden;
                if (TurnedIh != null)
                {
                    new Span<T>(TurnedIh + (index * turnedRow) + from + start, end - start).CopyTo(new Span<T>(to + start, end - start));
                    continue;
                }
                for (int unit = start; unit < end; unit++)
                {
                    to[unit] = WeightIh[((from + unit) * Shape.Input) + index];
                }
            }
        }
    }

    private readonly void Step(int step, int first, int b0, int b1, int block)
    {
        (int start, int end) = Units(block);
        int time = Time(step), previous = Time(step - 1);
        nint stepLength = (nint)Shape.Batch * Shape.Hidden, yStep = Shape.Batch * YRow;
        T* gates = GatesAt(step, first);
        T* h = step == 0 ? H0 : Y + (previous * yStep);
        nint hRow = step == 0 ? Shape.Hidden : YRow;
        for (int gate = 0; gate < Shape.Gates; gate += Together(gate))
        {
            int slot = HiddenSlot(gate), columns = Columns(gate, start, end);
            T* sums = gates + (slot * Shape.Hidden) + start;
            if (h != null)
            {
                var product = new GemmProblem<T>
                {
                    Right = GemmRight.Packed,
                    Accumulate = slot < 3 || Shape.Kind != RecurrentKind.Gru,
                    M = Shape.Batch,
                    N = columns,
                    K = Shape.Hidden,
                    A = h,
                    Lda = hRow,
                    B = PackAt(PackedHh, Shape.Hidden, gate, block),
                    C = sums,
                    Ldc = GateRow,
                };
                GemmDriver<T, V>.Rectangle(product, b0, b1, 0, columns);
            }
            else if (slot == 3 && Shape.Kind == RecurrentKind.Gru)
            {
                for (int b = b0; b < b1; b++)
                {
                    new Span<T>(sums + (b * GateRow), end - start).Clear();
                }
            }
        }
        var cell = new RecurrentStep<T>
        {
            Hidden = Shape.Hidden,
            Gates = gates,
            GateRow = GateRow,
            Bias = Bias,
            PreviousH = h,
            PreviousHRow = hRow,
            PreviousC = step == 0 ? C0 : KeepsSteps ? C + (previous * stepLength) : C,
            C = KeepsSteps ? C + (time * stepLength) : C,
            TanhC = TanhC == null ? null : TanhC + (time * stepLength),
            Y = Y + (time * yStep),
            YRow = YRow,
        };
        if (Valid == null)
        {
            RecurrentUnits<T, V, TCell>.Forward(cell, b0, b1, start, end);
            return;
        }
        T* valid = Valid + ((nint)time * Shape.Batch);
        for (int b = b0, next; b < b1; b = next)
        {
            bool takesPart = RecurrentPlan.RowsAlike(valid, b, b1, out next);
            if (takesPart)
            {
                RecurrentUnits<T, V, TCell>.Forward(cell, b, next, start, end);
            }
            else
            {
                Hold(cell, b, next, start, end);
            }
        }
    }

    /// <summary>The state before becomes the state after.</summary>
    private readonly void Hold(in RecurrentStep<T> cell, int b0, int b1, int start, int end)
    {
        for (int b = b0; b < b1; b++)
        {
            Keep(cell.PreviousH, b * cell.PreviousHRow, cell.Y + (b * cell.YRow), start, end);
            if (Shape.HasCell)
            {
                Keep(cell.PreviousC, (nint)b * Shape.Hidden, cell.C + ((nint)b * Shape.Hidden), start, end);
            }
        }
    }

    private static void Keep(T* source, nint offset, T* destination, int start, int end)
    {
        var to = new Span<T>(destination + start, end - start);
        if (source == null)
        {
            to.Clear();
        }
        else
        {
            new Span<T>(source + offset + start, end - start).CopyTo(to);
        }
    }
}
