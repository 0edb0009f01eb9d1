using McpProbe.Endpoints;

namespace McpProbe.Probing;

/// <summary>
/// Probes an MCP server the way its clients use it: connect, find the era, complete the handshake, read the whole catalogue,
/// judge the conditions, close the session.
/// </summary>
public sealed class McpProber(ProberOptions options, TimeProvider time)
{
    /// <summary>One attempt. Every outcome is a value, a cancelled token included (kind <c>cancelled</c>); it throws for bugs only.</summary>
    public Task<ProbeResult> ProbeAsync(Endpoint endpoint, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{options} {time} {endpoint} {cancellationToken}");

    /// <summary>A watched probe: a failure other than a time-out is confirmed by one more attempt within the same deadline.</summary>
    public Task<ProbeResult> ProbeConfirmedAsync(Endpoint endpoint, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{options} {time} {endpoint} {cancellationToken}");
}
