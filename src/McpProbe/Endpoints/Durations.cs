using System.Globalization;
using System.Text.RegularExpressions;

namespace McpProbe.Endpoints;

/// <summary>Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>1m</c>, <c>24h</c>.</summary>
public static partial class Durations
{
    public static readonly TimeSpan Most = TimeSpan.FromDays(7);

    /// <summary>Reads a whole number and its unit, at most <see cref="Most"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var match = Pattern().Match(text);
        if (!match.Success) return false;
        var number = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var unit = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            _ => TimeSpan.TicksPerHour,
        };
        if (number > Most.Ticks / unit) return false;
        duration = TimeSpan.FromTicks(number * unit);
        return true;
    }

    /// <summary>Writes what <see cref="TryParse"/> reads, in the largest unit that is exact; below a millisecond it is cut.</summary>
    public static string Format(TimeSpan duration)
    {
        var ms = duration.Ticks / TimeSpan.TicksPerMillisecond;
        var (number, unit) = ms == 0 || ms % 1000 != 0 ? (ms, "ms")
            : ms % 60_000 != 0 ? (ms / 1000, "s")
            : ms % 3_600_000 != 0 ? (ms / 60_000, "m")
            : (ms / 3_600_000, "h");
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }

    [GeneratedRegex(@"\A([0-9]{1,9})(ms|s|m|h)\z")]
    private static partial Regex Pattern();
}
