namespace McpProbe.Endpoints;

/// <summary>A planned time, again and again, in which probes go on and nobody is alerted.</summary>
/// <param name="Cron">When it begins: five fields, as cron has them.</param>
/// <param name="Duration">How long it lasts, on the clock of the universe: an hour that daylight saving skips or repeats is counted as it passes.</param>
/// <param name="TimeZone">The IANA name of the zone that <paramref name="Cron"/> is in.</param>
public sealed record MaintenanceWindow(string Cron, TimeSpan Duration, string TimeZone = "UTC");
