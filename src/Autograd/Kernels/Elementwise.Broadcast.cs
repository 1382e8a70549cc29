using System.Numerics;

namespace Autograd.Kernels;

/// <summary>Functions of operands that are broadcast: rows, each one loop over vectors, which threads share as whole rows.</summary>
internal static partial class Elementwise
{
    /// <summary>Axes a broadcast computation can have.</summary>
    internal const int MaxRank = 8;

    /// <summary>
    /// z = f(x, y) over the row-major index space <paramref name="sizes"/>. An operand's stride along an axis is 0 where it
    /// is broadcast; its last axis must be contiguous where it is not.
    /// </summary>
    /// <remarks>
    /// Axes that run on in every operand are merged first, so that equal shapes, a scalar operand, a row against a matrix
    /// and a column against a matrix are each one loop over rows as long as can be.
    /// </remarks>
    public static unsafe void Binary<TFunction, T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> stridesX, ReadOnlySpan<T> y, ReadOnlySpan<int> stridesY, Span<T> z,
        ReadOnlySpan<int> sizes, TFunction function = default)
        where TFunction : unmanaged, IBinaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Space space = new(sizes, stridesX, stridesY, default);
        space.Require(x.Length, y.Length, 1, z.Length);
        fixed (T* px = x, py = y, pz = z)
        {
            RunGrid(new Grid<BinaryPoint<TFunction, T>, T>(new(function), (byte*)px, (byte*)py, null, pz, space));
        }
    }

    /// <summary>w = f(x, y, z), broadcast as for two operands.</summary>
    public static unsafe void Ternary<TFunction, T>(
        ReadOnlySpan<T> x, ReadOnlySpan<int> stridesX, ReadOnlySpan<T> y, ReadOnlySpan<int> stridesY,
        ReadOnlySpan<T> z, ReadOnlySpan<int> stridesZ, Span<T> w, ReadOnlySpan<int> sizes, TFunction function = default)
        where TFunction : unmanaged, ITernaryFunction
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Space space = new(sizes, stridesX, stridesY, stridesZ);
        space.Require(x.Length, y.Length, z.Length, w.Length);
        fixed (T* px = x, py = y, pz = z, pw = w)
        {
            RunGrid(new Grid<TernaryPoint<TFunction, T>, T>(new(function), (byte*)px, (byte*)py, (byte*)pz, pw, space));
        }
    }

    /// <summary>z = condition ? x : y, broadcast as for two operands.</summary>
    public static unsafe void Where<T>(
        ReadOnlySpan<bool> condition, ReadOnlySpan<int> stridesC, ReadOnlySpan<T> x, ReadOnlySpan<int> stridesX,
        ReadOnlySpan<T> y, ReadOnlySpan<int> stridesY, Span<T> z, ReadOnlySpan<int> sizes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Space space = new(sizes, stridesC, stridesX, stridesY);
        space.Require(condition.Length, x.Length, y.Length, z.Length);
        fixed (bool* pc = condition)
        fixed (T* px = x, py = y, pz = z)
        {
            RunGrid(new Grid<WherePoint<T>, T>(default, (byte*)pc, (byte*)px, (byte*)py, pz, space));
        }
    }

    private static void RunGrid<TPoint, T>(Grid<TPoint, T> grid)
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        WorkerPool.Run(grid, (int)Math.Min(WorkerPool.PartsFor(grid.Count, Grain), Math.Max(grid.Rows, 1)));

    /// <summary>The merged axes, and each operand's strides along them. The last axis is the row.</summary>
    private unsafe struct Space
    {
        public fixed int Sizes[MaxRank];
        public fixed int X[MaxRank];
        public fixed int Y[MaxRank];
        public fixed int Z[MaxRank];
        public int Rank;

        public Space(ReadOnlySpan<int> sizes, ReadOnlySpan<int> x, ReadOnlySpan<int> y, ReadOnlySpan<int> z)
        {
            int rank = sizes.Length;
            if (rank > MaxRank || x.Length != rank || y.Length != rank || (z.Length != rank && !z.IsEmpty))
            {
                throw new ArgumentException(
                    $"Broadcast kernel: {rank} axes, of at most {MaxRank}, with {x.Length}, {y.Length} and {z.Length} strides.");
            }

            for (int axis = 0; axis < rank; axis++)
            {
                if (sizes[axis] != 1) Append(sizes[axis], x[axis], y[axis], z.IsEmpty ? 0 : z[axis]);
            }

            if (Rank == 0) Append(1, 0, 0, 0);
            int last = Rank - 1;
            if (X[last] > 1 || Y[last] > 1 || Z[last] > 1)
            {
                throw new ArgumentException(
                    $"Broadcast kernel: strides {X[last]}, {Y[last]}, {Z[last]} along the last axis; each must be 0 or 1.");
            }
        }

        public readonly long Count => Rows * Sizes[Rank - 1];

        public readonly long Rows
        {
            get
            {
                long rows = 1;
                for (int axis = 0; axis < Rank - 1; axis++) rows *= Sizes[axis];
                return rows;
            }
        }

        public readonly void Require(int x, int y, int z, int result)
        {
            long count = Count;
            fixed (int* strideX = X, strideY = Y, strideZ = Z)
            {
                if (count == result && (count == 0 || (x >= Extent(strideX) && y >= Extent(strideY) && z >= Extent(strideZ)))) return;
            }

            throw new ArgumentException(
                $"Broadcast kernel: operands of {x}, {y} and {z} elements and a result of {result} do not cover {count} positions.");
        }

        /// <summary>An axis that continues the one before it, in every operand, becomes part of it.</summary>
        private void Append(int size, int x, int y, int z)
        {
            int last = Rank - 1;
            if (last >= 0 && X[last] == x * size && Y[last] == y * size && Z[last] == z * size)
            {
                size *= Sizes[last];
            }
            else
            {
                last = Rank++;
            }

            Sizes[last] = size;
            X[last] = x;
            Y[last] = y;
            Z[last] = z;
        }

        private readonly long Extent(int* strides)
        {
            long extent = 1;
            for (int axis = 0; axis < Rank; axis++) extent += (long)(Sizes[axis] - 1) * strides[axis];
            return extent;
        }
    }

    /// <summary>All rows of a broadcast computation.</summary>
    private readonly unsafe struct Grid<TPoint, T>(TPoint point, byte* x, byte* y, byte* z, T* result, Space space) : IParallelWork
        where TPoint : unmanaged, IPoint<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public long Count => space.Count;

        public long Rows => space.Rows;

        public void Run(int part, int parts)
        {
            Space s = space;
            long rows = s.Rows;
            long first = WorkerPool.Share(rows, part, parts), end = WorkerPool.Share(rows, part + 1, parts);
            int last = s.Rank - 1;
            nint width = s.Sizes[last];
            if (rows == 0 || width == 0) return;

            // The index of the first row, then counting up like an odometer.
            int* index = stackalloc int[MaxRank];
            long offsetX = 0, offsetY = 0, offsetZ = 0, rest = first;
            for (int axis = last - 1; axis >= 0; axis--)
            {
                index[axis] = (int)(rest % s.Sizes[axis]);
                rest /= s.Sizes[axis];
                offsetX += (long)index[axis] * s.X[axis];
                offsetY += (long)index[axis] * s.Y[axis];
                offsetZ += (long)index[axis] * s.Z[axis];
            }

            for (long row = first; row < end; row++)
            {
                RunRow(
                    point, x + offsetX * TPoint.FirstSize, s.X[last], y + offsetY * sizeof(T), s.Y[last],
                    z + offsetZ * sizeof(T), s.Z[last], result + row * width, width);
                for (int axis = last - 1; axis >= 0; axis--)
                {
                    offsetX += s.X[axis];
                    offsetY += s.Y[axis];
                    offsetZ += s.Z[axis];
                    if (++index[axis] < s.Sizes[axis]) break;
                    index[axis] = 0;
                    offsetX -= (long)s.X[axis] * s.Sizes[axis];
                    offsetY -= (long)s.Y[axis] * s.Sizes[axis];
                    offsetZ -= (long)s.Z[axis] * s.Sizes[axis];
                }
            }
        }
    }
}
