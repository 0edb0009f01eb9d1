using System.Globalization;
using McpProbe.Monitoring;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Api;

/// <summary>Parameters of the query, refused with problem details when they make no sense.</summary>
internal static class Query
{
    internal const int DefaultLimit = 100;
    internal const int MostItems = 1000;
    private const int MostOfALocation = 100;

    internal static IResult? Limit(HttpRequest request, out int limit, int usual = DefaultLimit)
    {
        limit = usual;
        if (request.Query["limit"] is not [{ } text, ..])
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MostItems
            ? null
            : Refuse("limit", $"must be a whole number from 1 to {MostItems}");
    }

    /// <summary>True or false; false when it is left out.</summary>
    internal static IResult? Flag(HttpRequest request, string name, out bool value)
    {
        value = false;
        return request.Query[name] is not [{ } text, ..] || bool.TryParse(text, out value) ? null : Refuse(name, "must be true or false");
    }

    internal static IResult? Before(HttpRequest request, out DateTimeOffset? before)
    {
        before = null;
        if (request.Query["before"] is not [{ } text, ..])
            return null;
        if (!TryParseInstant(text, out var instant))
            return Refuse("before", "must be an instant such as 2026-11-22T10:00:00Z; take it from 'next' of the page before");
        before = instant;
        return null;
    }

    /// <summary>Where a page of results begins: a cursor, or an instant, before which it begins.</summary>
    internal static IResult? BeforeResult(HttpRequest request, out ResultCursor? before)
    {
        before = null;
        if (request.Query["before"] is not [{ } text, ..])
            return null;
        before = TryParseCursor(text);
        return before is null
            ? Refuse("before", "must be the 'next' of the page before, such as 2026-11-22T10:00:00Z_home, or an instant such as 2026-11-22T10:00:00Z")
            : null;
    }

    internal static ResultCursor? TryParseCursor(string text)
    {
        var at = text.IndexOf('_', StringComparison.Ordinal);
        var location = at < 0 ? null : text[(at + 1)..];
        return TryParseInstant(at < 0 ? text : text[..at], out var slot)
            && location is null or { Length: >= 1 and <= MostOfALocation } && location?.Any(char.IsControl) is not true
            ? new ResultCursor(slot, location)
            : null;
    }

    /// <summary>The place after a result.</summary>
    internal static string Cursor(ProbeRecord record) => $"{Cursor(record.Slot)}_{record.Location}";

    internal static bool TryParseInstant(string text, out DateTimeOffset instant) => DateTimeOffset.TryParseExact(
        text,
        ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"],
        CultureInfo.InvariantCulture,
        DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
        out instant);

    /// <summary>An instant as a cursor: no plus sign, which a query would read as a space.</summary>
    internal static string Cursor(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    internal static IResult Refuse(string parameter, string rule) => Refuse([(parameter, rule)]);

    internal static IResult Refuse(IEnumerable<(string Parameter, string Rule)> mistakes) => Problem.Of(
        StatusCodes.Status400BadRequest,
        "The query is not valid. Each mistake is listed in 'errors'.",
        [.. mistakes.Select(each => new Mistake(1, 1, "?" + each.Parameter, $"{each.Parameter} {each.Rule}."))]);
}
