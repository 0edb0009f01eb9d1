using McpProbe.Endpoints;

namespace McpProbe.Functions.Scheduling;

/// <summary>An endpoint and the slot at which it is due.</summary>
/// <param name="Generation">Of the endpoint's definition.</param>
public sealed record ScheduledProbe(Endpoint Endpoint, DateTimeOffset Slot, long Generation = 0);
