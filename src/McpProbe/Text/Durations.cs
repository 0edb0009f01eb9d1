using System.Globalization;

namespace McpProbe.Text;

/// <summary>Durations as people write them: <c>500ms</c>, <c>10s</c>, <c>1m</c>, <c>24h</c>.</summary>
public static class Durations
{
    public static readonly TimeSpan Most = TimeSpan.FromDays(7);

    private const int MostDigits = 9;

    /// <summary>Reads a whole number and its unit, at most <see cref="Most"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration) => TryParse(text, Most, out duration);

    /// <summary>Reads a whole number and its unit, at most <paramref name="most"/>.</summary>
    public static bool TryParse(string text, TimeSpan most, out TimeSpan duration)
    {
        duration = default;
        // Not by a regular expression: no short check needs another one, and the first takes time to start.
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        if (digits is < 1 or > MostDigits) return false;
        var number = int.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        long? known = text.AsSpan(digits) switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            _ => null,
        };
        if (known is not { } unit) return false;
        if (number > most.Ticks / unit) return false;
        duration = TimeSpan.FromTicks(number * unit);
        return true;
    }

    /// <summary>Writes what <see cref="TryParse(string, out TimeSpan)"/> reads, in the largest unit that is exact; below a millisecond it is cut.</summary>
    public static string Format(TimeSpan duration)
    {
        var ms = duration.Ticks / TimeSpan.TicksPerMillisecond;
        var (number, unit) = ms == 0 || ms % 1000 != 0 ? (ms, "ms")
            : ms % 60_000 != 0 ? (ms / 1000, "s")
            : ms % 3_600_000 != 0 ? (ms / 60_000, "m")
            : (ms / 3_600_000, "h");
        return string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");
    }
}
