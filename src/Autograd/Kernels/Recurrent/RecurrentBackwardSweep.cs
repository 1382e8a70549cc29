using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// The steps of a backward sweep: the cell's own gradient, then the gradient of the state before it. Leaves the gradients
/// of all sums of products, from which those of weights and input follow in one product each.
/// </summary>
/// <remarks>
/// The recurrent weights are packed once, by blocks of units. A thread has rows of the batch and all units, and waits for nobody, or blocks
/// of units and all rows: its share of the weights then stays in its cache, for a barrier a step between the cell and the product.
/// </remarks>
internal unsafe struct RecurrentBackwardSweep<T, V, TCell> : IParallelWork
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged, IVector<V, T>
    where TCell : struct, IRecurrentCell<T, V>
{
    internal RecurrentShape Shape;
    internal int Blocks;
    internal T* WeightHh;
    internal T* H0;
    internal T* C0;

    /// <summary>[T, B], 0 where a row kept its state, or null.</summary>
    internal T* Valid;
    internal T* Y;
    internal nint YRow;
    internal T* Gates;
    internal nint GateRow;
    internal T* C;
    internal T* TanhC;
    internal T* GradientY;

    /// <summary>[T, B, Slots·H].</summary>
    internal T* GateGradients;

    /// <summary>[B, H]: the gradient of the last state on entry, of the first on return.</summary>
    internal T* GradientH;

    /// <summary>[B, H], as <see cref="GradientH"/>.</summary>
    internal T* GradientC;

    /// <summary>Whether anybody wants the gradient of the first state.</summary>
    internal bool WantsFirst;
    internal T* PackedHh;

    internal static long PackedHhLength(in RecurrentShape shape) =>
        (long)shape.Gates * shape.Hidden * GemmDriver<T, V>.Vectors(shape.Hidden) * V.Count;

    public void Run(int part, int parts)
    {
        bool byRows = Blocks == 1;
        int b0 = byRows ? WorkerPool.Share(Shape.Batch, part, parts) : 0;
        int b1 = byRows ? WorkerPool.Share(Shape.Batch, part + 1, parts) : Shape.Batch;
        int firstBlock = byRows ? 0 : WorkerPool.Share(Blocks, part, parts);
        int lastBlock = byRows ? 1 : WorkerPool.Share(Blocks, part + 1, parts);
        int depth = Shape.Gates * Shape.Hidden;
        for (int block = part; block < Blocks; block += parts)
        {
            (int start, int end) = Units(block);
            GemmDriver<T, V>.Pack(false, depth, end - start, WeightHh + start, Shape.Hidden, PackedHh + ((nint)start * depth));
        }
        WorkerPool.Synchronize(parts);
        for (int step = Shape.Time - 1; step >= 0; step--)
        {
            for (int block = firstBlock; block < lastBlock; block++)
            {
                Cell(step, b0, b1, block);
            }
            if (!byRows)
            {
                WorkerPool.Synchronize(parts);
            }
            for (int block = firstBlock; block < lastBlock && (step > 0 || WantsFirst); block++)
            {
                PreviousState(step, b0, b1, block);
            }
        }
    }

    private readonly int Time(int step) => Shape.Reverse ? Shape.Time - 1 - step : step;

    private readonly (int Start, int End) Units(int block) => Lanes<T, V>.Share(Shape.Hidden, block, Blocks);

    private readonly void Cell(int step, int b0, int b1, int block)
    {
        (int start, int end) = Units(block);
        int time = Time(step), previous = Time(step - 1);
        nint stepLength = (nint)Shape.Batch * Shape.Hidden, yStep = Shape.Batch * YRow, gateStep = Shape.Batch * GateRow;
        var cell = new RecurrentStep<T>
        {
            Hidden = Shape.Hidden,
            Gates = Gates + (time * gateStep),
            GateRow = GateRow,
            PreviousH = step == 0 ? H0 : Y + (previous * yStep),
            PreviousHRow = step == 0 ? Shape.Hidden : YRow,
            PreviousC = step == 0 ? C0 : C + (previous * stepLength),
            TanhC = TanhC + (time * stepLength),
            Y = Y + (time * yStep),
            YRow = YRow,
            GateGradients = GateGradients + (time * gateStep),
            GradientY = GradientY == null ? null : GradientY + (time * yStep),
            GradientH = GradientH,
            GradientC = GradientC,
        };
        if (Valid == null)
        {
            RecurrentUnits<T, V, TCell>.Backward(cell, b0, b1, start, end);
            return;
        }
        T* valid = Valid + ((nint)time * Shape.Batch);
        for (int b = b0, next; b < b1; b = next)
        {
            bool takesPart = RecurrentPlan.RowsAlike(valid, b, b1, out next);
            if (takesPart)
            {
                RecurrentUnits<T, V, TCell>.Backward(cell, b, next, start, end);
            }
            for (int row = b; row < next; row++)
            {
                for (int slot = 0; slot < Shape.Slots && !takesPart; slot++)
                {
                    new Span<T>(cell.GateGradients + (row * GateRow) + (slot * Shape.Hidden) + start, end - start).Clear();
                }
                if (takesPart && !IsGru)
                {
                    new Span<T>(GradientH + ((nint)row * Shape.Hidden) + start, end - start).Clear();
                }
            }
        }
    }

    private readonly bool IsGru => Shape.Kind == RecurrentKind.Gru;

    /// <summary>
    /// The gradient of the previous h: that of the sums times weight_hh, added to the direct part a GRU's cell left, or to what
    /// passes by a row that kept its state.
    /// </summary>
    private readonly void PreviousState(int step, int b0, int b1, int block)
    {
        (int start, int end) = Units(block);
        int depth = Shape.Gates * Shape.Hidden;
        var product = new GemmProblem<T>
        {
            Right = GemmRight.Packed,
            Accumulate = IsGru || Valid != null,
            M = Shape.Batch,
            N = end - start,
            K = depth,
            A = GateGradients + (Time(step) * Shape.Batch * GateRow) + (IsGru ? Shape.Hidden : 0),
            Lda = GateRow,
            B = PackedHh + ((nint)start * depth),
            C = GradientH + start,
            Ldc = Shape.Hidden,
        };
        GemmDriver<T, V>.Rectangle(product, b0, b1, 0, end - start);
    }
}
