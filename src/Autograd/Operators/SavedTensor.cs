namespace Autograd;

/// <summary>A tensor an operation keeps beside its inputs, with the version it had when it was recorded.</summary>
internal readonly struct SavedTensor<TElement>(Tensor<TElement> tensor)
    where TElement : unmanaged
{
    private readonly int _version = tensor.Storage.Version;

    /// <summary>Whether there is a tensor at all.</summary>
    public bool IsNone => tensor is null;

    public Shape Shape => tensor.Shape;

    /// <summary>The values, empty when there is no tensor.</summary>
    /// <param name="operation">The operation's name, for the message that the tensor was changed.</param>
    /// <param name="part">The tensor's part in it.</param>
    /// <exception cref="InvalidOperationException">The tensor was changed.</exception>
    public ReadOnlySpan<TElement> Values(string operation, string part)
    {
        if (tensor is null) return default;
        if (tensor.Storage.Version != _version) Stale.ThrowChanged($"{operation}: the {part} of shape {tensor.Shape}");
        return tensor.Span;
    }
}
