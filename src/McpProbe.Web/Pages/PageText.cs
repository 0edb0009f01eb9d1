using System.Text.RegularExpressions;

namespace McpProbe.Web.Pages;

internal static partial class PageText
{
    /// <summary>The same page without what makes its source easy to read, which is a third of a long one. Words stay apart.</summary>
    internal static string WithoutIndentation(string html) => BetweenTags().Replace(html, ">\n<");

    [GeneratedRegex(@">\s*\n\s*<", RegexOptions.CultureInvariant)]
    private static partial Regex BetweenTags();
}
