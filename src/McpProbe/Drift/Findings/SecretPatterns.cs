using System.Buffers;
using System.Text.RegularExpressions;

namespace McpProbe.Drift.Findings;

/// <summary>Secrets by the forms that their issuers gave them, so that they can be told from other text.</summary>
internal static partial class SecretPatterns
{
    private static readonly SearchValues<string> Marks = SearchValues.Create(
        ["AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "sk_live_", "rk_live_", "xox", "AIza", "npm_", "-----BEGIN", "eyJ"],
        StringComparison.Ordinal);

    // A placeholder is no secret.
    private static readonly SearchValues<string> Placeholders = SearchValues.Create(
        ["example", "xxxx", "your", "****", "....", "1234", "abcd", "placeholder", "<", "dummy", "test"], StringComparison.OrdinalIgnoreCase);

    public static bool Contains(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAny(Marks)) return false;
        foreach (var match in Secret().EnumerateMatches(text))
        {
            if (!text.Slice(match.Index, match.Length).ContainsAny(Placeholders)) return true;
        }

        return false;
    }

    public static string Redact(string text) => text.AsSpan().ContainsAny(Marks) ? Secret().Replace(text, "***") : text;

    [GeneratedRegex(
        @"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pos]_[A-Za-z0-9]{36,80}|github_pat_[A-Za-z0-9_]{40,100}|glpat-[A-Za-z0-9_-]{20,60}"
        + @"|sk-[A-Za-z0-9_-]{20,200}|[sr]k_live_[A-Za-z0-9]{20,120}|xox[abeprs]-[A-Za-z0-9-]{10,120}|AIza[0-9A-Za-z_-]{35}|npm_[A-Za-z0-9]{36}"
        + @"|eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}(?:\.[A-Za-z0-9_-]{10,2000})?)|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{40,8000}",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();
}
