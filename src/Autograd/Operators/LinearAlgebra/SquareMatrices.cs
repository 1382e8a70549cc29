namespace Autograd;

/// <summary>What operators on batches of square matrices share: their checks, and names for a matrix of a batch.</summary>
internal static class SquareMatrices
{
    /// <summary>The number of matrices and their size.</summary>
    /// <exception cref="ShapeException">The last two axes are not equal, or there are fewer than two.</exception>
    public static (int Count, int Size) Require(string operation, Shape shape)
    {
        if (shape.Rank < 2) Errors.Shape($"{operation} needs square matrices, [..., n, n], but the shape is {shape}.");
        if (shape[^1] != shape[^2]) Errors.Shape($"{operation} needs square matrices, [..., n, n], but those of shape {shape} have {shape[^2]} rows and {shape[^1]} columns.");
        return (shape.Product(0, shape.Rank - 2), shape[^1]);
    }

    /// <summary>The axes in front of the matrices.</summary>
    public static Shape Batch(Shape shape) => shape.Part(0, shape.Rank - 2);

    /// <summary>How a message names one matrix: "the matrix", or "matrix [1, 0] of the batch [2, 3]".</summary>
    public static string Name(Shape shape, int matrix)
    {
        Shape batch = Batch(shape);
        if (batch.Rank == 0) return $"the matrix of shape {shape}";
        Span<int> index = stackalloc int[Shape.MaxRank];
        for (int axis = batch.Rank - 1; axis >= 0; axis--) (matrix, index[axis]) = Math.DivRem(matrix, batch[axis]);
        return $"matrix {Errors.List(index[..batch.Rank])} of the batch {shape}";
    }
}
