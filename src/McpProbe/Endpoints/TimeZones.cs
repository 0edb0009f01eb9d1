using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>Time zones by the names of the IANA time zone database (RFC 6557), such as <c>Europe/Berlin</c>; and <c>UTC</c>.</summary>
public static class TimeZones
{
    /// <summary>Null when there is none of that name, or this machine has no data of it.</summary>
    public static TimeZoneInfo? Find(string name)
    {
        // Not 'localtime' or 'posix/…', which a machine's directory of zones has too, and no path out of it.
        if (!IsName(name)) return null;
        try
        {
            // Some file systems ignore case, others do not: a file that is valid on one machine is to be valid on all.
            return TimeZoneInfo.FindSystemTimeZoneById(name) is { } zone && zone.Id == name ? zone : null;
        }
        catch (Exception error) when (error is TimeZoneNotFoundException or InvalidTimeZoneException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return null;
        }
    }

    /// <summary>Why there is no zone of that name, for people; null when there is one.</summary>
    public static string? MistakeIn(string name) => Find(name) is not null ? null
        : Find("Europe/Berlin") is null && IsName(name)
            ? $"this machine has no data of time zones, and so cannot tell when '{VisibleText.Excerpt(name)}' has which time; install its 'tzdata', or write UTC"
            : $"there is no time zone '{VisibleText.Excerpt(name)}'{Suggestion(name)}";

    /// <summary>Whether the text has the form of a name.</summary>
    internal static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetterUpper(text[0])
        && text.Split('/').All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+'));

    /// <summary><c>; did you mean 'Europe/Berlin'?</c>, or how such a name looks.</summary>
    internal static string Suggestion(string text)
    {
        const string otherwise = "; write an IANA name such as Europe/Berlin, America/New_York or UTC";
        var names = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id).Where(IsName).Append("UTC").Distinct().ToArray();
        // People write the city alone, or in their own case.
        var full = Array.Find(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase))
            ?? Array.Find(names, name => name.EndsWith("/" + text.Replace(' ', '_'), StringComparison.OrdinalIgnoreCase));
        var near = full ?? Text.Suggestion.Near(text, names);
        return near is null ? otherwise : $"; did you mean '{near}'?";
    }
}
