using System.Text.Json.Serialization;
using McpProbe.Model;

namespace McpProbe.Uptime.Reports;

/// <summary>An outage that lies in the report's range, or reaches into it: an incident, so the quorum over locations has seen it.</summary>
/// <param name="Since">The first failed probe.</param>
/// <param name="ResolvedAt">Null while it is open.</param>
/// <param name="Seconds">From the first failed probe to the resolve, or to the report's end; the whole, not only what lies in the range.</param>
/// <param name="SecondsInRange">What of it lies in the range.</param>
public sealed record ReportOutage(
    string Incident, DateTimeOffset Since, DateTimeOffset? ResolvedAt, double Seconds, double SecondsInRange,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cause);

/// <param name="Seconds">The time in the range that was an outage.</param>
/// <param name="MttrSeconds">Mean time to repair: how long those took that resolved in the range. Null when none did.</param>
/// <param name="MtbfSeconds">
/// Mean time between failures: the time that the endpoint was watched in the range and not down, by the outages that began in it. Null
/// when none did.
/// </param>
public sealed record OutageFigures(int Count, double Seconds, double? MttrSeconds, double? MtbfSeconds)
{
    /// <summary>Pure: of the incidents of an endpoint those that are outages in the range, oldest first.</summary>
    public static IReadOnlyList<ReportOutage> In(ReportRange range, IEnumerable<Incident> incidents) =>
    [
        .. incidents
            .Where(each => each.Kind is IncidentKind.Outage && each.Since < range.Until && !(each.ResolvedAt <= range.From))
            .OrderBy(each => each.Since)
            .Select(each =>
            {
                var end = each.ResolvedAt < range.Until ? each.ResolvedAt.Value : range.Until;
                var begin = each.Since > range.From ? each.Since : range.From;
                return new ReportOutage(
                    each.Id, each.Since, each.ResolvedAt, ((each.ResolvedAt ?? range.Until) - each.Since).TotalSeconds,
                    Math.Max(0, (end - begin).TotalSeconds), each.Opening?.Summary ?? each.Summary);
            }),
    ];

    /// <param name="watchedSeconds">How long the endpoints of these outages were watched in the range, together.</param>
    public static OutageFigures Of(ReportRange range, IReadOnlyCollection<ReportOutage> outages, double watchedSeconds)
    {
        var down = outages.Sum(each => each.SecondsInRange);
        var resolved = outages.Where(each => each.ResolvedAt >= range.From && each.ResolvedAt < range.Until).ToList();
        var began = outages.Count(each => each.Since >= range.From);
        return new OutageFigures(
            outages.Count, down,
            resolved.Count == 0 ? null : resolved.Average(each => each.Seconds),
            began == 0 ? null : Math.Max(0, watchedSeconds - down) / began);
    }
}
