using McpProbe.Model;

namespace McpProbe.Cli.Bridge;

/// <summary>
/// One probe that answers everybody who asks while it runs, and for a while afterwards: a platform's health checks must not
/// multiply the server's load.
/// </summary>
/// <param name="probe">Ends by its own deadline; the token ends it when the bridge does.</param>
/// <param name="holds">How long a result answers for; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
internal sealed class SharedProbe(Func<CancellationToken, Task<ProbeResult>> probe, Func<ProbeResult, TimeSpan> holds, TimeProvider time, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private Task<SharedResult>? _running;
    private SharedResult? _last;

    /// <summary>The result that still holds, or that of the probe under way, which is begun when there is none.</summary>
    public Task<SharedResult> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_running is { IsCompleted: false })
                return _running.WaitAsync(cancellationToken);
            if (_last is { } last && StillHolds(last))
                return Task.FromResult(last);
            _running = RunAsync();
            return _running.WaitAsync(cancellationToken);
        }
    }

    private bool StillHolds(SharedResult last) =>
        holds(last.Result) is var length && (length == Timeout.InfiniteTimeSpan || time.GetElapsedTime(last.EndedAt) < length);

    private async Task<SharedResult> RunAsync()
    {
        var result = await probe(stopping);
        var shared = new SharedResult(result, time.GetTimestamp());
        lock (_lock)
            return _last = shared;
    }
}

/// <param name="EndedAt">A timestamp of the clock.</param>
internal sealed record SharedResult(ProbeResult Result, long EndedAt);
