using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber(ProberOptions options, TimeProvider time) : IDisposable
{
    private readonly ConnectionPool? _connections = options.KeepAlive ? new ConnectionPool() : null;
    private volatile bool _warm;

    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public async Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        return await AttemptAsync(endpoint, deadline, _connections);
    }

    /// <summary>
    /// A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline. Probes that
    /// begin before this prober's first has ended are marked cold: they time our own start, and are held to no latency budget.
    /// </summary>
    public async Task<ProbeResult> ProbeConfirmedAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        var cold = !_warm;
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var watched = cold ? WithoutBudgets(endpoint) : endpoint;
        var first = await AttemptAsync(watched, deadline, _connections) with { Cold = cold };
        _warm = true;
        if (!IsWorthConfirming(first.Failure))
            return first;

        // On a connection of its own: the failure may be that of a kept one.
        var second = await AttemptAsync(watched, deadline, null);
        return second with { Attempts = 2, Cold = cold, Log = [.. first.Log, "confirming", .. second.Log] };
    }

    /// <summary>Closes the connections that were kept.</summary>
    public void Dispose() => _connections?.Dispose();

    private async Task<ProbeResult> AttemptAsync(Endpoint endpoint, Deadline deadline, ConnectionPool? connections)
    {
        await using var attempt = new ProbeAttempt(endpoint, options, time, deadline, connections);
        return await attempt.RunAsync();
    }

    /// <summary>Our own slow start is no fault of the server's.</summary>
    private static Endpoint WithoutBudgets(Endpoint endpoint) =>
        endpoint with { Conditions = endpoint.Conditions with { Budgets = LatencyBudgets.None } };

    /// <summary>
    /// Time-outs have used up the deadline, an immediate repeat cannot change what was asked for or configured, and a slow answer is
    /// an answer: a repeat would only hide it.
    /// </summary>
    private static bool IsWorthConfirming(Failure? failure) => failure is not null && failure.Kind is not
        (FailureKind.Timeout or FailureKind.ConnectTimeout or FailureKind.Gated or FailureKind.AuthFailed or FailureKind.Config
        or FailureKind.Cancelled or FailureKind.Budget);
}
