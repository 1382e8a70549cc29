namespace Autograd;

/// <summary>A tape would need more memory than its limit. Nothing was changed; <c>Reset</c> makes the tape usable again.</summary>
public sealed class TapeMemoryException : InvalidOperationException
{
    /// <summary>Makes the exception with its message.</summary>
    public TapeMemoryException(string message)
        : base(message)
    {
    }
}
