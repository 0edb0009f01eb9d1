using McpProbe.Endpoints;

namespace McpProbe.Functions.Scheduling;

/// <summary>An endpoint and the slot at which it is due.</summary>
public sealed record ScheduledProbe(Endpoint Endpoint, DateTimeOffset Slot);
