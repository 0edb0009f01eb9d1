using System.Runtime.InteropServices;

namespace McpProbe.Cli;

/// <summary>
/// Turns the first Ctrl+C (SIGINT) or SIGTERM into a cancelled token, so that a session is closed and a result is still printed;
/// the second one ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _cancelled = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, 130));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Interrupt(context, 143));
    }

    public CancellationToken Token => _cancelled.Token;

    /// <summary>128 and the signal's number, as a shell reports it; null when no signal came.</summary>
    public int? ExitCode => Volatile.Read(ref _exitCode) is var code and not 0 ? code : null;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _cancelled.Dispose();
    }

    private void Interrupt(PosixSignalContext context, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0)
            return;
        context.Cancel = true;
        _cancelled.Cancel();
    }
}
