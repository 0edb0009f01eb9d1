using System.ComponentModel;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Agents;

// What the tools answer: short, and each word of a watched server in a Foreign.

internal sealed record EndpointPage(IReadOnlyList<EndpointBrief> Endpoints, [property: Description("Send it as cursor for the next page; null on the last.")] string? Next);

/// <param name="Name">Somebody's here; where a registry's listing gave it, the id stands in its place.</param>
internal sealed record EndpointBrief(
    string Id,
    string Name,
    [property: Description("The name in the registry that lists this server; null for servers that people here added.")] Foreign? ListedName,
    string? Group,
    [property: Description("healthy, degraded, gated (asks for credentials), down, unknown or paused.")] string Verdict,
    string? Since,
    int OpenIncidents,
    bool InMaintenance,
    string? LastProbeAt)
{
    internal static EndpointBrief Of(EndpointOverview one, DateTimeOffset now)
    {
        var (registered, state, last) = one;
        var endpoint = registered.Endpoint;
        return new(
            endpoint.Id, endpoint.IsStrangers ? endpoint.Id : ForeignText.OneLine(endpoint.DisplayName, 100),
            endpoint.IsStrangers ? Foreign.Of(endpoint.DisplayName, 100) : null, endpoint.Group is { } group ? ForeignText.OneLine(group, 100) : null,
            endpoint.Paused ? "paused" : WireNames.Of(state.Verdict), Instant(state.Since), state.OpenIncidents.Count,
            MaintenanceCalendar.Covers(endpoint, state, now), Instant(last?.Slot));
    }

    internal static string? Instant(DateTimeOffset? at) => at is { } known ? UtcInstant.Format(known) : null;
}

internal sealed record EndpointAnswer(
    EndpointBrief Endpoint,
    [property: Description("The URL or the command, without secrets; null where a registry's listing gave it.")] string? Target,
    [property: Description("The URL in the registry that lists this server.")] Foreign? ListedTarget,
    ProbeBrief? LastProbe,
    [property: Description("The class of the worst change against the baseline: info, warning, unknown or breaking; null when there is none.")] string? Drift,
    IReadOnlyList<IncidentBrief> OpenIncidents);

internal sealed record ProbeBrief(
    string Verdict,
    string StartedAt,
    string? FailureKind,
    Foreign? Failure,
    string? Transport,
    string? ProtocolVersion,
    Foreign? Server,
    int? Tools,
    double TotalMs,
    double? HandshakeMs,
    double? CatalogMs,
    int? CertificateDaysLeft,
    int HardFindings)
{
    internal static ProbeBrief Of(ProbeResult result) => new(
        WireNames.Of(result.Verdict), UtcInstant.Format(result.StartedAt), result.Failure is { } failure ? WireNames.Of(failure.Kind) : null,
        Foreign.Of(result.Failure?.Message), result.Transport is { } transport ? WireNames.Of(transport) : null, result.ProtocolVersion,
        result.Server is { } server ? Foreign.Of($"{server.Name} {server.Version}", 100) : null, result.Catalog?.Tools,
        result.Timings.TotalMs, result.Timings.HandshakeMs, result.Timings.CatalogMs, result.Certificate?.DaysLeft,
        result.Findings.Count(finding => finding.Level is FindingLevel.Hard));
}

internal sealed record IncidentPage(IReadOnlyList<IncidentBrief> Incidents, [property: Description("Send it as cursor for the next page; null on the last.")] string? Next);

internal sealed record IncidentBrief(string Id, string Endpoint, string Kind, string OpenedAt, string? ResolvedAt, string Rule, Foreign Summary)
{
    internal static IncidentBrief Of(Incident incident) => new(
        incident.Id, incident.EndpointId, WireNames.Of(incident.Kind), UtcInstant.Format(incident.OpenedAt), EndpointBrief.Instant(incident.ResolvedAt),
        incident.Rule, Foreign.Of(incident.Summary));
}

internal sealed record DriftPage(IReadOnlyList<DriftBrief> Drift, [property: Description("Send it as cursor for the next page; null on the last.")] string? Next);

/// <param name="Changes">The first of them, worst first.</param>
internal sealed record DriftBrief(string At, string BeforeHash, string AfterHash, int ChangeCount, IReadOnlyList<ChangeBrief> Changes)
{
    private const int MostChanges = 20;

    internal static DriftBrief Of(DriftRecord record) => new(
        UtcInstant.Format(record.At), record.BeforeHash, record.AfterHash, record.Changes.Count,
        [.. record.Changes.OrderByDescending(change => change.Class).Take(MostChanges).Select(ChangeBrief.Of)]);
}

internal sealed record ChangeBrief(string Class, string Rule, Foreign? Tool, Foreign Path, Foreign What)
{
    internal static ChangeBrief Of(Change change) =>
        new(WireNames.Of(change.Class), change.Rule, Foreign.Of(change.Tool, 128), Foreign.Of(change.Path, 128), Foreign.Of(change.Message));
}

internal sealed record UptimeAnswer(
    string Endpoint,
    int Days,
    [property: Description("Up / (up + down), from 0 to 1; null when nothing was observed. Asking for credentials counts as up; unknown and maintenance count as neither.")] double? Uptime,
    [property: Description("How much of the time was looked at, from 0 to 1.")] double? Coverage,
    [property: Description("Probes that found it alive, degraded ones included.")] int Up,
    int Degraded,
    int Down,
    int Unknown,
    int Maintenance,
    [property: Description("Of the handshake, in milliseconds, over the last 24 hours.")] double? P95Ms);

internal sealed record IncidentExplanation(
    IncidentBrief Incident,
    [property: Description("What the first failure was.")] Foreign? FirstFailure,
    [property: Description("What the newest failure was.")] Foreign? Failure,
    [property: Description("What to do next, by McpProbe.")] string Advice,
    [property: Description("The rule that opened it, explained in docs/incidents.md.")] string OpeningRule,
    string? Severity,
    double DurationSeconds,
    IReadOnlyList<ChangeBrief> Changes,
    IReadOnlyList<Foreign> Findings,
    string? TakenOnBy,
    [property: Description("What people wrote about it.")] IReadOnlyList<Foreign> Notes,
    IReadOnlyList<string> Deliveries);
