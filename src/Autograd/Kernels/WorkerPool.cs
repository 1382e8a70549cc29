using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Autograd.Kernels;

/// <summary>Work that can be done in any number of parts, with the same result for each number.</summary>
internal interface IParallelWork
{
    /// <summary>Does part <paramref name="part"/> of <paramref name="parts"/>; all parts together do the work once.</summary>
    void Run(int part, int parts);
}

/// <summary>
/// The process's background workers. One region of parallel work runs at a time; a call that finds the pool busy, or
/// comes from inside a region, does its work inline as one part. A warm call allocates nothing.
/// </summary>
/// <remarks>
/// A region is published as one 64-bit word: its number, and the bounds of the parts nobody has claimed. The caller
/// claims from below and workers from above, so that with two threads each part stays with its thread (and its cache)
/// from call to call, and a worker that is late costs nothing because the caller goes on with its part.
/// Workers spin briefly after a region, because the next one is usually near, and then sleep.
/// </remarks>
internal static unsafe class WorkerPool
{
    internal const int MaxThreads = 1024;

    private const int IdleSpinMicroseconds = 40;

    /// <summary>The grains of work in a piece that is not worth splitting further.</summary>
    private const int PieceGrains = 16;

    private static readonly long IdleSpinTicks = Stopwatch.Frequency * IdleSpinMicroseconds / 1_000_000;
    private static readonly bool CanSpin = Environment.ProcessorCount > 1;

    private static Worker[] _workers = [];
    private static int _busy;
    private static long _claims;
    private static delegate*<void*, int, int, void> _run;
    private static void* _work;
    private static int _parts;
    private static bool _together;
    private static int _wanted;
    private static int _remaining;
    private static int _arrived;
    private static int _phase;
    private static Exception? _failure;

    [ThreadStatic]
    private static bool _inside;

    /// <summary>Whether the calling thread is at work on a part of a region.</summary>
    internal static bool IsInside => _inside;

    /// <summary>
    /// The number of parts that <paramref name="cost"/> is worth when a part should cost at least <paramref
    /// name="grain"/>.
    /// </summary>
    internal static int PartsFor(long cost, long grain)
    {
        int threads = Parallelism.Threads;
        return threads == 1 || cost < 2 * grain ? 1 : (int)Math.Min(threads, cost / grain);
    }

    /// <summary>
    /// The number of parts as by <see cref="PartsFor"/>, and where the work is long up to four for each thread, so that a thread
    /// whose core is shared with another process leaves some of them to the others.
    /// </summary>
    internal static int PiecesFor(long cost, long grain)
    {
        int parts = PartsFor(cost, grain);
        return parts == 1 ? 1 : (int)Math.Max(parts, Math.Min(4L * parts, cost / (PieceGrains * grain)));
    }

    /// <summary>Where part <paramref name="part"/> of <paramref name="parts"/> begins, and the one before it ends, of things in a row.</summary>
    internal static int Share(int count, int part, int parts) => (int)((long)count * part / parts);

    /// <summary>
    /// The same for twice as many parts as there are threads, of uneven size: first each thread takes three quarters of its share, then
    /// whoever is free takes one of the quarters, which lie in the middle, since workers take parts from the last one down.
    /// </summary>
    internal static int UnevenShare(int count, int part, int parts)
    {
        int threads = parts / 2, quarters = (2 * Math.Min(part, 1)) + Math.Clamp(part, 1, threads + 1) + (3 * Math.Max(part - threads - 1, 0));
        return (int)((long)count * (part == 0 ? 0 : quarters) / (4 * threads));
    }

    /// <summary>The least number of things that so many threads can share unevenly with something for each part.</summary>
    internal static int UnevenLeast(int threads) => 4 * threads;

    /// <inheritdoc cref="Share(int, int, int)"/>
    internal static long Share(long count, int part, int parts) => (long)((Int128)count * part / parts);

    /// <summary>
    /// Runs <paramref name="work"/> in <paramref name="parts"/> parts on as many threads as there are, in no particular
    /// order.
    /// </summary>
    /// <exception cref="Exception">What the first failing part threw.</exception>
    internal static void Run<TWork>(TWork work, int parts)
        where TWork : unmanaged, IParallelWork => Start(ref work, parts, together: false);

    /// <summary>
    /// Runs <paramref name="work"/> in at most <paramref name="parts"/> parts that all run at once, each on a thread of
    /// its own, so that they may call <see cref="Synchronize"/>.
    /// </summary>
    internal static void RunTogether<TWork>(TWork work, int parts)
        where TWork : unmanaged, IParallelWork => Start(ref work, parts, together: true);

    /// <summary>Waits until every part of a <see cref="RunTogether"/> region has come here. Costs well under a microsecond.</summary>
    internal static void Synchronize(int parts)
    {
        if (parts == 1)
        {
            return;
        }
        int phase = Volatile.Read(ref _phase);
        if (Interlocked.Increment(ref _arrived) == parts)
        {
            Volatile.Write(ref _arrived, 0);
            Volatile.Write(ref _phase, phase + 1);
            return;
        }
        var spin = new Spinner();
        while (Volatile.Read(ref _phase) == phase)
        {
            if (Volatile.Read(ref _failure) is not null)
            {
                throw new OperationCanceledException("Another part of this parallel work failed.");
            }
            spin.Once();
        }
    }

    private static void Start<TWork>(ref TWork work, int parts, bool together)
        where TWork : unmanaged, IParallelWork
    {
        if (parts <= 1 || _inside || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            work.Run(0, 1);
            return;
        }
        _inside = true;
        try
        {
            int others = (together ? parts : Math.Min(parts, Parallelism.Threads)) - 1;
            EnsureWorkers(others);
            // The caller's argument lies on its stack, which does not move while this frame waits.
            _work = Unsafe.AsPointer(ref work);
            _run = &Invoke<TWork>;
            _parts = parts;
            _together = together;
            _wanted = others;
            _failure = null;
            _arrived = 0;
            _remaining = parts;
            uint region = (uint)(_claims >> 32) + 1;
            Interlocked.Exchange(ref _claims, ((long)region << 32) | (uint)parts);
            Worker[] workers = _workers;
            for (int i = 0; i < others; i++)
            {
                workers[i].Wake();
            }
            Participate(region, fromBelow: true);
            var spin = new Spinner();
            while (Volatile.Read(ref _remaining) > 0)
            {
                spin.Once();
            }
            if (_failure is { } failure)
            {
                _failure = null;
                ExceptionDispatchInfo.Throw(failure);
            }
        }
        finally
        {
            _inside = false;
            Volatile.Write(ref _busy, 0);
        }
    }

    private static void Invoke<TWork>(void* work, int part, int parts)
        where TWork : unmanaged, IParallelWork => ((TWork*)work)->Run(part, parts);

    /// <summary>
    /// Claims and runs parts of a region until none is left. Once a part is claimed the region cannot end, so its fields
    /// are stable.
    /// </summary>
    private static void Participate(uint region, bool fromBelow)
    {
        while (true)
        {
            long claims = Volatile.Read(ref _claims);
            uint low = (uint)(claims >> 16) & 0xFFFF, high = (uint)claims & 0xFFFF;
            if ((uint)(claims >> 32) != region || low >= high)
            {
                return;
            }
            long claimed = fromBelow ? claims + (1 << 16) : claims - 1;
            if (Interlocked.CompareExchange(ref _claims, claimed, claims) != claims)
            {
                continue;
            }
            bool together = _together;
            try
            {
                _run(_work, fromBelow ? (int)low : (int)high - 1, _parts);
            }
            catch (Exception failure)
            {
                Interlocked.CompareExchange(ref _failure, failure, null);
            }
            Interlocked.Decrement(ref _remaining);
            if (together)
            {
                return;
            }
        }
    }

    private static void EnsureWorkers(int count)
    {
        if (_workers.Length >= count)
        {
            return;
        }
        Worker[] workers = _workers;
        int first = workers.Length;
        Array.Resize(ref workers, count);
        for (int i = first; i < count; i++)
        {
            workers[i] = new Worker(i + 1);
        }
        _workers = workers;
    }

    private sealed class Worker
    {
        private readonly SemaphoreSlim _wake = new(0);
        private int _asleep;

        internal Worker(int number) =>
            new Thread(() => Loop(number)) { IsBackground = true, Name = $"Autograd worker {number}" }.UnsafeStart();

        internal void Wake()
        {
            if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
            {
                _wake.Release();
            }
        }

        private void Loop(int number)
        {
            _inside = true;
            uint seen = 0;
            while (true)
            {
                seen = Await(seen, number);
                Participate(seen, fromBelow: false);
            }
        }

        /// <summary>Whether there is a region that this worker has not seen, with parts left, and on which so many threads may work.</summary>
        private static bool IsNew(uint seen, int number, out uint region)
        {
            long claims = Volatile.Read(ref _claims);
            region = (uint)(claims >> 32);
            return region != seen && ((claims >> 16) & 0xFFFF) < (claims & 0xFFFF) && number <= Volatile.Read(ref _wanted);
        }

        private uint Await(uint seen, int number)
        {
            while (true)
            {
                uint region;
                long end = Stopwatch.GetTimestamp() + IdleSpinTicks;
                while (CanSpin && Stopwatch.GetTimestamp() < end)
                {
                    if (IsNew(seen, number, out region))
                    {
                        return region;
                    }
                    Thread.SpinWait(4);
                }
                // The exchange is a full fence: either this read sees the new region or its caller sees the sleeper.
                Interlocked.Exchange(ref _asleep, 1);
                if (IsNew(seen, number, out region) && Interlocked.Exchange(ref _asleep, 0) != 0)
                {
                    return region;
                }
                _wake.Wait();
            }
        }
    }

    /// <summary>Spins for some microseconds and then yields, so that it is right with more threads than cores.</summary>
    private struct Spinner
    {
        private int _count;

        internal void Once()
        {
            if (CanSpin && ++_count < 200)
            {
                Thread.SpinWait(2);
            }
            else
            {
                Thread.Yield();
            }
        }
    }
}
