using McpProbe.Probing;

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
    private Task<SharedResult>? _latest;

    /// <summary>The result of the probe that runs, or ran last, or is started now.</summary>
    public Task<SharedResult> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_latest is null || (_latest.IsCompleted && !StillHolds(_latest)))
                _latest = RunAsync();
            return _latest.WaitAsync(cancellationToken);
        }
    }

    private bool StillHolds(Task<SharedResult> latest) =>
        latest is { IsCompletedSuccessfully: true, Result: { Result: var result, EndedAt: var endedAt } }
        && holds(result) is var length && (length == Timeout.InfiniteTimeSpan || time.GetElapsedTime(endedAt) < length);

    private async Task<SharedResult> RunAsync() => new(await probe(stopping), time.GetTimestamp());
}

/// <param name="EndedAt">A timestamp of the clock.</param>
internal sealed record SharedResult(ProbeResult Result, long EndedAt);
