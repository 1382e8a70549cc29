namespace Autograd;

/// <summary>Shapes that do not fit together, or do not fit what was asked. The message says what was asked, what was found and what to do.</summary>
public sealed class ShapeException : ArgumentException
{
    /// <summary>Makes the exception with its message.</summary>
    public ShapeException(string message)
        : base(message)
    {
    }
}
