using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests.Kernels;

/// <summary>Alone in its collection: other tests would keep the one pool busy, and work then runs inline.</summary>
[CollectionDefinition(nameof(WorkerPoolTests), DisableParallelization = true)]
[Collection(nameof(WorkerPoolTests))]
public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(40)]
    public void EveryPartRunsExactlyOnce(int parts)
    {
        int* counts = stackalloc int[64];
        for (int round = 1; round <= 500; round++)
        {
            WorkerPool.Run(new Counting { Counts = counts }, parts);
            for (int part = 0; part < parts; part++)
            {
                Assert.Equal(round, counts[part]);
            }
        }
    }

    [Fact]
    public void SleepingWorkersWake()
    {
        int* counts = stackalloc int[64];
        for (int round = 1; round <= 20; round++)
        {
            Thread.Sleep(2);
            WorkerPool.Run(new Counting { Counts = counts }, 4);
            Assert.Equal([round, round, round, round], new Span<int>(counts, 4).ToArray());
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void PartsMeetAtTheBarrier(int parts)
    {
        const int Steps = 101;
        long* values = stackalloc long[2 * 64];
        for (int round = 0; round < 5; round++)
        {
            new Span<long>(values, 128).Clear();
            WorkerPool.RunTogether(new Lockstep { Values = values, Steps = Steps }, parts);
            // Each step every part stores 1 + the sum of all parts before it: s -> parts (s + 1).
            long expected = 0;
            for (int step = 0; step < Steps; step++)
            {
                expected = ((expected + 1) * parts) % 1_000_003;
            }
            long actual = 0;
            for (int part = 0; part < parts; part++)
            {
                actual += values[((Steps & 1) * 64) + part];
            }
            Assert.Equal(expected, actual % 1_000_003);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AFailureSurfacesAtTheCallerAndThePoolLivesOn(int failingPart)
    {
        for (int round = 0; round < 20; round++)
        {
            var failure = Assert.Throws<InvalidOperationException>(() => WorkerPool.Run(new Failing { Part = failingPart }, 3));
            Assert.Equal("part failed", failure.Message);
            failure = Assert.Throws<InvalidOperationException>(
                () => WorkerPool.RunTogether(new Failing { Part = failingPart, AtBarrier = true }, 3));
            Assert.Equal("part failed", failure.Message);
        }
        EveryPartRunsExactlyOnce(3);
    }

    [Fact]
    public void CallsFromInsideRunInline()
    {
        int* counts = stackalloc int[64];
        WorkerPool.Run(new Nested { Counts = counts }, 3);
        Assert.Equal(3, counts[0]);
        Assert.Equal(0, counts[1]);
    }

    [Fact]
    public void ManyCallersAtOnceAllGetTheirResult()
    {
        var failures = new List<string>();
        var threads = new Thread[4];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(() =>
            {
                int* counts = stackalloc int[64];
                for (int round = 1; round <= 2000; round++)
                {
                    WorkerPool.Run(new Adding { Sum = counts }, 3);
                    if (counts[0] != round)
                    {
                        lock (failures)
                        {
                            failures.Add($"round {round}: {counts[0]}");
                        }
                        return;
                    }
                }
            });
        }
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
    }

    [Fact]
    public void AWarmCallAllocatesNothing()
    {
        int* counts = stackalloc int[64];
        Allocations.AssertNone(100, () =>
        {
            WorkerPool.Run(new Counting { Counts = counts }, 3);
            WorkerPool.RunTogether(new Counting { Counts = counts }, 3);
        });
    }

    [Fact]
    public void ThreadsAreValidated()
    {
        int before = Parallelism.Threads;
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => Parallelism.Threads = 0).Message;
        Assert.Contains("asked for 0 threads", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Parallelism.Threads = 1025);
        Assert.Equal(before, Parallelism.Threads);
        using (new ThreadsScope(3))
        {
            Assert.Equal(3, Parallelism.Threads);
            Assert.Equal(3, WorkerPool.PartsFor(1000, 10));
            Assert.Equal(2, WorkerPool.PartsFor(25, 10));
            Assert.Equal(1, WorkerPool.PartsFor(19, 10));
        }
        Assert.Equal(before, Parallelism.Threads);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Counting : IParallelWork
    {
        internal int* Counts;

        public readonly void Run(int part, int parts)
        {
            // Inline runs have one part that stands for all; on a free pool the parts are those asked for.
            Interlocked.Increment(ref Counts[part]);
        }
    }

    /// <summary>Adds one, whatever the number of parts.</summary>
    private struct Adding : IParallelWork
    {
        internal int* Sum;

        public readonly void Run(int part, int parts)
        {
            if (part == parts - 1)
            {
                Interlocked.Increment(ref Sum[0]);
            }
        }
    }

    private struct Nested : IParallelWork
    {
        internal int* Counts;

        public readonly void Run(int part, int parts) => WorkerPool.Run(new Counting { Counts = Counts }, 5);
    }

    private struct Lockstep : IParallelWork
    {
        internal long* Values;
        internal int Steps;

        public readonly void Run(int part, int parts)
        {
            for (int step = 0; step < Steps; step++)
            {
                long sum = 0;
                for (int other = 0; other < parts; other++)
                {
                    sum += Values[((step & 1) * 64) + other];
                }
                Values[(((step + 1) & 1) * 64) + part] = (sum + 1) % 1_000_003;
                WorkerPool.Synchronize(parts);
            }
        }
    }

    private struct Failing : IParallelWork
    {
        internal int Part;
        internal bool AtBarrier;

        public readonly void Run(int part, int parts)
        {
            if (part == Part)
            {
                throw new InvalidOperationException("part failed");
            }
            if (AtBarrier)
            {
                WorkerPool.Synchronize(parts);
            }
        }
    }
}
