using System.Diagnostics;

namespace Autograd.Benchmarks;

/// <summary>The median time of an action, and the median of what it allocates, once it is warm.</summary>
internal readonly record struct Measurement(double Milliseconds, long AllocatedBytes)
{
    // The median, not the mean: in one process of a hundred an array of 48 KiB appears once, the same for models of any size.
    private const int AllocationRuns = 5;

    /// <summary>At least three runs and two seconds of warm-up, since code is compiled in stages while it runs; then the timed runs, and a few more to see what they allocate.</summary>
    public static Measurement Of(Action action, int repeat, double warmSeconds = 2)
    {
        Stopwatch warm = Stopwatch.StartNew();
        for (int run = 0; run < 3 || warm.Elapsed.TotalSeconds < warmSeconds; run++) action();
        double[] times = new double[repeat];
        for (int run = 0; run < repeat; run++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        // By itself, since asking how much was allocated stops the workers, who then have to be woken.
        long[] allocated = new long[AllocationRuns];
        for (int run = 0; run < AllocationRuns; run++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            action();
            allocated[run] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Array.Sort(times);
        Array.Sort(allocated);
        return new(times[repeat / 2], allocated[AllocationRuns / 2]);
    }

    /// <summary>
    /// The median share of the multiply-add peak that runs of a warm action reach: of each run beside what all threads reach right before
    /// and after it, since other processes on the same cores change that from moment to moment.
    /// </summary>
    /// <param name="action">What is timed.</param>
    /// <param name="operations">Its floating-point operations; a multiply-add counts two.</param>
    /// <param name="repeat">Runs.</param>
    public static double PeakShare(Action action, double operations, int repeat)
    {
        double[] shares = new double[repeat];
        double before = FmaPeak.Momentary(Parallelism.Threads);
        for (int run = 0; run < repeat; run++)
        {
            action(); // the probe has put the workers to sleep
            long start = Stopwatch.GetTimestamp();
            action();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, after = FmaPeak.Momentary(Parallelism.Threads);
            shares[run] = operations / seconds / 1e9 / ((before + after) / 2);
            before = after;
        }

        Array.Sort(shares);
        return Math.Round(shares[repeat / 2], 3);
    }
}
