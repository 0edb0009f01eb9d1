using McpProbe.Endpoints;

namespace McpProbe.Uptime;

/// <summary>How long an endpoint's handshakes took in an hour, from all locations.</summary>
/// <param name="Hour">When the hour began.</param>
/// <param name="P95Ms">Milliseconds that 95 of 100 did not exceed.</param>
/// <param name="Samples">Probes that were measured: cold and failed ones, and those in a maintenance, are not.</param>
public sealed record HourLatency(Endpoint Endpoint, DateTimeOffset Hour, double P95Ms, long Samples)
{
    /// <returns>Null when nothing was measured.</returns>
    internal static HourLatency? Of(Endpoint endpoint, DateTimeOffset hour, IEnumerable<RollupRecord> rollups)
    {
        var all = LatencyHistogram.Merge(rollups);
        return all.Quantile(0.95) is { } p95 ? new HourLatency(endpoint, hour, p95, all.Count) : null;
    }
}
