using System.Runtime.CompilerServices;

namespace Autograd;

/// <summary>What a step will take, before it is run.</summary>
public sealed partial class Tape<T>
{
    // A size of 1 is special where shapes broadcast. The further sizes are run only where the few do not tell, and while a run takes but
    // a small part of the limit; what grows with them lies in the middle of a class of blocks, neither tightly nor loosely.
    private static readonly int[] FewSizes = [2, 3, 7, 18];
    private static readonly int[] FurtherSizes = [36, 72, 144];
    private const int SmallPart = 16;

    /// <summary>
    /// What a step will take of a tape's memory at a size, such as a batch or a number of time steps, from runs at small sizes. Each runs
    /// on a new tape made as this one, which itself is not touched.
    /// </summary>
    /// <remarks>
    /// <para>The arena of each tape notes what is rented and what comes back. Where all sizes do the same, with lengths that follow one
    /// polynomial of the size (of degree d through d + 2 sizes or more, d at most 2), the notes for <paramref name="size"/> are known and
    /// are played through the arena's own rules without its memory: the forecast is exact. Where the step does more at larger sizes, as a
    /// graph unrolled over time, or something else each time, the number and the lengths of what is in use at the peak are extrapolated, by
    /// lines through the two largest sizes or parabolas that four sizes lie on: the forecast is an estimate, of a graph unrolled over time
    /// mostly within a tenth. That the step does at <paramref name="size"/> what it does at the small ones is taken for granted: what your
    /// code decides by the size is not foreseen (a <c>MemoryBudget</c> makes an estimate).</para>
    /// <para>Covered is what <see cref="PeakBytes"/> and <see cref="ReservedBytes"/> count: values, what is kept for the sweep, and
    /// gradients on the tape. Not covered are tensors of your own and parameters, gradients of <see cref="Gradients{T}.For"/>, the state of
    /// optimizers, and the scratch memory of kernels.</para>
    /// <para>The step is really run, so what it does beyond the tape it does: leave the optimizer out of it where the parameters are not
    /// to change. A layer with running statistics takes the runs into account as any other.</para>
    /// </remarks>
    /// <param name="step">Does one step of the size it is given on the tape it is given: records, sweeps, and carries nothing from one call to the next.</param>
    /// <param name="size">The size to forecast, positive.</param>
    /// <param name="smallSizes">The sizes to run at, three or more, growing, all below <paramref name="size"/>; by default 2, 3, 7 and
    /// 18, and where they do not tell also 36, 72 and 144. Where <paramref name="size"/> is not larger than these, it is run itself.</param>
    /// <returns>The forecast, with this tape's <see cref="MemoryLimit"/>.</returns>
    /// <exception cref="ArgumentException">A size is not positive, or the small sizes are not as said.</exception>
    /// <exception cref="InvalidOperationException">The step disposed the tape or used another, or would ask for a value longer than an array may be.</exception>
    /// <exception cref="TapeMemoryException">A run at a small size passed the limit.</exception>
    /// <example><code>
    /// TapeForecast forecast = tape.Forecast((tape, batch) =&gt; tape.Backward(model.Loss(tape.Constant(data[..batch]))), size: 4096);
    /// Console.WriteLine(forecast.EnsureFits());
    /// </code></example>
    public TapeForecast Forecast(Action<Tape<T>, int> step, int size, ReadOnlySpan<int> smallSizes = default)
    {
        ArgumentNullException.ThrowIfNull(step);
        ThrowIfDisposed();
        if (size <= 0) Errors.OutOfRange(nameof(size), size, "The size of a step is positive.");
        if (!smallSizes.IsEmpty) RequireSmall(smallSizes, size);
        List<SmallRun> runs = [];
        ReadOnlySpan<int> few = !smallSizes.IsEmpty ? smallSizes : size <= FewSizes[^1] ? [size] : FewSizes;
        foreach (int small in few) runs.Add(RunAt(small, step));
        TapeForecast forecast = Extrapolate(runs, size);
        for (int i = 0; smallSizes.IsEmpty && !forecast.IsExact && i < FurtherSizes.Length && runs[^1].Size < size; i++)
        {
            if (runs[^1].Trace.Replay(runs[^1].Trace.Lengths).Peak > MemoryLimit / SmallPart) break;
            runs.Add(RunAt(Math.Min(FurtherSizes[i], size), step));
            runs.RemoveAt(0); // what is special about a very small size does not matter any more
            forecast = Extrapolate(runs, size);
        }

        return forecast;
    }

    /// <summary>Tells a forecast that something was chosen by its size, so that a larger step may do otherwise.</summary>
    internal void ChoosesBySize()
    {
        if (_arena.Trace is { } trace) trace.ChoosesBySize = true;
    }

    private static void RequireSmall(ReadOnlySpan<int> sizes, int size)
    {
        bool grows = sizes[0] > 0 && sizes[^1] < size;
        for (int i = 1; i < sizes.Length; i++) grows &= sizes[i - 1] < sizes[i];
        if (grows && sizes.Length >= 3) return;
        Errors.Argument($"Forecast: the small sizes are three or more, positive and growing, all below the size {size:N0}: two tell how the memory grows and the others check it. They were {Errors.List(sizes)}.");
    }

    private SmallRun RunAt(int size, Action<Tape<T>, int> step)
    {
        ArenaTrace<T> trace = new();
        using Tape<T> tape = new(Training, Seed, MemoryLimit, Records) { Step = Step, DetectAnomalies = DetectAnomalies };
        tape._arena.Trace = trace;
        step(tape, size);
        tape._arena.Trace = null; // what is given back from here on is no part of the step
        if (tape._disposed) Errors.Invalid("Forecast: the step disposed the tape it was given. It is made and disposed for each run; let the step do neither.");
        if (trace.Count == 0) Errors.Invalid($"Forecast: a step of size {size:N0} took nothing from the tape it was given. Let it record on that tape and on no other.");
        return new(size, trace);
    }

    /// <summary>The forecast from runs: by the events if all have the same, else by the peaks.</summary>
    private TapeForecast Extrapolate(List<SmallRun> runs, int size)
    {
        SmallRun last = runs[^1];
        if (last.Size == size) runs = [last];
        int[] sizes = [.. runs.Select(static run => run.Size)];
        long[] values = new long[sizes.Length];
        if (!runs.TrueForAll(run => run.Trace.HasEventsOf(last.Trace)))
        {
            ArenaUse[] uses = [.. runs.Select(static run => run.Trace.Replay(run.Trace.Lengths))];
            long largest = Extrapolation.At(size, sizes, [.. uses.Select(static use => use.Largest)], out _);
            Arena<T>.RequireArray(largest);
            long peak = PeakOfKinds(runs, sizes, size) ?? PeakOfSums(uses, sizes, size), blocks = (long)(peak * (double)uses[^1].Blocks / uses[^1].Peak);
            long reserved = ((blocks / Arena<T>.SlabBytes) + 1) * Arena<T>.SlabBytes;
            return Forecast(new(peak, peak, blocks, reserved, largest), isExact: false, fits: reserved <= MemoryLimit);
        }

        bool exact = runs.Count == 1 || !runs.Exists(static run => run.Trace.ChoosesBySize);
        long[] lengths = new long[last.Trace.Lengths.Length];
        for (int rent = 0; rent < lengths.Length; rent++)
        {
            for (int i = 0; i < values.Length; i++) values[i] = runs[i].Trace.Lengths[rent];
            lengths[rent] = Extrapolation.At(size, sizes, values, out bool follows);
            exact &= follows;
        }

        try
        {
            return Forecast(last.Trace.Replay(lengths, MemoryLimit), exact, fits: true);
        }
        catch (TapeMemoryException)
        {
            return Forecast(last.Trace.Replay(lengths), exact, fits: false);
        }

        TapeForecast Forecast(ArenaUse use, bool isExact, bool fits) => new(size, use, use.Largest * Unsafe.SizeOf<T>(), MemoryLimit, isExact, fits);
    }

    /// <summary>
    /// The peak, from the blocks in use at it: those of a length that stays are more at a larger size, those of one that grows are larger,
    /// perhaps also more. Null where the lengths that grow cannot be told apart.
    /// </summary>
    private static long? PeakOfKinds(List<SmallRun> runs, int[] sizes, int size)
    {
        SortedDictionary<long, int>[] counts = [.. runs.Select(static run => run.Trace.AtPeak())];
        long[] stay = [.. counts[^1].Keys.Intersect(counts[^2].Keys)];
        long[][] grow = [.. counts.Select(lengths => lengths.Keys.Except(stay).ToArray())];
        int first = 1 + Array.FindLastIndex(grow, lengths => lengths.Length != grow[^1].Length);
        if (first > runs.Count - 2) return null;
        (sizes, counts, grow) = (sizes[first..], counts[first..], grow[first..]);
        long elements = 0;
        foreach (long length in stay) Add(length, Extrapolation.At(size, sizes, [.. counts.Select(count => (long)count.GetValueOrDefault(length))], out _));
        for (int kind = 0; kind < grow[^1].Length; kind++)
        {
            long[] lengths = [.. grow.Select(lengths => lengths[kind])], numbers = [.. lengths.Zip(counts, static (length, count) => (long)count[length])];
            Add(Extrapolation.At(size, sizes, lengths, out _), Extrapolation.At(size, sizes, numbers, out _));
        }

        return elements * Unsafe.SizeOf<T>();

        void Add(long length, long count)
        {
            Arena<T>.RequireArray(length);
            elements += count * Arena<T>.CapacityOf(Arena<T>.ClassOf((int)length));
        }
    }

    /// <summary>The peak, from the sums of what was asked for at once, and how much larger the blocks were at the largest size.</summary>
    private static long PeakOfSums(ArenaUse[] uses, int[] sizes, int size) =>
        (long)(Extrapolation.At(size, sizes, [.. uses.Select(static use => use.Asked)], out _) * (double)uses[^1].Peak / Math.Max(1, uses[^1].Asked));

    /// <summary>What a step did at a size.</summary>
    private readonly record struct SmallRun(int Size, ArenaTrace<T> Trace);
}
