using System.Numerics;
using System.Runtime.InteropServices;
using Autograd.Kernels;

namespace Autograd.Tests;

/// <summary>Kernels that split their work give the same bits for any number of threads.</summary>
[Collection(nameof(Kernels.WorkerPoolTests))] // it sets the number of threads of the process
public sealed class ThreadCountTests
{
    [Fact]
    public void BitsDoNotDependOnTheNumberOfThreads()
    {
        Check<float>();
        Check<double>();
    }

    private static void Check<T>()
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] x = new T[300_011], g = new T[x.Length];
        new RandomSource(1).FillNormal(x, 0, 3);
        new RandomSource(2).FillNormal(g, 0, 1);
        int before = Parallelism.Threads;
        try
        {
            Parallelism.Threads = 1;
            T[][] expected = Results(x, g);
            foreach (int threads in new[] { 2, 3, 4, 7 })
            {
                Parallelism.Threads = threads;
                T[][] found = Results(x, g);
                for (int i = 0; i < expected.Length; i++)
                {
                    Assert.True(
                        MemoryMarshal.AsBytes(expected[i].AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found[i].AsSpan())),
                        $"result {i} of {typeof(T).Name} differs with {threads} threads");
                }
            }
        }
        finally
        {
            Parallelism.Threads = before;
        }
    }

    private static T[][] Results<T>(T[] x, T[] g)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const int rows = 1000, columns = 300, size = rows * columns;
        List<T[]> results = [];
        T[] New(int length)
        {
            results.Add(new T[length]);
            return results[^1];
        }

        ReadOnlySpan<T> matrix = x.AsSpan(0, size), cotangent = g.AsSpan(0, size);
        Elementwise.Unary<TanhFunction, T>(x, New(x.Length));
        Elementwise.Binary<TanhGradientFunction, T>(g, results[0], New(x.Length));
        Elementwise.Binary<AddFunction, T>(matrix, [columns, 1], g.AsSpan(0, columns), [0, 1], New(size), [rows, columns]);
        Elementwise.Binary<MultiplyFunction, T>(matrix, [columns, 1], g.AsSpan(0, rows), [1, 0], New(size), [rows, columns]);
        New(1)[0] = Reductions.Sum<T>(x);
        Reductions.Sum(matrix, New(rows), rows, columns, 1);
        Reductions.Sum(matrix, New(columns), 1, rows, columns);
        Reductions.Sum(matrix, New(3000), 10, 100, 300);
        Reductions.Softmax(matrix, New(size), rows, columns, 1);
        Reductions.SoftmaxGradient(cotangent, results[^1], New(size), rows, columns, 1);
        Reductions.LogSoftmax(matrix, New(size), 10, 100, 300);
        int[] targets = [.. Enumerable.Range(0, rows).Select(row => row * 7 % columns)];
        T[] losses = New(rows), scales = New(rows), sums = New(rows);
        Reductions.CrossEntropy<T>(matrix, targets, [], -100, 0.1, losses, scales, sums);
        Reductions.CrossEntropyGradient<T>(matrix, targets, [], -100, 0.1, [T.One], scales, sums, New(size));
        return [.. results];
    }
}
