using System.Globalization;
using System.Net;
using System.Text;

namespace McpProbe.Web.Badges;

/// <summary>A badge as SVG: flat, with a title for those who do not see it. No script, no style, nothing foreign is loaded.</summary>
internal static class BadgeSvg
{
    internal const string ContentType = "image/svg+xml; charset=utf-8";

    private const int Padding = 7;

    internal static string Hex(BadgeColour colour) => colour switch
    {
        BadgeColour.Green => "#1a7a43",
        BadgeColour.Orange => "#955800",
        BadgeColour.Red => "#c0271f",
        BadgeColour.Blue => "#3560bd",
        _ => "#5f6873",
    };

    internal static string Write(Badge badge)
    {
        var (label, message) = (WebUtility.HtmlEncode(badge.Label), WebUtility.HtmlEncode(badge.Message));
        var (first, second) = (WidthOf(badge.Label) + 2 * Padding, WidthOf(badge.Message) + 2 * Padding);
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{first + second}" height="20" role="img" aria-label="{label}: {message}"><title>{label}: {message}</title><rect width="{first + second}" height="20" rx="3" fill="#3f464e"/><path d="M{first} 0h{second - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{first}z" fill="{Hex(badge.Colour)}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11"><text x="{Padding}" y="14" textLength="{first - 2 * Padding}">{label}</text><text x="{first + Padding}" y="14" textLength="{second - 2 * Padding}">{message}</text></g></svg>
            """);
    }

    // About as wide as Verdana draws it at 11 px; textLength has every font fit it.
    private static int WidthOf(string text) => Math.Max(6, (int)Math.Ceiling(text.EnumerateRunes().Sum(WidthOf)));

    private static double WidthOf(Rune rune) => rune.Value switch
    {
        'i' or 'j' or 'l' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' => 3.7,
        ' ' or 'f' or 'r' or 't' or '(' or ')' or '-' or '/' => 4.4,
        'm' or 'M' or 'W' or 'w' or '%' or '@' => 10.2,
        >= 'A' and <= 'Z' => 7.8,
        < 0x1100 => 6.9,
        // Wide scripts and pictures.
        _ => 11.5,
    };
}
