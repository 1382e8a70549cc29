using System.Numerics;
using System.Numerics.Tensors;
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
/// </remarks>
internal static unsafe partial class Reductions
{
    // A row is summed in as many interleaved streams as fill this many bytes, four vectors of the widest kind, and a block
    // takes this many elements of each stream.
    private const int StreamBytes = 256;
    private const int BlockDepth = 16;

    /// <summary>The sum of all elements; 0 of none.</summary>
    public static T Sum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        fixed (T* px = x)
        {
            return SumOf<UnaryPoint<IdentityFunction, T>, T>(default, (byte*)px, 1, null, 0, null, 0, x.Length);
        }
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
        int block = StreamBytes / sizeof(double) * BlockDepth;
        Span<double> buffer = stackalloc double[block];
        PairwiseSum<double> total = new(stackalloc double[PairwiseSum<double>.Capacity]);
        for (; !x.IsEmpty; x = x[Math.Min(block, x.Length)..])
        {
            ReadOnlySpan<T> part = x[..Math.Min(block, x.Length)];
            Span<double> values = buffer[..part.Length];
            TensorPrimitives.ConvertTruncating(part, values);
            total.Add(Dot<double>(values, values));
        }

        return total.Result;
    }

    /// <summary>y[o, i] = Σₖ x[o, k, i].</summary>
    public static void Sum<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireLayout(x.Length, y.Length, outer, reduce, inner);
        for (int o = 0; o < outer; o++)
        {
            ReadOnlySpan<T> slab = x.Slice(o * reduce * inner, reduce * inner);
            if (inner == 1) y[o] = Sum(slab);
            else SumRows(slab, y.Slice(o * inner, inner), reduce, inner);
        }
    }

    /// <summary>y[o, i] = Σₖ x[o, k, i] / reduce; NaN where there is nothing to average.</summary>
    public static void Mean<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Sum(x, y, outer, reduce, inner);
        Elementwise.Unary(y, y, new DivideByScalarFunction(reduce));
    }

    /// <summary>The sum of the rows of a [rows, width] matrix.</summary>
    [SkipLocalsInit]
    private static void SumRows<T>(ReadOnlySpan<T> x, Span<T> y, int rows, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Strips of columns, so that their partial sums stay in the first-level cache.
        const int stripWidth = 256;
        Span<T> partials = stackalloc T[stripWidth * (PairwiseRows<T>.Depth(rows) + 1)];
        for (int start = 0; start < width; start += stripWidth)
        {
            Span<T> strip = y.Slice(start, Math.Min(stripWidth, width - start));
            PairwiseRows<T> sums = new(partials, strip);
            for (int row = 0; row < rows;)
            {
                ReadOnlySpan<T> first = x.Slice(row * width + start, strip.Length);
                bool pair = row + 1 < rows;
                if (pair) sums.Add(first, x.Slice((row + 1) * width + start, strip.Length));
                else sums.Add(first);
                row += pair ? 2 : 1;
            }

            sums.Finish();
        }
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
}
