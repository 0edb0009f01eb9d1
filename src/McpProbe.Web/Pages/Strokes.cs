using System.Globalization;
using McpProbe.Model;
using McpProbe.Uptime;

namespace McpProbe.Web.Pages;

/// <summary>
/// The strokes of a bar. Each kind has a colour and a height, so that none has to be told apart by colour alone; a row of the same kind
/// is one line that the style sheet cuts into strokes, so that a page of bars stays small.
/// </summary>
internal static class Strokes
{
    internal const int Height = 24;
    private const int Step = 4;

    /// <summary>From this share on a span with failures is not down.</summary>
    private const double MostlyUp = 0.95;

    internal static string Of(UptimeSpan span) => span switch
    {
        { Observed: 0, Maintenance: > 0 } => "u-rest",
        { Observed: 0, Expected: 0, Unknown: 0 } => "u-none",
        { Observed: 0 } => "u-gap",
        { Down: 0 } when span.Degraded * 2 > span.Up => "u-some",
        { Down: 0 } => "u-up",
        _ => span.Uptime >= MostlyUp ? "u-some" : "u-down",
    };

    internal static string Of(ProbeResult result) => result switch
    {
        { Maintenance: true } => "u-rest",
        { Verdict: Verdict.Healthy or Verdict.Gated } => "u-up",
        { Verdict: Verdict.Degraded } => "u-some",
        { Verdict: Verdict.Down } => "u-down",
        _ => "u-gap",
    };

    internal static int Width(int count) => count * Step - 1;

    /// <summary>One path a kind.</summary>
    internal static IEnumerable<(string Kind, string Path)> Paths(IReadOnlyList<string> strokes)
    {
        var paths = new Dictionary<string, System.Text.StringBuilder>();
        for (var from = 0; from < strokes.Count;)
        {
            var until = from + 1;
            while (until < strokes.Count && strokes[until] == strokes[from])
                until++;
            var path = paths.TryGetValue(strokes[from], out var known) ? known : paths[strokes[from]] = new();
            path.Append(CultureInfo.InvariantCulture, $"M{from * Step} {Middle(strokes[from])}h{Width(until - from)}");
            from = until;
        }

        return paths.Select(each => (each.Key, each.Value.ToString()));
    }

    // They stand on one line; how high each is says the style sheet.
    private static int Middle(string kind) => kind switch { "u-down" => 12, "u-some" => 14, "u-up" => 16, "u-rest" => 18, "u-gap" => 20, _ => 22 };
}
