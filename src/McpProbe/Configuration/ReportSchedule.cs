namespace McpProbe.Configuration;

/// <summary>A report that is sent by e-mail after each month: <c>reports</c> in the probes file.</summary>
/// <param name="Channel">The name of an e-mail channel; no two reports have the same.</param>
/// <param name="TimeZone">The IANA name of the zone whose months are reported.</param>
/// <param name="Groups">The groups to report; none for every endpoint.</param>
public sealed record ReportSchedule(string Channel, string TimeZone, IReadOnlyList<string> Groups);
