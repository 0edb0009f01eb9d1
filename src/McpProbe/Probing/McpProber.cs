using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber(ProberOptions options, TimeProvider time)
{
    private volatile bool _warm;

    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public async Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        return await AttemptAsync(endpoint, deadline);
    }

    /// <summary>
    /// A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline. Probes that
    /// begin before this prober's first has ended are marked cold: they time our own start, and are held to no latency budget.
    /// </summary>
    public async Task<ProbeResult> ProbeConfirmedAsync(Endpoint endpoint, CancellationToken cancellationToken)
    {
        var cold = !_warm;
        using var deadline = new Deadline(endpoint.Timeout, time, cancellationToken);
        var first = await AttemptAsync(cold ? WithoutBudgets(endpoint) : endpoint, deadline) with { Cold = cold };
        _warm = true;
        if (!IsWorthConfirming(first.Failure))
            return first;

        var second = await AttemptAsync(cold ? WithoutBudgets(endpoint) : endpoint, deadline);
        return second with { Attempts = 2, Cold = cold, Log = [.. first.Log, "confirming", .. second.Log] };
    }

    private async Task<ProbeResult> AttemptAsync(Endpoint endpoint, Deadline deadline)
    {
        await using var attempt = new ProbeAttempt(endpoint, options, time, deadline);
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
