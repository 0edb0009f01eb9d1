using McpProbe.Endpoints;

namespace McpProbe.Functions.Scheduling;

/// <summary>An endpoint and the slot at which it is due.</summary>
/// <param name="Generation">Of the endpoint's definition.</param>
/// <param name="Shard">Of the endpoint: what lies in one shard is read with one request.</param>
/// <param name="Gathered">When it is probed with the others that are known to time out; null at its slot, as usual.</param>
public sealed record ScheduledProbe(
    Endpoint Endpoint, DateTimeOffset Slot, long Generation = 0, int Shard = 0, DateTimeOffset? Gathered = null)
{
    /// <summary>Why it cannot be probed, which is what its slot says then; null for a probe.</summary>
    public string? Unprobed { get; init; }
}
