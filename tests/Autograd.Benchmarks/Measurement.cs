using System.Diagnostics;

namespace Autograd.Benchmarks;

/// <summary>The median time of an action, and what it allocates, once it is warm.</summary>
internal readonly record struct Measurement(double Milliseconds, long AllocatedBytes)
{
    /// <summary>At least three runs and two seconds of warm-up, since code is compiled in stages while it runs; then the timed runs.</summary>
    public static Measurement Of(Action action, int repeat, double warmSeconds = 2)
    {
        Stopwatch warm = Stopwatch.StartNew();
        for (int run = 0; run < 3 || warm.Elapsed.TotalSeconds < warmSeconds; run++) action();
        double[] times = new double[repeat];
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int run = 0; run < repeat; run++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[run] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        long allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / repeat;
        Array.Sort(times);
        return new(times[repeat / 2], allocated);
    }
}
