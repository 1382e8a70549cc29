using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Reductions over the middle axis of data laid out as [outer, reduce, inner], row-major; the result is [outer, inner].
/// The order of every addition follows from the shape alone, so that the bits are the same at every vector width and for
/// any number of threads.
/// </summary>
/// <remarks>
/// Sums run in blocks whose partial sums are added pairwise: N. J. Higham, Accuracy and Stability of Numerical
/// Algorithms (2002), section 4.2. For K terms the error is at most 8 (1 + log₂ K) ε Σ|terms|.
/// Threads share rows, or strips of columns where the axis is not the last; a sum of one long row is cut into chunks that are subtrees of
/// the pairwise sum, and whose size depends on the length alone.
/// </remarks>
internal static unsafe partial class Reductions
{
    // A row is summed in as many interleaved streams as fill this many bytes, four vectors of the widest kind, and a block
    // takes this many elements of each stream.
    private const int StreamBytes = 256;
    private const int BlockDepth = 16;
    private const int SumStrip = 64;

    // Blocks whose sum is one part of a large sum: a power of two, so that they are a subtree of the pairwise sum.
    private const int ChunkBlocks = 32;
    private const int MaxChunks = 1024;

    /// <summary>The sum of all elements; 0 of none.</summary>
    public static T Sum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* px = x) return SumInChunks<UnaryPoint<IdentityFunction, T>, T>(default, (byte*)px, null, x.Length);
    }

    /// <summary>The sum of f(x[i], y[i]); 0 of none.</summary>
    public static T Sum<TFunction, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, TFunction function)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (x.Length != y.Length) throw new ArgumentException($"A sum over two operands: {x.Length} elements against {y.Length}.");
        fixed (T* px = x, py = y) return SumInChunks<BinaryPoint<TFunction, T>, T>(new(function), (byte*)px, (byte*)py, x.Length);
    }

    /// <summary>The sum of x[i] y[i].</summary>
    public static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (x.Length != y.Length) throw new ArgumentException($"Dot product: {x.Length} elements against {y.Length}.");
        fixed (T* px = x, py = y)
        {
            return SumOf<BinaryPoint<MultiplyFunction, T>, T>(default, (byte*)px, 1, (byte*)py, 1, null, 0, x.Length);
        }
    }

    /// <summary>The sum of squares, added up in double precision, in which the squares of floats are exact.</summary>
    public static double SumOfSquares<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* px = x) return SumInChunks<SquarePoint<T>, double>(default, (byte*)px, null, x.Length);
    }

    /// <summary>y[o, i] = Σₖ x[o, k, i].</summary>
    public static void Sum<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLayout(x.Length, y.Length, outer, reduce, inner);
        fixed (T* px = x, py = y)
        {
            SumWork<T> work = new(px, py, outer, reduce, inner);
            WorkerPool.Run(work, Math.Min(WorkerPool.PartsFor(x.Length, Elementwise.Grain), Math.Max(work.Units, 1)));
        }
    }

    /// <summary>y[o, i] = Σₖ x[o, k, i] / reduce; NaN where there is nothing to average.</summary>
    public static void Mean<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Sum(x, y, outer, reduce, inner);
        Elementwise.Unary(y, y, new DivideByScalarFunction(reduce));
    }

    private static T SumInChunks<TPoint, T>(TPoint point, byte* x, byte* y, int length)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int parts = WorkerPool.PartsFor(length, Elementwise.Grain);
        return parts == 1 ? SumOf<TPoint, T>(point, x, 1, y, 1, null, 0, length) : SumInChunks<TPoint, T>(point, x, y, length, parts);
    }

    [SkipLocalsInit]
    private static T SumInChunks<TPoint, T>(TPoint point, byte* x, byte* y, int length, int parts)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        long chunk = (long)ChunkBlocks * BlockDepth * StreamBytes / sizeof(T);
        while ((length + chunk - 1) / chunk > MaxChunks) chunk *= 2;
        int chunks = (int)((length + chunk - 1) / chunk);
        T* sums = stackalloc T[MaxChunks];
        WorkerPool.Run(new ChunkWork<TPoint, T>(point, x, y, length, chunk, sums, chunks), parts);
        PairwiseSum<T> total = new(stackalloc T[PairwiseSum<T>.Capacity]);
        for (int i = 0; i < chunks; i++) total.Add(sums[i]);
        return total.Result;
    }

    private static void RequireLayout(int input, int result, int outer, int reduce, int inner)
    {
        if (input != (long)outer * reduce * inner || result != (long)outer * inner)
        {
            throw new ArgumentException(
                $"Reduction: an input of [{outer}, {reduce}, {inner}] and a result of [{outer}, {inner}] do not fit buffers of " +
                $"{input} and {result} elements.");
        }
    }

    /// <summary>Sums of chunks of a row.</summary>
    private readonly struct ChunkWork<TPoint, T>(TPoint point, byte* x, byte* y, long length, long chunk, T* sums, int chunks) : IParallelWork
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int part, int parts)
        {
            for (int i = WorkerPool.Share(chunks, part, parts); i < WorkerPool.Share(chunks, part + 1, parts); i++)
            {
                nint count = (nint)Math.Min(chunk, length - i * chunk);
                sums[i] = SumOf<TPoint, T>(point, x + i * chunk * TPoint.FirstSize, 1, y + i * chunk * sizeof(T), 1, null, 0, count);
            }
        }
    }

    /// <summary>Sums along the middle axis; a unit is a row, or a strip of columns so narrow that its sums stay in the cache.</summary>
    private readonly struct SumWork<T>(T* x, T* y, int outer, int reduce, int inner) : IParallelWork
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public int Units => outer * Strips;

        private int Strips => (inner + SumStrip - 1) / SumStrip;

        public void Run(int part, int parts)
        {
            for (int unit = WorkerPool.Share(Units, part, parts); unit < WorkerPool.Share(Units, part + 1, parts); unit++)
            {
                int o = unit / Strips, start = unit % Strips * SumStrip;
                T* slab = x + (nint)o * reduce * inner;
                if (inner == 1) y[o] = SumInChunks<UnaryPoint<IdentityFunction, T>, T>(default, (byte*)slab, null, reduce);
                else SumRows(slab + start, inner, reduce, y + (nint)o * inner + start, Math.Min(SumStrip, inner - start));
            }
        }
    }
}
