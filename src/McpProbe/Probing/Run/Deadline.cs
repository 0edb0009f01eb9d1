using System.Globalization;
using McpProbe.Model;

namespace McpProbe.Probing.Run;

/// <summary>The one deadline of a probe, its confirming attempt included, together with the caller's wish to cancel.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenRegistration _cancelling;
    private readonly TimeProvider _time;
    private long _started;
    private readonly TimeSpan _timeout;

    public Deadline(TimeSpan timeout, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _time = time;
        _timeout = timeout;
        _started = time.GetTimestamp();
        _timer = new CancellationTokenSource(timeout, time);
        _cancelling = caller.UnsafeRegister(static timer => ((CancellationTokenSource)timer!).Cancel(), _timer);
    }

    /// <summary>Ends when either does.</summary>
    public CancellationToken Token => _timer.Token;

    /// <summary>The time is up, and the caller is still there.</summary>
    public bool HasExpired => _timer.IsCancellationRequested && !_caller.IsCancellationRequested;

    public TimeSpan Remaining
    {
        get
        {
            var remaining = _timeout - _time.GetElapsedTime(_started);
            return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
        }
    }

    /// <summary>Stops the clock, between two questions on one session.</summary>
    public void Pause() => _timer.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Gives the whole time again.</summary>
    public void Restart()
    {
        _started = _time.GetTimestamp();
        _timer.CancelAfter(_timeout);
    }

    /// <summary>What it means that the token ended during a phase.</summary>
    /// <param name="server">As a message names it.</param>
    public Failure ToFailure(Phase phase, string server)
    {
        if (_caller.IsCancellationRequested)
            return new Failure(FailureKind.Cancelled, phase, "The probe was cancelled before it ended; nothing can be said of the server.");

        var seconds = _timeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return phase switch
        {
            Phase.Dns => new(FailureKind.Timeout, phase, $"The host name of {server} was not resolved within {seconds} s; check the name servers."),
            Phase.Connect => new(FailureKind.ConnectTimeout, phase,
                $"No connection to {server} within {seconds} s; check that the server runs and that no firewall drops the traffic."),
            Phase.Tls => new(FailureKind.Timeout, phase,
                $"The TLS handshake with {server} did not end within {seconds} s; check that the port speaks TLS."),
            Phase.Handshake => new(FailureKind.Timeout, phase,
                $"The MCP handshake with {server} did not end within {seconds} s; look at the server's load, or raise the timeout if it starts slowly."),
            Phase.Smoke => new(FailureKind.Timeout, phase,
                $"{server} did not answer the smoke call within {seconds} s of the probe's start; look at what the tool waits for, or raise the timeout."),
            _ => new(FailureKind.Timeout, phase,
                $"{server} did not answer the catalogue in full within {seconds} s; look at the server's load, or raise the timeout."),
        };
    }

    public void Dispose()
    {
        _cancelling.Dispose();
        _timer.Dispose();
    }
}
