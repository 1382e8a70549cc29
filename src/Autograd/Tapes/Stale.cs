using System.Diagnostics.CodeAnalysis;

namespace Autograd;

/// <summary>Throw helpers for handles and values that are used after their time.</summary>
internal static class Stale
{
    [DoesNotReturn]
    public static void ThrowNone() => throw new InvalidOperationException(
        "This variable is default(Variable<T>): it was never on a tape. Make one with tape.Constant(tensor), tape.Variable(tensor) or parameter.On(tape).");

    [DoesNotReturn]
    public static void ThrowGeneration(string what, int made, int now) => throw new InvalidOperationException(
        $"This {what} belongs to generation {made} of its tape, which was reset since and is now at generation {now}. "
        + "Copy what must survive with ToTensor(), or pass it to Reset(carry: …).");

    [DoesNotReturn]
    public static void ThrowTakenBack() => throw new InvalidOperationException(
        "This variable was taken back: it was made inside the body of a checkpoint, a hook or a gradient rule. Return it from there, or copy it with ToTensor().");

    [DoesNotReturn]
    public static void ThrowDisposed() => throw new ObjectDisposedException("Tape", "The tape was disposed; its values are gone.");

    [DoesNotReturn]
    public static void ThrowOtherTape(string operation) => throw new InvalidOperationException(
        $"{operation}: the inputs live on different tapes. Make all of them on one tape, or move one over with tape.Constant(variable.ToTensor()).");

    [DoesNotReturn]
    public static void ThrowChanged(string what) => throw new InvalidOperationException(
        $"Changed after the tape recorded it: {what}. Its recorded value is gone. "
        + "Change tensors and step optimizers only between the backward sweep and the next forward pass, and Reset the tape before using them again.");

    [DoesNotReturn]
    public static void ThrowConsumed(string operation) => throw new InvalidOperationException(
        $"This part of the tape ({operation}) was already swept, and what its gradient needs was given back. "
        + "Pass retain: true to the earlier Backward to sweep it again, or add the losses and sweep once.");

    [DoesNotReturn]
    public static void ThrowNoGradient(string asked) => throw new InvalidOperationException(
        $"{asked}, but the value does not require a gradient: nothing it was computed from is a parameter or was made by tape.Variable(…) "
        + "on a recording tape.");
}
