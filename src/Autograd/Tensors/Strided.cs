using Autograd.Kernels;

namespace Autograd;

/// <summary>Copies between row-major blocks along any axes.</summary>
internal static class Strided
{
    /// <summary>The row-major strides of a shape, in elements.</summary>
    public static void Strides(Shape shape, Span<int> strides)
    {
        int stride = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }
    }

    /// <summary>Copies the block of <paramref name="shape"/> that begins at <paramref name="starts"/> in <paramref name="source"/>.</summary>
    public static void CopyBlock<T>(ReadOnlySpan<T> source, Shape sourceShape, ReadOnlySpan<int> starts, Span<T> target, Shape shape)
    {
        Span<int> strides = stackalloc int[Shape.MaxRank];
        Strides(sourceShape, strides);
        int offset = 0;
        for (int axis = 0; axis < shape.Rank; axis++) offset += starts[axis] * strides[axis];
        Gather(source, offset, strides, target, shape);
    }

    /// <summary>Copies with the axes in another order: axis i of the target is axis <c>axes[i]</c> of the source.</summary>
    /// <remarks>
    /// Neighbours that stay neighbours are one axis. If the source's last axis is not the target's, the two are the sides of
    /// a matrix to transpose, in tiles that stay in the first cache; else whole rows are copied.
    /// </remarks>
    public static unsafe void Permute<T>(ReadOnlySpan<T> source, Shape shape, ReadOnlySpan<int> axes, Span<T> target)
        where T : unmanaged
    {
        if (source.Length == 0) return;
        Span<int> own = stackalloc int[Shape.MaxRank], sizes = stackalloc int[Shape.MaxRank], strides = stackalloc int[Shape.MaxRank];
        Strides(shape, own);
        int rank = 0;
        for (int i = 0; i < shape.Rank; i++)
        {
            int size = shape[axes[i]], stride = own[axes[i]];
            if (size == 1) continue;
            if (rank > 0 && strides[rank - 1] == size * stride)
            {
                sizes[rank - 1] *= size;
                strides[rank - 1] = stride;
            }
            else
            {
                sizes[rank] = size;
                strides[rank++] = stride;
            }
        }

        int column = strides[..rank].IndexOf(1), row = rank - 1;
        if (column < 0 || column == row)
        {
            Gather(source, 0, strides, target, new Shape(sizes[..rank]));
            return;
        }

        const int Tile = 64;
        int rows = sizes[row], columns = sizes[column], sourceRow = strides[row], targetRow = 1;
        for (int i = column + 1; i < rank; i++) targetRow *= sizes[i];

        // The other axes, in the target's order: where each of the matrices begins.
        Span<int> index = stackalloc int[Shape.MaxRank], targetStrides = stackalloc int[Shape.MaxRank];
        index.Clear();
        Strides(new Shape(sizes[..rank]), targetStrides);
        fixed (T* sourceStart = source, targetStart = target)
        {
            T* from = sourceStart, to = targetStart;
            for (int matrix = source.Length / rows / columns; matrix > 0; matrix--)
            {
                for (int r = 0; r < rows; r += Tile)
                {
                    for (int c = 0; c < columns; c += Tile)
                    {
                        T* tile = from + ((nint)r * sourceRow) + c, turned = to + ((nint)c * targetRow) + r;
                        Transposition.Copy(tile, sourceRow, Math.Min(Tile, rows - r), Math.Min(Tile, columns - c), turned, targetRow);
                    }
                }

                for (int axis = row - 1; axis >= 0; axis--)
                {
                    if (axis == column) continue;
                    from += strides[axis];
                    to += targetStrides[axis];
                    if (++index[axis] < sizes[axis]) break;
                    from -= (nint)sizes[axis] * strides[axis];
                    to -= (nint)sizes[axis] * targetStrides[axis];
                    index[axis] = 0;
                }
            }
        }
    }

    /// <summary>target[i, j, …] = source[offset + i·strides[0] + j·strides[1] + …] for every index of <paramref name="shape"/>.</summary>
    public static void Gather<T>(ReadOnlySpan<T> source, int offset, ReadOnlySpan<int> strides, Span<T> target, Shape shape)
    {
        if (shape.Length == 0) return;
        if (shape.Rank == 0)
        {
            target[0] = source[offset];
            return;
        }

        int rank = shape.Rank, inner = shape[^1], innerStride = strides[rank - 1];
        Span<int> index = stackalloc int[Shape.MaxRank];
        index.Clear();
        for (int to = 0; to < target.Length; to += inner)
        {
            Span<T> row = target.Slice(to, inner);
            if (innerStride == 1) source.Slice(offset, inner).CopyTo(row);
            else if (innerStride == 0) row.Fill(source[offset]);
            else for (int i = 0, from = offset; i < inner; i++, from += innerStride) row[i] = source[from];
            for (int axis = rank - 2; axis >= 0; axis--)
            {
                offset += strides[axis];
                if (++index[axis] < shape[axis]) break;
                offset -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }

    /// <summary>target[offset + i·strides[0] + …] += source[i, j, …]: the transpose of <see cref="Gather"/>.</summary>
    public static void ScatterAdd<T>(ReadOnlySpan<T> source, Shape shape, Span<T> target, int offset, ReadOnlySpan<int> strides)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        if (shape.Length == 0) return;
        if (shape.Rank == 0)
        {
            target[offset] += source[0];
            return;
        }

        int rank = shape.Rank, inner = shape[^1], innerStride = strides[rank - 1];
        Span<int> index = stackalloc int[Shape.MaxRank];
        index.Clear();
        for (int from = 0; from < source.Length; from += inner)
        {
            ReadOnlySpan<T> row = source.Slice(from, inner);
            if (innerStride == 1) System.Numerics.Tensors.TensorPrimitives.Add(target.Slice(offset, inner), row, target.Slice(offset, inner));
            else for (int i = 0, to = offset; i < inner; i++, to += innerStride) target[to] += row[i];
            for (int axis = rank - 2; axis >= 0; axis--)
            {
                offset += strides[axis];
                if (++index[axis] < shape[axis]) break;
                offset -= index[axis] * strides[axis];
                index[axis] = 0;
            }
        }
    }
}
