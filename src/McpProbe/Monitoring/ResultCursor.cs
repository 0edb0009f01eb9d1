namespace McpProbe.Monitoring;

/// <summary>
/// A place among an endpoint's results, which are read newest first: what comes after it is older, or of the same slot and a location
/// whose turn comes later. The order of locations within a slot is the store's own, and always the same.
/// </summary>
/// <param name="Location">The location that was read last; null when the whole slot lies before the cursor.</param>
public sealed record ResultCursor(DateTimeOffset Slot, string? Location = null);
