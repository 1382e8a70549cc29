namespace Autograd;

/// <summary>Indices an operation keeps, with the version they had when it was recorded.</summary>
internal readonly struct SavedIndices(Tensor<int> tensor)
{
    private readonly int _version = tensor.Storage.Version;

    public Shape Shape => tensor.Shape;

    public Tensor<int> Tensor => tensor;

    public ReadOnlySpan<int> Values(string operation)
    {
        if (tensor.Storage.Version != _version) Stale.ThrowChanged($"{operation}: the index tensor of shape {tensor.Shape}");
        return tensor.Span;
    }

    /// <summary>Refuses indices outside 0 … count − 1, and names the first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside.</exception>
    public static void Check(string operation, Tensor<int> indices, int count, int? ignored = null)
    {
        ReadOnlySpan<int> values = indices.Span;
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] < (uint)count || values[i] == ignored) continue;
            throw new ArgumentOutOfRangeException(
                nameof(indices),
                values[i],
                $"{operation}: index {values[i]} at position {i} of the index tensor {indices.Shape} is outside 0 … {count - 1}.");
        }
    }
}
