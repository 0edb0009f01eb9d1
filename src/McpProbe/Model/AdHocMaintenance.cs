namespace McpProbe.Model;

/// <summary>A time without alerts that somebody asked for, besides the endpoint's planned windows.</summary>
/// <param name="By">Who asked for it.</param>
/// <param name="Reason">What for; null when nobody said.</param>
public sealed record AdHocMaintenance(DateTimeOffset From, DateTimeOffset Until, string By, string? Reason);
