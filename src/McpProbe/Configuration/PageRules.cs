using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <param name="Key">The key that it is about, whether it is there or not.</param>
/// <param name="Message">What is wrong and what would be right.</param>
/// <param name="Item">Which item of the key's list, from 0; null for the key.</param>
public readonly record struct PageMistake(string Key, string Message, int? Item = null);

/// <summary>What a public page needs and refuses: the same for a probes file and for app settings.</summary>
public static class PageRules
{
    private const int LongestTitle = 100;

    /// <summary>A page holds it whole.</summary>
    private const int LongestLogo = 64 << 10;

    private static readonly string[] LogoTypes = ["image/png", "image/svg+xml", "image/jpeg", "image/webp", "image/gif"];

    public static IEnumerable<PageMistake> MistakesIn(PublicPage page)
    {
        if (page.Title is { } title && (title.Length > LongestTitle || title.Any(char.IsControl)))
            yield return new("title", $"is no title: one line of at most {LongestTitle} characters");
        if (page.Logo is { } logo && LogoMistake(logo) is { } wrong)
            yield return new("logo", wrong);
        if (page.Color is { } colour && !(colour.Length == 7 && colour[0] == '#' && colour.Skip(1).All(char.IsAsciiHexDigit)))
            yield return new("color", $"'{VisibleText.Excerpt(colour)}' is no colour such as \"#1d5fc4\"");
        if (page.Groups.Count + page.Endpoints.Count == 0)
            yield return new("endpoints", "shows nothing; name 'groups' or 'endpoints'");
        for (var i = 0; i < page.EmbedIn.Count; i++)
        {
            if (page.EmbedIn[i] != "*" && !IsOrigin(page.EmbedIn[i]))
                yield return new("embedIn", $"'{VisibleText.Excerpt(page.EmbedIn[i])}' is no site such as https://www.example.com, without a path; or \"*\" for every site", i);
        }
    }

    private static string? LogoMistake(string logo)
    {
        if (logo.Length > LongestLogo)
            return $"is longer than {LongestLogo >> 10} KiB; take a smaller picture, or give its address";
        if (logo.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return LogoTypes.Any(type => logo.StartsWith($"data:{type};", StringComparison.OrdinalIgnoreCase) || logo.StartsWith($"data:{type},", StringComparison.OrdinalIgnoreCase))
                && !logo.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
                ? null
                : $"is no picture in a data URI; it is one of {string.Join(", ", LogoTypes)}, such as data:image/png;base64,…";
        }

        if (logo is ['/', ..] and not ['/', '/' or '\\', ..] && logo.All(c => c is > ' ' and < '\u007f'))
            return null;
        return Uri.TryCreate(logo, UriKind.Absolute, out var url) && url is { Scheme: "https", UserInfo.Length: 0, Fragment.Length: 0 } && logo.All(c => c is > ' ' and < '\u007f')
            ? null
            : "is neither an https address, nor a path on this server such as /logo.png, nor a data URI";
    }

    // It becomes part of a header, so nothing else may stand in it.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url is { Scheme: "http" or "https", UserInfo.Length: 0 } && url.IdnHost.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':')
        && text.Equals(url.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase) && text.All(char.IsAscii);
}
