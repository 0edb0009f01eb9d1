using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages.Overview;

/// <summary>
/// What the overview shows: the headline, the groups and the incidents are about all that the viewer sees, the rows about what was
/// asked for. It looks at each endpoint a few times, and makes nothing for those that are on another page: there may be 50,000.
/// </summary>
public sealed class OverviewView
{
    public const int RowsOnAPage = 50;

    private const int MostChoices = 100;

    private readonly Dictionary<string, Tally> _groups = [];
    private readonly Tally _ungrouped = new();
    private readonly List<EndpointOverview> _open = [];

    /// <param name="target">The target of an endpoint as the viewer sees it.</param>
    public OverviewView(IReadOnlyList<EndpointOverview> all, OverviewQuery query, Func<EndpointOverview, string> target, DateTimeOffset now)
    {
        var whole = new Tally();
        var (fitting, tags) = (new List<EndpointOverview>(), new SortedSet<string>(StringComparer.OrdinalIgnoreCase));
        foreach (var one in all)
        {
            whole.Add(one);
            TallyOf(one.Registered.Endpoint.Group).Add(one);
            if (one.State.OpenIncidents.Count > 0)
                _open.Add(one);
            if (one.Last?.Result.StartedAt is { } at && !(LastProbeAt >= at))
                LastProbeAt = at;
            foreach (var tag in one.Registered.Endpoint.Tags)
                tags.Add(tag);
            if (!query.IsFilter || query.Fits(one, target))
                fitting.Add(one);
        }

        (Counts, Verdict, Now, Fitting) = (whole.Counts, whole.Verdict, now, fitting.Count);
        Tags = [.. tags.Take(MostChoices)];
        // One after the last is the last.
        Pages = Math.Max(1, (fitting.Count + RowsOnAPage - 1) / RowsOnAPage);
        Query = query with { Page = Math.Min(query.Page, Pages) };
        Shown = [.. Sort(fitting, query.Sort).Skip((Query.Page - 1) * RowsOnAPage).Take(RowsOnAPage)];
    }

    public OverviewQuery Query { get; }

    public StatusCounts Counts { get; }

    public Verdict Verdict { get; }

    public DateTimeOffset Now { get; }

    public DateTimeOffset? LastProbeAt { get; }

    /// <summary>How many endpoints were asked for.</summary>
    public int Fitting { get; }

    /// <summary>Those of them on this page, in order.</summary>
    public IReadOnlyList<EndpointOverview> Shown { get; }

    public int Pages { get; }

    /// <summary>All tags, as far as a list can show them.</summary>
    public IReadOnlyList<string> Tags { get; }

    /// <summary>All groups, the worst first, as far as a list can show them.</summary>
    public IReadOnlyList<GroupState> Groups =>
    [
        .. _groups.Select(each => new GroupState(each.Key, each.Value.Verdict, each.Value.Counts))
            .OrderBy(group => RankOf(group.Verdict)).ThenBy(group => group.Name, StringComparer.OrdinalIgnoreCase).Take(MostChoices),
    ];

    /// <summary>Whether there are more groups than <see cref="Groups"/> has.</summary>
    public bool HasMoreGroups => _groups.Count > MostChoices;

    public int GroupCount => _groups.Count;

    /// <summary>The rows of this page by group: each group with its own state, those without a group last, else the worst row first.</summary>
    public IReadOnlyList<GroupRows> ByGroup(IReadOnlyList<OverviewRow> rows) =>
    [
        .. rows.GroupBy(row => row.Endpoint.Registered.Endpoint.Group).OrderBy(group => group.Key is null).Select(group => new GroupRows(
            new GroupState(group.Key, TallyOf(group.Key).Verdict, TallyOf(group.Key).Counts), [.. group],
            // Everything is in sight while it is little, or was asked for, or nothing is wrong anywhere; else what is wrong is.
            IsOpen: Counts.Total <= RowsOnAPage / 2 || Query.IsFilter || group.Any(row => IsProblem(row.Endpoint)) || !rows.Any(row => IsProblem(row.Endpoint)))),
    ];

    /// <summary>Outages first, then the newest; as many as a page shows, of <see cref="StatusCounts.OpenIncidents"/>.</summary>
    public IReadOnlyList<OpenIncident> OpenIncidents(int most) =>
    [
        .. _open.SelectMany(one => one.State.OpenIncidents.Select(incident => new OpenIncident(one, incident)))
            .OrderBy(one => one.Incident.Kind).ThenByDescending(one => one.Incident.OpenedAt).Take(most),
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

    /// <summary>Whether somebody should look at it. What asks for credentials is alive, and what is paused is so on purpose.</summary>
    internal static bool IsProblem(EndpointOverview one) => Rank(one) <= 3;

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

    private static int RankOf(Verdict verdict) => verdict switch { Verdict.Down => 0, Verdict.Degraded => 1, Verdict.Unknown => 2, _ => 3 };

    private static IEnumerable<EndpointOverview> Sort(List<EndpointOverview> some, OverviewSort sort) => sort switch
    {
        OverviewSort.Name => some.OrderBy(one => one.Registered.Endpoint.DisplayName, StringComparer.OrdinalIgnoreCase).ThenBy(IdOf, StringComparer.Ordinal),
        OverviewSort.Changed => some.OrderByDescending(one => one.State.Since).ThenBy(IdOf, StringComparer.Ordinal),
        OverviewSort.Slowest => some.OrderByDescending(one => one.Last?.Result.Timings.HandshakeMs).ThenBy(IdOf, StringComparer.Ordinal),
        // Within a rank, the group's rows stand together.
        _ => some.OrderBy(Rank).ThenBy(one => one.Registered.Endpoint.Group, StringComparer.OrdinalIgnoreCase).ThenBy(IdOf, StringComparer.Ordinal),
    };

    private static string IdOf(EndpointOverview one) => one.Registered.Endpoint.Id;

    private Tally TallyOf(string? group)
    {
        if (group is null)
            return _ungrouped;
        if (!_groups.TryGetValue(group, out var tally))
            _groups.Add(group, tally = new Tally());
        return tally;
    }

    private static string Endpoints(int count) => count == 1 ? "endpoint" : "endpoints";
}

/// <param name="Name">Null for what is in no group.</param>
public sealed record GroupState(string? Name, Verdict Verdict, StatusCounts Counts)
{
    /// <summary>What is wrong first: <c>1 down, 1 incident, 12 healthy</c>.</summary>
    public string Words => string.Join(", ", new[]
    {
        (Counts.Down, "down"), (Counts.Degraded, "degraded"), (Counts.Unknown, "unknown"), (Counts.OpenIncidents, Counts.OpenIncidents == 1 ? "open incident" : "open incidents"),
        (Counts.Gated, "gated"), (Counts.Healthy, "healthy"), (Counts.Paused, "paused"),
    }.Where(each => each.Item1 > 0).Select(each => $"{each.Item1} {each.Item2}"));
}

public sealed record GroupRows(GroupState Group, IReadOnlyList<OverviewRow> Rows, bool IsOpen);

/// <param name="Strokes">Of its bar, oldest first.</param>
/// <param name="Latency">Milliseconds of its sparkline, oldest first.</param>
public sealed record OverviewRow(EndpointOverview Endpoint, UptimeSummary Summary, IReadOnlyList<string> Strokes, IReadOnlyList<double?> Latency);

public sealed record OpenIncident(EndpointOverview Endpoint, Incident Incident);
