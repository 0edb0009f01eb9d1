using System.Text.Json.Serialization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Uptime.Reports;

/// <summary>How well endpoints kept what was promised of them; docs/schema/sla-report.schema.json.</summary>
/// <param name="Range">What was asked for, in words.</param>
/// <param name="To">The end, which is not part of it.</param>
/// <param name="Locations">Where the probes that are counted ran.</param>
/// <param name="Accounting">How the figures are counted, in sentences.</param>
/// <param name="Notes">What is missing, or not exact; empty when nothing is.</param>
/// <param name="Groups">In the order of their names; endpoints without a group last, without a name.</param>
/// <param name="Endpoints">By group, then by id.</param>
public sealed record SlaReport(
    string Range,
    DateTimeOffset From,
    DateTimeOffset To,
    string Zone,
    DateTimeOffset GeneratedAt,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> Accounting,
    IReadOnlyList<string> Notes,
    ReportFigures Total,
    IReadOnlyList<GroupReport> Groups,
    IReadOnlyList<EndpointReport> Endpoints);

/// <summary>What is said of an endpoint, of a group and of all together.</summary>
/// <param name="Budget">Null where no objective is set.</param>
public sealed record ReportFigures(
    double? UptimePercent,
    double? CoveragePercent,
    ReportProbes Probes,
    OutageFigures Outages,
    ErrorBudget? Budget,
    IReadOnlyList<PhaseFigures> Latency,
    int CatalogChanges);

/// <summary>The counts as they are written.</summary>
/// <param name="Up">Healthy, degraded and gated.</param>
/// <param name="Missing">Expected, and not there.</param>
public sealed record ReportProbes(
    long Up, long Healthy, long Degraded, long Gated, long Down, long Unknown, long Maintenance, long Expected, long Missing)
{
    public static ReportProbes Of(ReportCounts counts) => new(
        counts.Up, counts.Healthy, counts.Degraded, counts.Gated, counts.Down, counts.Unknown, counts.Maintenance, counts.Expected, counts.Missing);
}

public sealed record GroupReport(string? Name, int Endpoints, ReportFigures Figures);

/// <param name="Url">As everybody may read it.</param>
/// <param name="Outages">Oldest first.</param>
/// <param name="CatalogChanges">The newest first, at most <see cref="MostChanges"/> of them.</param>
/// <param name="Notes">What is missing of this endpoint.</param>
public sealed record EndpointReport(
    string Id,
    string Name,
    string? Group,
    string Url,
    ReportFigures Figures,
    IReadOnlyList<ReportOutage> Outages,
    IReadOnlyList<ReportChange> CatalogChanges,
    IReadOnlyList<string> Notes)
{
    public const int MostChanges = 50;
}

/// <summary>A confirmed change of the catalogue.</summary>
/// <param name="Class">The worst of its changes; null when nothing differs that has a class.</param>
/// <param name="Changes">How many there are.</param>
/// <param name="Summary">The worst of them in words; null without any.</param>
public sealed record ReportChange(DateTimeOffset At, ChangeClass? Class, int Changes, string? Summary);

/// <summary>A report as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(SlaReport))]
public sealed partial class ReportJson : JsonSerializerContext;
