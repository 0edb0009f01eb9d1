using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Which charts are asked for; whatever is no choice is the usual one.</summary>
internal static class ChartChoice
{
    internal static readonly IReadOnlyList<(UptimeRange Range, string Name, string Words)> Ranges =
        [(UptimeRange.Day, "24h", "24 hours"), (UptimeRange.Week, "7d", "7 days"), (UptimeRange.Month, "30d", "30 days"), (UptimeRange.Quarter, "90d", "90 days")];

    internal static UptimeRange Range(string? name) => Ranges.FirstOrDefault(each => each.Name == name, Ranges[0]).Range;

    internal static LatencyPhase Phase(string? name) =>
        name is not null && WireNames.TryParse<LatencyPhase>(name, out var phase) ? phase : LatencyPhase.Handshake;

    internal static string Name(UptimeRange range) => Ranges.First(each => each.Range == range).Name;

    internal static string Words(UptimeRange range) => Ranges.First(each => each.Range == range).Words;
}
