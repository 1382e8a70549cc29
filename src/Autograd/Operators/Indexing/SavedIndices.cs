namespace Autograd;

/// <summary>Indices an operation keeps, with the version they had when it was recorded.</summary>
internal readonly struct SavedIndices(Tensor<int> tensor)
{
    private readonly SavedTensor<int> _saved = new(tensor);

    public Shape Shape => tensor.Shape;

    public Tensor<int> Tensor => tensor;

    public ReadOnlySpan<int> Values(string operation) => _saved.Values(operation, "index tensor");

    /// <summary>Refuses indices outside 0 … count − 1, and names the first and its place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside.</exception>
    public static void Check(string operation, Tensor<int> indices, int count, int? ignored = null)
    {
        ReadOnlySpan<int> values = indices.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= (uint)count && values[i] != ignored) Refuse(operation, indices, i, count);
        }
    }

    private static void Refuse(string operation, Tensor<int> indices, int position, int count)
    {
        Shape shape = indices.Shape;
        Span<int> place = stackalloc int[Shape.MaxRank];
        for (int axis = shape.Rank - 1, rest = position; axis >= 0; rest /= shape[axis--]) place[axis] = rest % shape[axis];
        Errors.OutOfRange(
            nameof(indices),
            indices.Span[position],
            $"{operation}: the index {indices.Span[position]} at {Errors.List(place[..shape.Rank])} of the index tensor (shape {shape}) is outside 0 … {count - 1}.");
    }
}
