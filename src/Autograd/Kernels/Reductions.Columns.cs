using System.Numerics;
using System.Runtime.CompilerServices;

namespace Autograd.Kernels;

/// <summary>
/// Sums and other folds of the rows of a strip of columns, four vectors of columns at a time, whose chains hide one another's latency.
/// A sum keeps them in registers over blocks of 32 rows: each block is the sum, in order, of 16 pairs of rows, and blocks are added
/// pairwise as in <see cref="PairwiseSum{T}"/>.
/// </summary>
internal static unsafe partial class Reductions
{
    private const int BlockRows = 32;

    /// <summary>Partial sums there can be: one for each bit of the number of blocks, of which there are at most 2²⁶.</summary>
    private const int PartialRows = 28;

    /// <summary>Wide rows that are folded at a time: enough that their results, which come and go, cost little.</summary>
    private const int FoldDepth = 16;

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

    /// <summary>
    /// y[i] = f(… f(f(y[i], x[0, i]), x[1, i]) …): all rows in their order. Of wide rows few are folded at a time, all along, because
    /// going down a column by itself would open a page of memory with each row: twice as slow where rows have thousands of columns.
    /// </summary>
    [MethodImpl(Simd.HotLoop)]
    internal static void FoldRows<V, TFunction, T>(T* x, nint width, int rows, T* y, int columns)
        where V : unmanaged, IVector<V, T>
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TFunction function = default;
        int count = V.Count, depth = columns <= 4 * V.Count ? rows : FoldDepth;
        for (; rows > 0; rows -= depth, x += depth * width)
        {
            int most = Math.Min(rows, depth), i = 0;
            for (; i + 4 * V.Count <= columns; i += 4 * V.Count)
            {
                V a = V.Load(y + i), b = V.Load(y + i + count), c = V.Load(y + i + 2 * count), d = V.Load(y + i + 3 * count);
                T* at = x + i;
                for (int row = 0; row < most; row++, at += width)
                {
                    a = function.Invoke<V, T>(a, V.Load(at));
                    b = function.Invoke<V, T>(b, V.Load(at + count));
                    c = function.Invoke<V, T>(c, V.Load(at + 2 * count));
                    d = function.Invoke<V, T>(d, V.Load(at + 3 * count));
                }

                V.Store(a, y + i);
                V.Store(b, y + i + count);
                V.Store(c, y + i + 2 * count);
                V.Store(d, y + i + 3 * count);
            }

            for (; i < columns; i += V.Count)
            {
                int lanes = columns - i;
                V a = Lanes<T, V>.Load(y + i, lanes);
                T* at = x + i;
                for (int row = 0; row < most; row++, at += width) a = function.Invoke<V, T>(a, Lanes<T, V>.Load(at, lanes));
                Lanes<T, V>.Store(a, y + i, lanes);
            }
        }
    }
}
