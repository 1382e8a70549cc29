namespace Autograd;

/// <summary>The arithmetic of shapes that several operators share: reshape with −1, broadcasting, reduced shapes.</summary>
internal static class ShapeMath
{
    /// <summary>The shape of <paramref name="sizes"/>, one of which may be −1, for as many elements as <paramref name="from"/> has.</summary>
    public static Shape Reshape(Shape from, ReadOnlySpan<int> sizes)
    {
        int free = sizes.IndexOf(-1);
        if (free < 0)
        {
            Shape plain = new(sizes);
            if (plain.Length != from.Length) Mismatch(from, sizes);
            return plain;
        }

        if (sizes[(free + 1)..].Contains(-1)) Errors.Argument($"Reshape to {Errors.List(sizes)}: only one size may be −1.");
        if (sizes.Length > Shape.MaxRank) Errors.RankTooLarge(sizes);
        Span<int> filled = stackalloc int[Shape.MaxRank];
        sizes.CopyTo(filled);
        filled[free] = 1;
        int others = new Shape(filled[..sizes.Length]).Length;
        if (others == 0 || from.Length % others != 0) Mismatch(from, sizes);
        filled[free] = from.Length / others;
        return new Shape(filled[..sizes.Length]);
    }

    /// <summary>The first index and the number of indices of a C# range of one axis.</summary>
    public static (int Start, int Count) Bounds(Shape shape, int axis, Range range)
    {
        int size = shape[axis], start = range.Start.GetOffset(size), end = range.End.GetOffset(size);
        if (start < 0 || end > size || start > end)
        {
            Errors.OutOfRange(nameof(range), range, $"Range {range} is outside axis {axis} of shape {shape}, whose size is {size}. Slice(starts, stops, steps) cuts what is beyond the end.");
        }

        return (start, end - start);
    }

    /// <summary>The shape to which both broadcast: aligned at the last axis, a size of 1 stretches.</summary>
    public static Shape Broadcast(string operation, Shape left, Shape right)
    {
        if (left == right) return left;
        int rank = Math.Max(left.Rank, right.Rank);
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        for (int i = 1; i <= rank; i++)
        {
            int a = i <= left.Rank ? left[^i] : 1;
            int b = i <= right.Rank ? right[^i] : 1;
            if (a != b && a != 1 && b != 1)
            {
                Errors.Shape($"{operation}: shapes {left} and {right} do not broadcast: counted from the end, axis −{i} has sizes {a} and {b}, which must be equal or 1.");
            }

            sizes[rank - i] = a == 1 ? b : a;
        }

        return new Shape(sizes[..rank]);
    }

    /// <summary>Whether <paramref name="from"/> broadcasts to exactly <paramref name="to"/>.</summary>
    public static bool BroadcastsTo(Shape from, Shape to)
    {
        if (from.Rank > to.Rank) return false;
        for (int i = 1; i <= from.Rank; i++)
        {
            if (from[^i] != to[^i] && from[^i] != 1) return false;
        }

        return true;
    }

    /// <summary>Which matrix of an operand [..., n, m], whose leading axes broadcast to <paramref name="batch"/>, stands at an index of the batch.</summary>
    public static int PlaceInBatch(int index, Shape batch, Shape operand)
    {
        int place = 0, stride = 1;
        for (int i = 1; i <= batch.Rank; i++)
        {
            (index, int coordinate) = Math.DivRem(index, batch[^i]);
            int axis = operand.Rank - 2 - i;
            if (axis < 0) break;
            if (operand[axis] != 1) place += coordinate * stride;
            stride *= operand[axis];
        }

        return place;
    }

    private static void Mismatch(Shape from, ReadOnlySpan<int> sizes) =>
        Errors.Shape($"Reshape: shape {from} has {from.Length} elements, which do not fill {Errors.List(sizes)}.");
}
