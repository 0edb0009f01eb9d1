using System.Globalization;
using McpProbe.Uptime;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Figures of uptime, as people read them.</summary>
internal static class UptimeText
{
    /// <summary>A share as a percentage that is never rounded to all or to nothing; a dash for null.</summary>
    internal static string Percent(double? share) => share switch
    {
        null => "–",
        1 => "100 %",
        > .9999 => ">99.99 %",
        { } value => (Math.Floor(value * 10_000) / 100).ToString("0.##", CultureInfo.InvariantCulture) + " %",
    };

    internal static string Words(Rollup rollup) => rollup switch
    {
        { Observed: 0, Unknown: 0, Expected: 0, Maintenance: > 0 } => "in maintenance",
        { Observed: 0, Unknown: 0, Expected: 0 } => "not watched",
        { Observed: 0 } => "nothing is known",
        _ => $"{Percent(rollup.Uptime)} up, {Percent(rollup.Coverage)} covered" + (rollup.Down > 0 ? $", {rollup.Down} down" : ""),
    };
}
