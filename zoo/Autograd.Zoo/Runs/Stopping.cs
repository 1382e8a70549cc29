using System.Runtime.InteropServices;

namespace Autograd.Zoo.Runs;

/// <summary>
/// The wish to stop. The first Ctrl-C or SIGTERM asks the run to save and end; the second has its usual effect, the end of the
/// process at once.
/// </summary>
internal sealed class Stopping : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _exitCode;

    /// <summary>Listens to the signals of this process.</summary>
    public static Stopping OnSignals()
    {
        var stopping = new Stopping();
        stopping._registrations.Add(PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = stopping.Request(Zoo.ExitCode.Interrupted)));
        stopping._registrations.Add(PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, context => context.Cancel = stopping.Request(Zoo.ExitCode.Terminated)));
        return stopping;
    }

    public CancellationToken Token => _source.Token;

    /// <summary>What the process returns when it was asked to stop.</summary>
    public int ExitCode => _exitCode;

    /// <summary>Asks to stop; false when it was asked before.</summary>
    public bool Request(int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0)
            return false;
        _source.Cancel();
        return true;
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }
}
