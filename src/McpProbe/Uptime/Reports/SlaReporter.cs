using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Uptime.Reports;

/// <summary>
/// Makes reports. It reads, of each endpoint, its days, the hours at both ends, the results of what is neither, its incidents and its
/// changes: some five requests, however long the range is.
/// </summary>
/// <param name="locations">Where probes are expected from.</param>
/// <param name="atOnce">As in <see cref="RollUpJob"/>.</param>
public sealed class SlaReporter(
    IEndpointStore endpoints, IMonitorStore states, IMonitorHistory history, IRollupStore rollups, IReadOnlyCollection<string> locations,
    Retention retention, TimeProvider time, int atOnce = 16)
{
    /// <summary>More in one answer would keep the head from its work.</summary>
    public const int MostEndpoints = 2000;

    /// <summary>An outage that began longer before the range, and ended in it, is not found; one that is still open is.</summary>
    private static readonly TimeSpan LongestOutage = TimeSpan.FromDays(31);

    private const int IncidentsAtOnce = 200;

    /// <summary>Which endpoints a report is about, or every mistake in the choice.</summary>
    /// <param name="ids">Archived ones too; none with no <paramref name="groups"/> for every endpoint that is not archived.</param>
    public async Task<(IReadOnlyList<RegisteredEndpoint>? Chosen, IReadOnlyList<ReportMistake> Mistakes)> ChooseAsync(
        IReadOnlyCollection<string> ids, IReadOnlyCollection<string> groups, CancellationToken cancellationToken)
    {
        var all = await endpoints.ListEndpointsAsync(cancellationToken);
        var mistakes = new List<ReportMistake>();
        foreach (var id in ids.Where(id => all.All(each => each.Endpoint.Id != id)).Distinct())
            mistakes.Add(new("endpoint", $"there is no endpoint '{VisibleText.Excerpt(id)}'{Suggested(id, all.Select(each => each.Endpoint.Id))}"));
        foreach (var group in groups.Where(group => all.All(each => each.Endpoint.Group != group)).Distinct())
            mistakes.Add(new("group", $"there is no group '{VisibleText.Excerpt(group)}'{Suggested(group, all.Select(each => each.Endpoint.Group).OfType<string>())}"));
        List<RegisteredEndpoint> chosen =
        [
            .. all.Where(each => ids.Count + groups.Count == 0
                ? each.Source is not EndpointSource.Archived
                : ids.Contains(each.Endpoint.Id) || (each.Endpoint.Group is { } group && groups.Contains(group) && each.Source is not EndpointSource.Archived)),
        ];
        if (chosen.Count > MostEndpoints)
            mistakes.Add(new("group", string.Create(CultureInfo.InvariantCulture, $"a report is about at most {MostEndpoints} endpoints, and this would be {chosen.Count}: choose groups with fewer, or name endpoints (?endpoint=ID&endpoint=ID)."), IsTooMany: true));
        return mistakes.Count > 0 ? (null, mistakes) : (chosen, []);
    }

    /// <summary>The names of all groups.</summary>
    public async Task<IReadOnlyList<string>> GroupsAsync(CancellationToken cancellationToken) =>
    [
        .. (await endpoints.ListEndpointsAsync(cancellationToken)).Where(each => each.Source is not EndpointSource.Archived)
            .Select(each => each.Endpoint.Group).OfType<string>().Distinct().Order(StringComparer.OrdinalIgnoreCase),
    ];

    public async Task<SlaReport> ReadAsync(IReadOnlyList<RegisteredEndpoint> chosen, ReportRange range, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var spans = ReportSpans.Of(range, await rollups.ReadRolledThroughAsync(cancellationToken), retention, now);
        var measured = new ConcurrentBag<Measured>();
        await Parallel.ForEachAsync(
            chosen,
            new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
            async (registered, cancellation) => measured.Add(await MeasureAsync(registered, range, spans, now, cancellation)));
        return Put([.. measured], range, [.. spans.Notes, .. NotesOf(range, now)], now);
    }

    private async Task<Measured> MeasureAsync(
        RegisteredEndpoint registered, ReportRange range, ReportSpans spans, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var endpoint = registered.Endpoint;
        var found = new List<(string Location, Rollup Rollup)>();
        if (spans.Days is { } days)
            found.AddRange((await rollups.ReadRollupsAsync(endpoint.Id, RollupPeriod.Day, days.From, days.Until, cancellationToken)).Select(record => (record.Location, record.Rollup)));
        foreach (var span in spans.Hours)
            found.AddRange((await rollups.ReadRollupsAsync(endpoint.Id, RollupPeriod.Hour, span.From, span.Until, cancellationToken)).Select(record => (record.Location, record.Rollup)));
        foreach (var span in spans.Results)
            found.AddRange(await RollUpAsync(registered, span, now, cancellationToken));

        var outages = OutageFigures.In(range, await IncidentsAsync(endpoint.Id, range, cancellationToken));
        var changes = (await history.ReadDriftAsync(endpoint.Id, EndpointReport.MostChanges + 1, cancellationToken))
            .Where(record => record.At >= range.From && record.At < range.Until).ToList();
        return Measured.Of(registered, found, outages, changes);
    }

    private async Task<IEnumerable<(string Location, Rollup Rollup)>> RollUpAsync(
        RegisteredEndpoint registered, ReportSpan span, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var results = await rollups.ReadResultsAsync(registered.Endpoint.Id, span.From, span.Until, cancellationToken);
        // The newest slots may still be on their way.
        var settled = now - registered.Endpoint.Timeout - UptimeSummary.OnItsWay;
        var expected = SpanRollup.ExpectedSlots(registered, span.From, settled < span.Until ? settled : span.Until).Count();
        // Only a gap needs to know whether somebody had asked for a maintenance then.
        var state = locations.Any(location => results.Count(record => record.Location == location) < expected)
            ? await FindStateAsync(registered.Endpoint.Id, cancellationToken)
            : EndpointState.New;
        return SpanRollup.Of(registered, state, span.From, span.Until, locations, results, settled);
    }

    // One that cannot be read knows of no maintenance; it is for others to complain of.
    private async Task<EndpointState> FindStateAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await states.ReadStateAsync(id, cancellationToken))?.State ?? EndpointState.New;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidDataException)
        {
            return EndpointState.New;
        }
    }

    /// <summary>Newest first, back to where one that reaches into the range may have begun.</summary>
    private async Task<IReadOnlyList<Incident>> IncidentsAsync(string id, ReportRange range, CancellationToken cancellationToken)
    {
        var incidents = new List<Incident>();
        for (DateTimeOffset? before = range.Until; before is not null;)
        {
            var page = await history.ReadIncidentsAsync(id, before, IncidentsAtOnce, cancellationToken);
            incidents.AddRange(page);
            before = page.Count == IncidentsAtOnce && page[^1].OpenedAt > range.From - LongestOutage ? page[^1].OpenedAt : null;
        }

        return incidents;
    }

    private IEnumerable<string> NotesOf(ReportRange range, DateTimeOffset now)
    {
        if (range.IsCut)
            yield return $"The range is not over: the figures are up to {range.Local(now)}.";
        if (range.From < retention.IncidentsFrom(now))
            yield return $"Outages and catalogue changes before {range.Local(retention.IncidentsFrom(now))} are missing: they are kept for {retention.Incidents} days.";
    }

    private static SlaReport Put(IReadOnlyList<Measured> measured, ReportRange range, IReadOnlyList<string> notes, DateTimeOffset now)
    {
        var all = measured.OrderBy(each => each.Group is null).ThenBy(each => each.Group, StringComparer.OrdinalIgnoreCase)
            .ThenBy(each => each.Registered.Endpoint.Id, StringComparer.Ordinal).ToList();
        var reported = all.SelectMany(each => each.Locations).Distinct().Order(StringComparer.Ordinal).ToList();
        return new SlaReport(
            range.Name, range.From, range.Until, range.Zone.Id, now, reported, Accounting(reported), notes,
            Figures(all, range),
            [.. all.GroupBy(each => each.Group).Select(group => new GroupReport(group.Key, group.Count(), Figures([.. group], range)))],
            [
                .. all.Select(each => new EndpointReport(
                    each.Registered.Endpoint.Id, each.Registered.Endpoint.DisplayName, each.Group, each.Registered.Endpoint.PublicTarget,
                    Figures([each], range), each.Outages,
                    [.. each.Changes.Take(EndpointReport.MostChanges).Select(ChangeOf)], [.. NotesOf(each, range)])),
            ]);
    }

    private static ReportFigures Figures(IReadOnlyList<Measured> parts, ReportRange range)
    {
        var counts = ReportCounts.Sum(parts.Select(part => part.Counts));
        var budgets = parts.Select(part => (Budget: ErrorBudget.Of(part.Registered.Endpoint, part.Counts, part.ProbeSeconds), part.Counts))
            .Where(part => part.Budget is not null).Select(part => (part.Budget!, part.Counts)).ToList();
        return new ReportFigures(
            counts.UptimePercent, counts.CoveragePercent, ReportProbes.Of(counts),
            OutageFigures.Of(range, [.. parts.SelectMany(part => part.Outages)], parts.Sum(part => part.WatchedSeconds(range))),
            ErrorBudget.Sum(budgets),
            PhaseFigures.Of(PhaseLatencies.Merge([.. parts.Select(part => part.Latency)])),
            parts.Sum(part => Math.Min(part.Changes.Count, EndpointReport.MostChanges)));
    }

    private static ReportChange ChangeOf(DriftRecord record)
    {
        var worst = record.Changes.MaxBy(change => change.Class);
        return new ReportChange(record.At, worst?.Class, record.Changes.Count, worst is null ? null : ForeignText.OneLine(worst.Message, 240));
    }

    private static IEnumerable<string> NotesOf(Measured measured, ReportRange range)
    {
        var (registered, changes) = (measured.Registered, measured.Changes);
        if (registered.Watched.Since > range.From && registered.Watched.Since < range.Until)
            yield return $"It is watched since {range.Local(registered.Watched.Since.Value)} only.";
        if (registered.Endpoint.Paused)
            yield return registered.Watched.Until is { } until ? $"It is paused since {range.Local(until)}." : "It is paused.";
        if (measured.Counts.Observed == 0)
            yield return "Nothing was observed.";
        if (changes.Count > EndpointReport.MostChanges)
            yield return string.Create(CultureInfo.InvariantCulture, $"Only the newest {EndpointReport.MostChanges} changes of its catalogue are counted and listed.");
    }

    private static IReadOnlyList<string> Accounting(List<string> reported) =>
    [
        "Uptime is up / (up + down), counted in probes.",
        "Up are healthy, degraded and gated probes. Gated means that the server is alive and asks for credentials that the endpoint was not given; with credentials that are refused it is down.",
        "Probes in a maintenance, probes that say nothing of the server (unknown), and probes that were not made (missing) are apart: they are neither up nor down. Coverage is (up + down) / expected.",
        reported.Count > 1
            ? string.Create(CultureInfo.InvariantCulture, $"The probes of {reported.Count} locations ({string.Join(", ", reported)}) count alike. An outage needs a quorum of the locations that report: more than half of them, or what the endpoint's policy says.")
            : "Outages are the incidents of that kind: failures in a row, as many as the endpoint's threshold says.",
        "An outage lasts from its first failed probe to its resolve. MTTR is the mean of those that resolved in the range; MTBF is the time watched and not down, by the outages that began in the range.",
        "The error budget is (100 - objective) % of the probes that were up or down. As time, a probe stands for its interval, shared by the locations.",
        "Percentiles are of healthy and degraded probes, cold ones left out, and right within 4.5 %.",
    ];

    private static string Suggested(string word, IEnumerable<string> words) =>
        Suggestion.Near(word, [.. words.Distinct()]) is { } near ? $"; did you mean '{VisibleText.Excerpt(near)}'?" : ".";

    /// <summary>What the range holds of one endpoint, added up: its rollups are needed no more.</summary>
    /// <param name="Locations">Those that reported.</param>
    private sealed record Measured(
        RegisteredEndpoint Registered, IReadOnlyList<string> Locations, ReportCounts Counts, PhaseLatencies Latency,
        IReadOnlyList<ReportOutage> Outages, IReadOnlyList<DriftRecord> Changes)
    {
        public static Measured Of(
            RegisteredEndpoint registered, IReadOnlyList<(string Location, Rollup Rollup)> found, IReadOnlyList<ReportOutage> outages, IReadOnlyList<DriftRecord> changes) => new(
            registered, [.. found.Select(each => each.Location).Distinct()], ReportCounts.Sum(found.Select(each => ReportCounts.Of(each.Rollup))),
            PhaseLatencies.Merge([.. found.Select(each => each.Rollup.Latency)]), outages, changes);

        public string? Group => Registered.Endpoint.Group;

        /// <summary>What a probe stands for.</summary>
        public double ProbeSeconds => Registered.Endpoint.Interval.TotalSeconds / Math.Max(1, Locations.Count);

        /// <summary>How much of the range the endpoint was watched for.</summary>
        public double WatchedSeconds(ReportRange range) => Math.Min(range.Length.TotalSeconds, Counts.Observed * ProbeSeconds);
    }
}
