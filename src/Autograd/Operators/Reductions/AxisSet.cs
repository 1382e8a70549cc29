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
