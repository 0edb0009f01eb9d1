using McpProbe.Text;

namespace McpProbe.Endpoints;

/// <summary>
/// Which versions a server may have: one exact version, or comparators (<c>&gt;= &gt; &lt;= &lt; =</c>, each glued to its version)
/// with spaces between them, all of which must hold. Order is that of Semantic Versioning 2.0.0, 11, so a pre-release comes before
/// its release. A version of any other form can only be equal.
/// </summary>
internal static class VersionRange
{
    private static readonly string[] Comparators = [">=", "<=", ">", "<", "="];

    /// <summary>Null, or what is wrong with the range.</summary>
    public static string? MistakeIn(string range)
    {
        var words = Words(range);
        foreach (var (comparator, version) in words)
        {
            if (version.Length == 0)
                return $"'{VisibleText.Excerpt(comparator)}' has no version; write it without a space, such as >=1.2";
            if (!version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '_') || version.Split('.').Any(part => part is "x" or "X"))
                return $"'{VisibleText.Excerpt(version)}' is no version; write an exact one, or comparators such as >=1.2 <2";
            if (comparator is not ("" or "=") && SemanticVersion.Parse(version) is null)
                return $"'{VisibleText.Excerpt(version)}' has no order; after {comparator} stands a version such as 1.2 or 1.2.3-rc.1";
        }

        return words.Count > 1 && words.Exists(word => word.Comparator is "" or "=")
            ? "an exact version stands alone; remove the rest, or write comparators such as >=1.2 <2"
            : null;
    }

    /// <summary>Null when the version is in the range, or why it is not, to stand after the version: <c>is not …</c>.</summary>
    /// <param name="range">Without a mistake.</param>
    public static string? WhyOutside(string range, string version)
    {
        var actual = SemanticVersion.Parse(version);
        foreach (var (comparator, wanted) in Words(range))
        {
            if (comparator is "" or "=")
            {
                if (wanted != version && (actual is null || SemanticVersion.Parse(wanted)?.CompareTo(actual) is not 0)) return $"is not {wanted}, which was expected";
            }
            else if (actual is null)
            {
                return $"has no order (it is not of the form 1.2.3), so it is in no range; only an exact version can be expected of it";
            }
            else if (!Holds(comparator, actual.CompareTo(SemanticVersion.Parse(wanted))))
            {
                return $"is not {comparator}{wanted}, which was expected";
            }
        }

        return null;
    }

    private static bool Holds(string comparator, int order) => comparator switch
    {
        ">=" => order >= 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order < 0,
    };

    private static List<(string Comparator, string Version)> Words(string range) =>
    [
        .. range.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word =>
        {
            var comparator = Array.Find(Comparators, word.StartsWith) ?? "";
            return (comparator, word[comparator.Length..]);
        }),
    ];
}
