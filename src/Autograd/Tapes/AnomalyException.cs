namespace Autograd;

/// <summary>
/// A tape that detects anomalies (<see cref="Tape{T}.DetectAnomalies"/>) saw an operator make NaN or infinity of finite numbers. The
/// message says all of what follows in a sentence.
/// </summary>
public sealed class AnomalyException : NonFiniteException
{
    internal AnomalyException(string message, string operation, bool backward, string? line, int[] index, int? timeStep)
        : base(message)
    {
        Operation = operation;
        IsBackward = backward;
        Line = line;
        Index = index;
        TimeStep = timeStep;
    }

    /// <summary>The name of the operation, such as <c>Log</c>.</summary>
    public string Operation { get; }

    /// <summary>Whether its gradient rule made the number; false if the value itself did.</summary>
    public bool IsBackward { get; }

    /// <summary>The line outside this library that called the operation, as <c>path:line</c>; null where there are no symbols.</summary>
    public string? Line { get; }

    /// <summary>Where the first such number stands: in the value, or in the gradient of the operation's input.</summary>
    public IReadOnlyList<int> Index { get; }

    /// <summary>The step of the recurrence, if the operation was part of one.</summary>
    public int? TimeStep { get; }
}
