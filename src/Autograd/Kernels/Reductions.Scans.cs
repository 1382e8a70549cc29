using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>Products and running results along an axis. None divides by an element, so zeros have their true derivatives.</summary>
/// <remarks>
/// Rows as <see cref="Along"/> cuts them. A running result is one chain, and goes element by element; the product of a long row is 128
/// chains beside each other, which fill vectors of every width.
/// </remarks>
internal static unsafe partial class Reductions
{
    // Elements whose running sum is added up one by one; blocks are added pairwise.
    private const int ScanBlock = 32;

    // Interleaved products of a long row.
    private const int ProductStreams = 128;

    /// <summary>y[o, i] = Πₖ x[o, k, i]; 1 of nothing.</summary>
    public static void Product<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (reduce == 0) y.Fill(T.One);
        else Along<ProductRow<T>, T>(x, default, default, y, outer, reduce, inner);
    }

    /// <summary>gx[o, k, i] = gy[o, i] · Π x[o, j, i] over all j but k.</summary>
    public static void ProductGradient<T>(ReadOnlySpan<T> gy, ReadOnlySpan<T> x, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<ProductGradientRow<T>, T>(x, gy, default, gx, outer, reduce, inner);

    /// <summary>y[o, k, i] = Σ x[o, j, i] over j ≤ k, or over j ≥ k. May be done in place.</summary>
    /// <remarks>The error is at most 8 (1 + log₂ K) ε Σ|x|, as that of a sum of K terms.</remarks>
    public static void CumulativeSum<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<CumulativeSumRow<T>, T>(x, default, default, y, outer, reduce, inner, new(reverse));

    /// <summary>y[o, k, i] = Π x[o, j, i] over j ≤ k. May be done in place.</summary>
    public static void CumulativeProduct<T>(ReadOnlySpan<T> x, Span<T> y, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<CumulativeProductRow<T>, T>(x, default, default, y, outer, reduce, inner);

    /// <summary>gx = y[k − 1] · s[k], where s[k] = gy[k] + x[k + 1] s[k + 1], from the running product y.</summary>
    public static void CumulativeProductGradient<T>(
        ReadOnlySpan<T> gy, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> gx, int outer, int reduce, int inner)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<CumulativeProductGradientRow<T>, T>(gy, x, y, gx, outer, reduce, inner);

    /// <summary>y[k] = b[k] + a[k] y[k − 1] along the axis, or y[k] = b[k] + a[k + 1] y[k + 1] from the end.</summary>
    public static void Recurrence<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y, int outer, int reduce, int inner, bool reverse)
        where T : unmanaged, IFloatingPointIeee754<T> => Along<RecurrenceRow<T>, T>(a, b, default, y, outer, reduce, inner, new(reverse));

    private readonly struct ProductRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [SkipLocalsInit]
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            T product = T.One;
            if (x.Length >= 2 * ProductStreams)
            {
                Span<T> streams = stackalloc T[ProductStreams];
                x[..ProductStreams].CopyTo(streams);
                for (x = x[ProductStreams..]; x.Length >= ProductStreams; x = x[ProductStreams..])
                {
                    Elementwise.Binary<MultiplyFunction, T>(streams, x[..ProductStreams], streams);
                }

                for (; streams.Length > 1; streams = streams[..(streams.Length / 2)])
                {
                    int half = streams.Length / 2;
                    Elementwise.Binary<MultiplyFunction, T>(streams[..half], streams[half..], streams[..half]);
                }

                product = streams[0];
            }

            foreach (T value in x) product *= value;
            result[0] = product;
        }
    }

    private readonly struct ProductGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> gy, ReadOnlySpan<T> third, Span<T> result)
        {
            T before = gy[0], behind = T.One;
            for (int k = 0; k < x.Length; k++)
            {
                result[k] = before;
                before *= x[k];
            }

            for (int k = x.Length - 1; k >= 0; k--)
            {
                result[k] *= behind;
                behind *= x[k];
            }
        }
    }

    private readonly struct CumulativeSumRow<T>(bool reverse) : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [SkipLocalsInit]
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            PairwiseSum<T> blocks = new(stackalloc T[PairwiseSum<T>.Capacity]);
            for (int start = 0; start < x.Length; start += ScanBlock)
            {
                T offset = blocks.Result, sum = T.Zero;
                int end = Math.Min(x.Length, start + ScanBlock);
                for (int k = start; k < end; k++)
                {
                    int at = reverse ? x.Length - 1 - k : k;
                    sum += x[at];
                    result[at] = offset + sum;
                }

                blocks.Add(sum);
            }
        }
    }

    private readonly struct CumulativeProductRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> x, ReadOnlySpan<T> second, ReadOnlySpan<T> third, Span<T> result)
        {
            T product = T.One;
            for (int k = 0; k < x.Length; k++) result[k] = product *= x[k];
        }
    }

    private readonly struct CumulativeProductGradientRow<T> : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> gy, ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> result)
        {
            T sum = T.Zero;
            for (int k = x.Length - 1; k >= 0; k--)
            {
                sum = k == x.Length - 1 ? gy[k] : gy[k] + (x[k + 1] * sum);
                result[k] = k == 0 ? sum : y[k - 1] * sum;
            }
        }
    }

    private readonly struct RecurrenceRow<T>(bool reverse) : IRowWork<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(ReadOnlySpan<T> a, ReadOnlySpan<T> b, ReadOnlySpan<T> third, Span<T> result)
        {
            if (reverse)
            {
                for (int k = b.Length - 1; k >= 0; k--) result[k] = k == b.Length - 1 ? b[k] : b[k] + (a[k + 1] * result[k + 1]);
            }
            else
            {
                for (int k = 0; k < b.Length; k++) result[k] = k == 0 ? b[k] : b[k] + (a[k] * result[k - 1]);
            }
        }
    }
}
