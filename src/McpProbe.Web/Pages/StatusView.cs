using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages;

/// <summary>What the status page shows.</summary>
/// <param name="Overview">Everything that the viewer sees; the headline is about it.</param>
/// <param name="Rows">The endpoints on this page, worst first.</param>
public sealed record StatusView(
    IReadOnlyList<EndpointOverview> Overview, IReadOnlyList<StatusRow> Rows, int Page, DateTimeOffset Now)
{
    /// <summary>They left the probes file; their history is kept.</summary>
    public IReadOnlyList<EndpointOverview> Archived { get; init; } = [];

    public Verdict Verdict => OverallVerdict.Of(Overview);

    public StatusCounts Counts => StatusCounts.Of(Overview);

    public DateTimeOffset? LastProbeAt => Overview.Max(one => one.Last?.Result.StartedAt);

    public int Pages => (Overview.Count + StatusPages.RowsOnAPage - 1) / StatusPages.RowsOnAPage;

    /// <summary>Groups in the order of their worst endpoint, those without a group last.</summary>
    public IEnumerable<IGrouping<string?, StatusRow>> Groups => Rows
        .GroupBy(row => row.Overview.Registered.Endpoint.Group)
        .OrderBy(group => group.Key is null)
        .ThenBy(group => group.Key, StringComparer.OrdinalIgnoreCase);

    /// <summary>Outages first, then the newest.</summary>
    public IReadOnlyList<OpenIncident> OpenIncidents =>
    [
        .. Overview
            .SelectMany(one => one.State.OpenIncidents.Select(incident => new OpenIncident(one, incident)))
            .OrderBy(one => one.Incident.Kind)
            .ThenByDescending(one => one.Incident.OpenedAt),
    ];

    public string Headline => Counts switch
    {
        { Total: 0 } => "Nothing is watched yet",
        { Down: 1 } counts => $"1 of {counts.Total} {Endpoints(counts.Total)} is down",
        { Down: > 1 } counts => $"{counts.Down} of {counts.Total} endpoints are down",
        { Stale: > 0 } counts when counts.Stale == counts.Total - counts.Paused => "All results are old: nobody knows how the endpoints are",
        { Stale: > 0 } counts => $"Nobody knows how {counts.Stale} of {counts.Total} endpoints {(counts.Stale == 1 ? "is" : "are")}: {(counts.Stale == 1 ? "its last result is" : "their last results are")} old",
        { Degraded: > 0 } counts => $"{counts.Degraded} of {counts.Total} {Endpoints(counts.Total)} {(counts.Degraded == 1 ? "is" : "are")} degraded",
        { Unknown: > 0, OpenIncidents: > 0 } counts => $"Nothing can be said of {counts.Unknown} of {counts.Total} {Endpoints(counts.Total)}",
        { OpenIncidents: > 0 } counts => $"All answer, with {counts.OpenIncidents} open {(counts.OpenIncidents == 1 ? "incident" : "incidents")}",
        { Unknown: > 0 } counts when counts.Unknown + counts.Paused == counts.Total => "Waiting for the first probes",
        { Unknown: > 0 } counts => $"Nothing can be said of {counts.Unknown} of {counts.Total} endpoints",
        { Paused: > 0 } counts when counts.Paused == counts.Total => "Every endpoint is paused",
        { Total: 1 } => "The endpoint works",
        var counts => $"All {counts.Total - counts.Paused} endpoints work",
    };

    internal static int Rank(EndpointOverview one) => one switch
    {
        { Registered.Endpoint.Paused: true } => 6,
        { State.Verdict: Verdict.Down } => 0,
        { Stale: true } or { State.OpenIncidents.Count: > 0 } => 1,
        { State.Verdict: Verdict.Degraded } => 2,
        { State.Verdict: Verdict.Unknown } => 3,
        { State.Verdict: Verdict.Gated } => 4,
        _ => 5,
    };

    private static string Endpoints(int count) => count == 1 ? "endpoint" : "endpoints";
}

/// <param name="Latest">Its newest results, newest first.</param>
public sealed record StatusRow(EndpointOverview Overview, IReadOnlyList<ProbeRecord> Latest);

public sealed record OpenIncident(EndpointOverview Endpoint, Incident Incident);
