namespace Autograd;

/// <summary>A number that must be finite is infinite or NaN. The message says which, and where.</summary>
public class NonFiniteException : InvalidOperationException
{
    /// <summary>Makes the exception with its message.</summary>
    public NonFiniteException(string message)
        : base(message)
    {
    }
}
