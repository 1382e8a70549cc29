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
