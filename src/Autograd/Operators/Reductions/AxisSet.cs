namespace Autograd;

/// <summary>A set of axes, as bits.</summary>
internal readonly record struct AxisSet(int Bits)
{
    public static AxisSet All(int rank) => new((1 << rank) - 1);

    public static AxisSet Of(Shape shape, ReadOnlySpan<int> axes)
    {
        AxisSet set = default;
        foreach (int given in axes)
        {
            int axis = shape.Axis(given);
            if (set.Contains(axis)) Errors.Argument($"Axis {given} is given twice in {Errors.List(axes)}, for shape {shape}.");
            set = set.With(axis);
        }

        return set;
    }

    public bool Contains(int axis) => (Bits >> axis & 1) != 0;

    public AxisSet With(int axis) => new(Bits | 1 << axis);

    /// <summary>The number of elements of these axes.</summary>
    public int Count(Shape shape)
    {
        int count = 1;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (Contains(axis)) count *= shape[axis];
        }

        return count;
    }

    /// <summary>Whether the elements of these axes are one middle axis of [outer, reduce, inner]: no axis between them that is left out has another size than 1.</summary>
    /// <param name="shape">The shape they are axes of.</param>
    /// <param name="start">The first axis of the middle.</param>
    /// <param name="end">The axis behind its last.</param>
    public bool IsRun(Shape shape, out int start, out int end)
    {
        (start, end) = (shape.Rank, shape.Rank);
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            if (!Contains(axis) || shape[axis] == 1) continue;
            if (start == shape.Rank) end = axis + 1;
            start = axis;
        }

        for (int axis = start; axis < end; axis++)
        {
            if (!Contains(axis) && shape[axis] != 1) return false;
        }

        return true;
    }

    /// <summary>The shape without these axes, or with size 1 in their place.</summary>
    public Shape Reduce(Shape shape, bool keepAxes)
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!Contains(axis)) sizes[rank++] = shape[axis];
            else if (keepAxes) sizes[rank++] = 1;
        }

        return new Shape(sizes[..rank]);
    }
}
