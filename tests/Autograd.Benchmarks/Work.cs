namespace Autograd.Benchmarks;

/// <summary>What the time of some work is held against.</summary>
internal enum Yardstick
{
    /// <summary>Multiply-adds out of registers, in floating-point operations.</summary>
    MultiplyAdds,

    /// <summary>A streaming copy over as many bytes as the work touches, in bytes read and written.</summary>
    Copy,

    /// <summary>A chain of dependent integer operations, in steps of a multiplication and an addition.</summary>
    Scalar,
}

/// <summary>One piece of work for the guard and for BenchmarkDotNet.</summary>
/// <param name="Name">What the guard's file calls it.</param>
/// <param name="Yardstick">What bounds it.</param>
/// <param name="Amount">How much of that it needs at least, or a fixed figure near it: only changes of the share count.</param>
/// <param name="Prepare">Makes inputs and the action to time.</param>
/// <param name="Threads">How many threads do it: mostly one, since the time of several depends on what else runs.</param>
internal sealed record Work(string Name, Yardstick Yardstick, double Amount, Func<Timed> Prepare, int Threads = 1);

/// <summary>An action to time, and one that must run before each time and is not timed.</summary>
internal readonly record struct Timed(Action Run, Action? Before = null);
