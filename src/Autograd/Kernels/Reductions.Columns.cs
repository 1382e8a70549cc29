using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Sums of the rows of a strip of columns. Each block is the sum, in order, of 16 pairs of rows, and blocks are added pairwise as in
/// <see cref="PairwiseSum{T}"/>; four vectors of columns are in registers at a time.
/// </summary>
internal static unsafe partial class Reductions
{
    private const int BlockRows = 32;

    /// <summary>Partial sums there can be: one for each bit of the number of blocks, of which there are at most 2²⁶.</summary>
    private const int PartialRows = 28;

    private static void SumRows<T>(T* x, nint width, int rows, T* y, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        switch (Simd.Width)
        {
            case 512:
                SumRows<Vec512<T>, T>(x, width, rows, y, columns);
                break;
            case 256:
                SumRows<Vec256<T>, T>(x, width, rows, y, columns);
                break;
            case 128:
                SumRows<Vec128<T>, T>(x, width, rows, y, columns);
                break;
            default:
                SumRows<Vec1<T>, T>(x, width, rows, y, columns);
                break;
        }
    }

    private static void SumRows<V, T>(T* x, nint width, int rows, T* y, int columns)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0;
        for (; i + 4 * V.Count <= columns; i += 4 * V.Count) SumFourVectors<V, T>(x + i, width, rows, y + i);
        for (; i < columns; i += V.Count) SumOneVector<V, T>(x + i, width, rows, y + i, V.FirstLanes(columns - i));
    }

    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static void SumFourVectors<V, T>(T* x, nint width, int rows, T* y)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int count = V.Count;
        T* partials = stackalloc T[PartialRows * 4 * V.Count], top = partials;
        V a = V.Zero, b = V.Zero, c = V.Zero, d = V.Zero;
        for (int row = 0, blocks = 0; row < rows; blocks++)
        {
            int end = Math.Min(row + BlockRows, rows);
            for (bool fresh = true; row < end; fresh = false)
            {
                V e = V.Load(x), f = V.Load(x + count), g = V.Load(x + 2 * count), h = V.Load(x + 3 * count);
                x += width;
                if (++row < end)
                {
                    e += V.Load(x);
                    f += V.Load(x + count);
                    g += V.Load(x + 2 * count);
                    h += V.Load(x + 3 * count);
                    x += width;
                    row++;
                }

                (a, b, c, d) = fresh ? (e, f, g, h) : (a + e, b + f, c + g, d + h);
            }

            for (int open = blocks; (open & 1) != 0; open >>= 1)
            {
                top -= 4 * count;
                (a, b, c, d) = (V.Load(top) + a, V.Load(top + count) + b, V.Load(top + 2 * count) + c, V.Load(top + 3 * count) + d);
            }

            V.Store(a, top);
            V.Store(b, top + count);
            V.Store(c, top + 2 * count);
            V.Store(d, top + 3 * count);
            top += 4 * count;
        }

        // The newest partial sum is in a … d still.
        for (top -= 8 * count; top >= partials; top -= 4 * count)
        {
            (a, b, c, d) = (V.Load(top) + a, V.Load(top + count) + b, V.Load(top + 2 * count) + c, V.Load(top + 3 * count) + d);
        }

        V.Store(a, y);
        V.Store(b, y + count);
        V.Store(c, y + 2 * count);
        V.Store(d, y + 3 * count);
    }

    /// <summary>The same for up to one vector of columns.</summary>
    [SkipLocalsInit]
    [MethodImpl(Simd.HotLoop)]
    private static void SumOneVector<V, T>(T* x, nint width, int rows, T* y, V mask)
        where V : unmanaged, IVector<V, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* partials = stackalloc T[PartialRows * V.Count], top = partials;
        V a = V.Zero;
        for (int row = 0, blocks = 0; row < rows; blocks++)
        {
            int end = Math.Min(row + BlockRows, rows);
            for (bool fresh = true; row < end; fresh = false)
            {
                V e = V.LoadWhere(x, mask);
                x += width;
                if (++row < end)
                {
                    e += V.LoadWhere(x, mask);
                    x += width;
                    row++;
                }

                a = fresh ? e : a + e;
            }

            for (int open = blocks; (open & 1) != 0; open >>= 1)
            {
                top -= V.Count;
                a = V.Load(top) + a;
            }

            V.Store(a, top);
            top += V.Count;
        }

        for (top -= 2 * V.Count; top >= partials; top -= V.Count) a = V.Load(top) + a;
        V.StoreWhere(a, y, mask);
    }
}
