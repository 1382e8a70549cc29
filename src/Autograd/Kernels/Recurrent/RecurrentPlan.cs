using System.Numerics;

namespace Autograd.Kernels;

/// <summary>
/// How a sweep is split over threads: by rows of the batch, where nobody waits for anybody, or by blocks of units with a
/// barrier each step, where each thread's share of the weights stays in its cache. The bits are the same.
/// </summary>
internal readonly struct RecurrentPlan
{
    /// <summary>Weights, in bytes, of which every core can keep its own copy close.</summary>
    private const long SharedWeightBytes = 768 * 1024;

    /// <summary>
    /// Recurrent weights, in bytes, that each core may read at every step for each of its rows, rather than half of them for twice the rows:
    /// going forward nobody then waits for anybody, and the gates come from one product.
    /// </summary>
    private const long WeightBytesPerRow = 1 << 20;

    /// <summary>Multiply-adds of one step that outweigh a barrier.</summary>
    private const long StepGrain = 1 << 16;

    /// <summary>Multiply-adds of a whole sequence that outweigh waking a worker.</summary>
    private const long Grain = 1 << 18;

    internal readonly int Parts;

    /// <summary>Blocks of units; 1 if the split is by rows.</summary>
    internal readonly int Blocks;

    private RecurrentPlan(int parts, int blocks) => (Parts, Blocks) = (parts, blocks);

    internal static RecurrentPlan For(in RecurrentShape shape, int elementSize, int hiddenVectors, bool backward)
    {
        long weights = (long)shape.Gates * shape.Hidden * (shape.Hidden + shape.Input), step = weights * shape.Batch;
        int threads = WorkerPool.PartsFor(step * shape.Time, Grain);
        int byRows = Math.Min(threads, shape.Batch / 8), byUnits = (int)Math.Min(Math.Min(threads, hiddenVectors), step / StepGrain);
        bool isLarge = backward ? weights * elementSize > SharedWeightBytes
            : (long)shape.Gates * shape.Hidden * shape.Hidden * elementSize > shape.Batch / Math.Max(byRows, 1) * WeightBytesPerRow;
        bool preferUnits = byUnits > byRows || isLarge;
        return preferUnits && byUnits > 1 ? new(byUnits, byUnits)
            : byRows > 1 ? new(byRows, 1)
            : new(1, 1);
    }

    /// <summary>Whether row b takes part, and the first row from there on that differs in this.</summary>
    internal static unsafe bool RowsAlike<T>(T* valid, int b, int end, out int next)
        where T : unmanaged, INumberBase<T>
    {
        bool takesPart = valid[b] != T.Zero;
        next = b + 1;
        while (next < end && (valid[next] != T.Zero) == takesPart)
        {
            next++;
        }
        return takesPart;
    }
}
