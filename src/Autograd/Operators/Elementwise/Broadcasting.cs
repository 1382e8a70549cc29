using System.Numerics;

namespace Autograd;

/// <summary>The inner loops of an operator of two operands: both vary, or one of them is a single number.</summary>
internal interface IBinaryKernel<T>
{
    static abstract void Apply(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y);

    static abstract void Apply(ReadOnlySpan<T> a, T b, Span<T> y);

    static abstract void Apply(T a, ReadOnlySpan<T> b, Span<T> y);
}

/// <summary>Runs a kernel of two operands over broadcast shapes, with inner loops as long as the shapes allow.</summary>
internal static class Broadcasting
{
    /// <summary>The value rule of an operator of two broadcast inputs.</summary>
    public static void Binary<T, TKernel>(ForwardContext<T> context, string name)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TKernel : IBinaryKernel<T>
    {
        Shape left = context.Shape(0), right = context.Shape(1), shape = ShapeMath.Broadcast(name, left, right);
        Span<T> y = context.Output(shape);
        Run<T, TKernel>(context.Input(0), left, context.Input(1), right, y, shape);
    }

    public static void Run<T, TKernel>(ReadOnlySpan<T> a, Shape left, ReadOnlySpan<T> b, Shape right, Span<T> y, Shape shape)
        where T : unmanaged
        where TKernel : IBinaryKernel<T>
    {
        if (y.Length == 0) return;
        if (left == right) TKernel.Apply(a, b, y);
        else if (b.Length == 1) TKernel.Apply(a, b[0], y);
        else if (a.Length == 1) TKernel.Apply(a[0], b, y);
        else Blocks<T, TKernel>(a, left, b, right, y, shape);
    }

    /// <summary>
    /// Merges neighbouring axes that both operands treat alike, so that the innermost loop is long, and walks the rest.
    /// </summary>
    private static void Blocks<T, TKernel>(ReadOnlySpan<T> a, Shape left, ReadOnlySpan<T> b, Shape right, Span<T> y, Shape shape)
        where T : unmanaged
        where TKernel : IBinaryKernel<T>
    {
        Span<int> sizes = stackalloc int[Shape.MaxRank + 1], leftStrides = stackalloc int[Shape.MaxRank + 1], rightStrides = stackalloc int[Shape.MaxRank + 1];
        int axes = 0, leftStride = 1, rightStride = 1;
        for (int i = 1; i <= shape.Rank; i++)
        {
            int size = shape[^i];
            if (size == 1) continue;
            bool leftVaries = i <= left.Rank && left[^i] != 1, rightVaries = i <= right.Rank && right[^i] != 1;
            bool merge = axes > 0 && leftVaries == leftStrides[axes - 1] > 0 && rightVaries == rightStrides[axes - 1] > 0;
            if (merge)
            {
                sizes[axes - 1] *= size;
            }
            else
            {
                sizes[axes] = size;
                leftStrides[axes] = leftVaries ? leftStride : 0;
                rightStrides[axes++] = rightVaries ? rightStride : 0;
            }

            if (leftVaries) leftStride *= size;
            if (rightVaries) rightStride *= size;
        }

        int inner = sizes[0], atLeft = 0, atRight = 0;
        Span<int> index = stackalloc int[Shape.MaxRank + 1];
        index.Clear();
        for (int to = 0; to < y.Length; to += inner)
        {
            Span<T> row = y.Slice(to, inner);
            if (leftStrides[0] == 0) TKernel.Apply(a[atLeft], b.Slice(atRight, inner), row);
            else if (rightStrides[0] == 0) TKernel.Apply(a.Slice(atLeft, inner), b[atRight], row);
            else TKernel.Apply(a.Slice(atLeft, inner), b.Slice(atRight, inner), row);
            for (int axis = 1; axis < axes; axis++)
            {
                atLeft += leftStrides[axis];
                atRight += rightStrides[axis];
                if (++index[axis] < sizes[axis]) break;
                atLeft -= sizes[axis] * leftStrides[axis];
                atRight -= sizes[axis] * rightStrides[axis];
                index[axis] = 0;
            }
        }
    }
}
