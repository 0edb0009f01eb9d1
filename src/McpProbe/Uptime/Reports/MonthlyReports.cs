using System.Globalization;
using McpProbe.Alerts.Deliveries;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime.Reports;

/// <summary>
/// Sends each scheduled report once a month and channel, the way of alerts: as a transition, whose id is the month and the channel. So what
/// was handed over is found again after a crash, and never sent twice; and a channel that does not answer is tried as long as any other.
/// </summary>
public sealed class MonthlyReports(
    ReportSchedules schedules, SlaReporter reporter, IEndpointStore endpoints, IRollupStore rollups, IDeliveryStore deliveries, TimeProvider time)
{
    /// <summary>The rule of its transition: no incident has it.</summary>
    public const string Rule = "monthly-report";

    /// <summary>What came late is rolled up in the hour after its own.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromHours(1);

    /// <returns>How many were handed over.</returns>
    /// <exception cref="AggregateException">Some could not be; the next hour tries them again.</exception>
    public async Task<int> RunAsync(IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var due = schedules.All;
        if (due.Count == 0)
            return 0;
        var rolled = await rollups.ReadRolledThroughAsync(cancellationToken);
        var (sent, failures) = (0, new List<Exception>());
        foreach (var schedule in due)
        {
            try
            {
                if (await SendAsync(schedule, rolled, outbox, cancellationToken))
                    sent++;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }

        return failures.Count == 0 ? sent : throw new AggregateException("Some monthly reports could not be made.", failures);
    }

    private async Task<bool> SendAsync(ReportSchedule schedule, DateTimeOffset? rolled, IAlertOutbox outbox, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var range = ReportRange.LastMonth(TimeZones.Find(schedule.TimeZone) ?? TimeZoneInfo.Utc, now);
        if (!(rolled >= range.Until + Late))
            return false;
        var incident = IncidentOf(schedule, range, now);
        var id = IncidentIds.OfTransition(incident.Id, incident.Sequence);
        if (await deliveries.FindDeliveryAsync(id, schedule.Channel, cancellationToken) is { } row)
        {
            // A crash may have left it to nobody: handing it over again does nothing to what is on its way.
            if (!row.IsFinal && await deliveries.FindTransitionAsync(id, cancellationToken) is { } kept)
                await outbox.HandOverAsync(kept, cancellationToken);
            return false;
        }

        var chosen = (await endpoints.ListEndpointsAsync(cancellationToken))
            .Where(each => each.Source is not EndpointSource.Archived && (schedule.Groups.Count == 0 || (each.Endpoint.Group is { } group && schedule.Groups.Contains(group)))).ToList();
        var report = await reporter.ReadAsync(chosen, range, cancellationToken);
        // Before the first month there is nothing to tell.
        if (report.Total.Probes is { Expected: 0, Up: 0, Down: 0, Unknown: 0, Maintenance: 0 })
            return false;
        await outbox.HandOverAsync(
            new Transition(
                id, TransitionType.Opened, now, incident, new EndpointReference(incident.EndpointId, "McpProbe", Group: "McpProbe reports", Url: "its reports"),
                Verdict.Unknown, Failure: null, [], [schedule.Channel])
            {
                Report = Digest(report, schedule, range),
            },
            cancellationToken);
        return true;
    }

    // By the month alone: another zone, or other groups, do not have it sent again.
    private static Incident IncidentOf(ReportSchedule schedule, ReportRange range, DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(range.From.AddDays(1), range.Zone);
        var month = new DateTimeOffset(local.Year, local.Month, 1, 0, 0, 0, TimeSpan.Zero);
        return new Incident(
            IncidentIds.Of(schedule.Channel, IncidentKind.Slo, month), schedule.Channel, IncidentKind.Slo, now, ResolvedAt: null, Rule, Sequence: 1,
            $"The report of {range.Name}.")
        {
            Severity = IncidentSeverity.Info,
        };
    }

    /// <summary>Those that missed their objective first, then the worst.</summary>
    internal static ReportDigest Digest(SlaReport report, ReportSchedule schedule, ReportRange range)
    {
        var worstFirst = report.Endpoints
            .OrderByDescending(each => each.Figures.Budget?.IsMet is false)
            .ThenBy(each => each.Figures.UptimePercent ?? 101).ThenBy(each => each.Id, StringComparer.Ordinal).ToList();
        var missed = report.Endpoints.Count(each => each.Figures.Budget?.IsMet is false);
        var of = schedule.Groups.Count == 0 ? "" : $" of {string.Join(", ", schedule.Groups)}";
        var text = $"{(report.Endpoints.Count == 1 ? "1 endpoint" : $"{report.Endpoints.Count} endpoints")}{of}: uptime {Percent(report.Total.UptimePercent)}, coverage {Percent(report.Total.CoveragePercent)}, "
            + $"{Outages(report.Total.Outages)}.{(missed == 0 ? "" : missed == 1 ? " 1 objective was missed." : $" {missed} objectives were missed.")}{(report.Notes.Count == 0 ? "" : $" {string.Join(' ', report.Notes)}")}";
        var query = $"?from={range.Local(range.From)[..10]}&to={range.Local(range.Until.AddTicks(-1))[..10]}&zone={Uri.EscapeDataString(range.Zone.Id)}"
            + string.Concat(schedule.Groups.Select(group => $"&group={Uri.EscapeDataString(group)}"));
        return new ReportDigest(
            $"Uptime report of {range.Name}", text, [.. worstFirst.Take(ReportDigest.MostLines).Select(Line)],
            Math.Max(0, worstFirst.Count - ReportDigest.MostLines), $"/reports{query}");
    }

    private static string Line(EndpointReport endpoint)
    {
        var figures = endpoint.Figures;
        var budget = figures.Budget is { } known
            ? known.IsMet is false ? $", objective {Percent(known.ObjectivePercent)} missed" : $", objective {Percent(known.ObjectivePercent)} met"
            : "";
        var p95 = figures.Latency.FirstOrDefault(each => each.Phase is LatencyPhase.Total) is { } total
            ? string.Create(CultureInfo.InvariantCulture, $", p95 {total.P95Ms:0} ms")
            : "";
        var changes = figures.CatalogChanges switch { 0 => "", 1 => ", 1 catalogue change", var many => $", {many} catalogue changes" };
        return $"{endpoint.Name}: {Percent(figures.UptimePercent)}{budget}, {Outages(figures.Outages)}{p95}{changes}";
    }

    private static string Outages(OutageFigures outages) => outages.Count switch
    {
        0 => "no outage",
        1 => $"1 outage of {Length(outages.Seconds)}",
        var many => $"{many} outages of {Length(outages.Seconds)} together",
    };

    private static string Length(double seconds) => seconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s")
        : seconds < 7200 ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0} min") : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.#} h");

    // Cut, not rounded: what was down at all is not 100 %.
    private static string Percent(double? value) => value is { } percent
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(percent * 1000 + 1e-7) / 1000:0.###} %")
        : "unknown";
}
