using Autograd.Kernels;

namespace Autograd;

/// <summary>How many threads the library computes with. One pool of workers serves the whole process.</summary>
/// <remarks>Results have the same bits for every number of threads: work is split by output, never by summand.</remarks>
public static class Parallelism
{
    private static int _threads = Math.Min(Environment.ProcessorCount, WorkerPool.MaxThreads);

    /// <summary>
    /// The largest number of threads one operation may use, the calling thread included; at first
    /// <see cref="Environment.ProcessorCount"/>. 1 computes on the calling thread alone. May be set at any time and
    /// holds from the next operation on.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1 or above 1024.</exception>
    public static int Threads
    {
        get => Volatile.Read(ref _threads);
        set
        {
            if (value is < 1 or > WorkerPool.MaxThreads)
            {
                throw new ArgumentOutOfRangeException(nameof(value), value,
                    $"Parallelism.Threads: asked for {value} threads, but it takes 1 to {WorkerPool.MaxThreads}. Set 1 to compute on the "
                    + $"calling thread alone, or Environment.ProcessorCount ({Environment.ProcessorCount} here) for all cores.");
            }
            Volatile.Write(ref _threads, value);
        }
    }
}
