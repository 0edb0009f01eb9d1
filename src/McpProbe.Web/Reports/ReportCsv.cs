using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using McpProbe.Text;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;

namespace McpProbe.Web.Reports;

/// <summary>A report as a table, a line an endpoint (RFC 4180): for spreadsheets, which must take no name for a formula.</summary>
internal static partial class ReportCsv
{
    private static readonly (string Name, Func<SlaReport, EndpointReport, object?> Value)[] Columns =
    [
        ("endpoint", (_, each) => each.Id),
        ("name", (_, each) => each.Name),
        ("group", (_, each) => each.Group),
        ("url", (_, each) => each.Url),
        ("from", (report, _) => Instant(report.From)),
        ("to", (report, _) => Instant(report.To)),
        ("zone", (report, _) => report.Zone),
        ("uptime_percent", (_, each) => each.Figures.UptimePercent),
        ("coverage_percent", (_, each) => each.Figures.CoveragePercent),
        ("probes_up", (_, each) => each.Figures.Probes.Up),
        ("probes_healthy", (_, each) => each.Figures.Probes.Healthy),
        ("probes_degraded", (_, each) => each.Figures.Probes.Degraded),
        ("probes_gated", (_, each) => each.Figures.Probes.Gated),
        ("probes_down", (_, each) => each.Figures.Probes.Down),
        ("probes_unknown", (_, each) => each.Figures.Probes.Unknown),
        ("probes_maintenance", (_, each) => each.Figures.Probes.Maintenance),
        ("probes_expected", (_, each) => each.Figures.Probes.Expected),
        ("probes_missing", (_, each) => each.Figures.Probes.Missing),
        ("objective_percent", (_, each) => each.Figures.Budget?.ObjectivePercent),
        ("objective_met", (_, each) => each.Figures.Budget?.IsMet switch { true => "yes", false => "no", null => null }),
        ("budget_left_percent", (_, each) => each.Figures.Budget?.LeftPercent),
        ("budget_allowed_seconds", (_, each) => each.Figures.Budget?.AllowedSeconds),
        ("budget_failed_seconds", (_, each) => each.Figures.Budget?.FailedSeconds),
        ("outages", (_, each) => each.Figures.Outages.Count),
        ("outage_seconds", (_, each) => each.Figures.Outages.Seconds),
        ("mttr_seconds", (_, each) => each.Figures.Outages.MttrSeconds),
        ("mtbf_seconds", (_, each) => each.Figures.Outages.MtbfSeconds),
        .. PhaseLatencies.Phases.SelectMany(phase => new (string, Func<SlaReport, EndpointReport, object?>)[]
        {
            ($"{WireNames.Of(phase)}_p50_ms", (_, each) => Of(each, phase)?.P50Ms),
            ($"{WireNames.Of(phase)}_p95_ms", (_, each) => Of(each, phase)?.P95Ms),
            ($"{WireNames.Of(phase)}_p99_ms", (_, each) => Of(each, phase)?.P99Ms),
        }),
        ("catalog_changes", (_, each) => each.Figures.CatalogChanges),
        ("notes", (report, each) => string.Join(" ", report.Notes.Concat(each.Notes))),
    ];

    internal static string Write(SlaReport report)
    {
        var csv = new StringBuilder();
        csv.AppendJoin(',', Columns.Select(column => column.Name)).Append("\r\n");
        foreach (var endpoint in report.Endpoints)
            csv.AppendJoin(',', Columns.Select(column => Field(column.Value(report, endpoint)))).Append("\r\n");
        return csv.ToString();
    }

    private static PhaseFigures? Of(EndpointReport endpoint, LatencyPhase phase) => endpoint.Figures.Latency.FirstOrDefault(each => each.Phase == phase);

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Field(object? value) => value switch
    {
        null => "",
        double number => Math.Round(number, 6).ToString(CultureInfo.InvariantCulture),
        string text => Text(ForeignText.OneLine(text, 1000)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // Half and full width.
    [GeneratedRegex("""(?<=^|;)(?=[\s"']*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])""")]
    private static partial Regex Formula();

    private static string Text(string text)
    {
        // What a spreadsheet would take for a formula, or a command: also behind a semicolon, at which it cuts where commas are for decimals.
        text = Formula().Replace(text, "'");
        return text.AsSpan().ContainsAny(',', '"', '\'') ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
