using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber(ProberOptions options, TimeProvider time) : IDisposable
{
    private readonly ConnectionPool? _connections = options.KeepAlive ? new ConnectionPool() : null;
    private readonly CatalogMemory _catalogs = new();
    private volatile bool _warm;

    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public async Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        return await AttemptAsync(endpoint, deadline, new Reuse(_connections, _catalogs, null));
    }

    /// <summary>A watched probe whose catalogue is parsed in any case.</summary>
    public Task<ProbeResult> ProbeConfirmedAsync(Endpoint endpoint, CancellationToken cancellationToken) =>
        ProbeConfirmedAsync(endpoint, null, cancellationToken);

    /// <summary>
    /// A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline. Probes that
    /// begin before this prober's first has ended are marked cold: they time our own start.
    /// </summary>
    /// <param name="storedHash">
    /// Gives, for a protocol version, the hash of the catalogue whose content the caller has stored and would not need again; null
    /// for none. A server that sends the bytes of the last time, which made that catalogue, does not have them parsed again: the
    /// result is the same, but for its <see cref="ProbeResult.Snapshot"/>, which is null. Null has every catalogue parsed.
    /// </param>
    public async Task<ProbeResult> ProbeConfirmedAsync(
        Endpoint endpoint, Func<string, string?>? storedHash, CancellationToken cancellationToken)
    {
        var cold = !_warm;
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var first = await AttemptAsync(endpoint, deadline, new Reuse(_connections, _catalogs, storedHash)) with { Cold = cold };
        _warm = true;
        if (!IsWorthConfirming(first.Failure))
            return first;

        // On a connection of its own: the failure may be that of a kept one.
        var second = await AttemptAsync(endpoint, deadline, new Reuse(null, _catalogs, storedHash));
        return second with { Attempts = 2, Cold = cold, Log = [.. first.Log, "confirming", .. second.Log] };
    }

    /// <summary>Closes the connections that were kept.</summary>
    public void Dispose() => _connections?.Dispose();

    private async Task<ProbeResult> AttemptAsync(Endpoint endpoint, Deadline deadline, Reuse reuse)
    {
        await using var attempt = new ProbeAttempt(endpoint, options, time, deadline, reuse);
        return await attempt.RunAsync();
    }

    /// <summary>Time-outs have used up the deadline, and an immediate repeat cannot change what was asked for or configured.</summary>
    private static bool IsWorthConfirming(Failure? failure) => failure is not null && failure.Kind is not
        (FailureKind.Timeout or FailureKind.ConnectTimeout or FailureKind.Gated or FailureKind.AuthFailed or FailureKind.Config
        or FailureKind.Cancelled);
}
