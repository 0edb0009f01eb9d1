using System.Globalization;

namespace McpProbe.Web.Pages;

/// <summary>Shares, as people read them.</summary>
internal static class Percent
{
    /// <summary>Rounded down: what failed once is never 100 %.</summary>
    /// <param name="share">From 0 to 1; null where there is nothing to speak of.</param>
    internal static string Uptime(double? share) => share switch
    {
        null => "–",
        >= 1 => "100 %",
        { } part => (Math.Floor(part * 10_000) / 100).ToString("0.00", CultureInfo.InvariantCulture) + " %",
    };

    internal static string Coverage(double? share) =>
        share is { } part ? Math.Floor(part * 100).ToString("0", CultureInfo.InvariantCulture) + " %" : "–";
}
