using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber(ProberOptions options, TimeProvider time)
{
    private readonly Credentials _credentials = new();
    private volatile bool _warm;

    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public async Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        return await AttemptAsync(endpoint, deadline);
    }

    /// <summary>
    /// A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline. Probes that
    /// begin before this prober's first has ended are marked cold: they time our own start.
    /// </summary>
    public async Task<ProbeResult> ProbeConfirmedAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        var cold = !_warm;
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var first = await AttemptAsync(endpoint, deadline) with { Cold = cold };
        _warm = true;
        if (!IsWorthConfirming(first.Failure))
            return first;

        var second = await AttemptAsync(endpoint, deadline);
        return second with { Attempts = 2, Cold = cold, Log = [.. first.Log, "confirming", .. second.Log] };
    }

    /// <summary>One attempt, and another one where an OAuth token of an earlier probe has been revoked since: a client would get a new one too.</summary>
    private async Task<ProbeResult> AttemptAsync(Endpoint endpoint, Deadline deadline)
    {
        var (first, refused) = await TryAsync(endpoint, deadline);
        if (!refused)
            return first;

        var (second, _) = await TryAsync(endpoint, deadline);
        return second with { Log = [.. first.Log, "the token of an earlier probe was refused; trying a new one", .. second.Log] };
    }

    private async Task<(ProbeResult Result, bool OldTokenRefused)> TryAsync(Endpoint endpoint, Deadline deadline)
    {
        await using var attempt = new ProbeAttempt(endpoint, options, time, deadline, _credentials);
        var result = await attempt.RunAsync();
        if (attempt.Sent is not { } sent || result.Failure is not { Kind: FailureKind.AuthFailed, HttpStatus: 401 })
            return (result, false);

        _credentials.Tokens.Forget(sent.Token);
        return (result, sent.Cached);
    }

    /// <summary>Time-outs have used up the deadline, and an immediate repeat cannot change what was asked for or configured.</summary>
    private static bool IsWorthConfirming(Failure? failure) => failure is not null && failure.Kind is not
        (FailureKind.Timeout or FailureKind.ConnectTimeout or FailureKind.Gated or FailureKind.AuthFailed or FailureKind.Config
        or FailureKind.Cancelled);
}
