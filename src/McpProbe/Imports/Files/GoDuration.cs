using System.Globalization;
using System.Text.RegularExpressions;

namespace McpProbe.Imports.Files;

/// <summary>Durations as Go and Prometheus write them: <c>90s</c>, <c>1m30s</c>, <c>1h</c>, <c>1d</c>.</summary>
internal static partial class GoDuration
{
    /// <summary>In whole seconds, from 1 s to 7 days; null for anything else.</summary>
    public static TimeSpan? Parse(string? text)
    {
        if (text is null || !Whole().IsMatch(text))
            return null;
        var seconds = Part().Matches(text).Sum(part => double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
        {
            "ms" => 0.001,
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            _ => 604800,
        });
        return seconds is >= 1 and <= 604800 ? TimeSpan.FromSeconds(Math.Floor(seconds)) : null;
    }

    [GeneratedRegex(@"\A([0-9]{1,9}(\.[0-9]{1,3})?(ms|s|m|h|d|w)){1,6}\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d|w)")]
    private static partial Regex Part();
}
