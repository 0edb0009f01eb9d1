using System.Text;
using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>Names of parameters, which a model reads as words, too (full-schema poisoning).</summary>
internal static class NameText
{
    public static void Find(ReadOnlySpan<char> name, TextReport report)
    {
        if (MixesScripts(name)) report.AddExcerpt(FindingRules.MixedScriptName, FindingLevel.Soft, name);
        const int shortest = 12;
        const int longest = 256;
        if (name.Length is < shortest or > longest) return;
        Span<char> words = stackalloc char[2 * longest];
        if (PhrasePatterns.AsksForSecretFile().IsMatch(words[..Write(name, words)]))
            report.AddExcerpt(FindingRules.SensitiveParameter, FindingLevel.Hard, name);
    }

    /// <summary>Writes the words of a name, however it sets them apart: at most twice as long as the name.</summary>
    public static int Write(ReadOnlySpan<char> name, Span<char> words)
    {
        var length = 0;
        for (var at = 0; at < name.Length && length + 2 <= words.Length; at++)
        {
            var unit = name[at];
            if (unit is '_' or '-' or '.' or '/' or ' ')
            {
                if (length > 0 && words[length - 1] != ' ') words[length++] = ' ';
                continue;
            }

            if (char.IsAsciiLetterUpper(unit) && at > 0 && char.IsAsciiLetterLower(name[at - 1])) words[length++] = ' ';
            words[length++] = unit;
        }

        return length;
    }

    /// <summary>Whether Latin letters stand beside Cyrillic or Greek ones: no language writes so.</summary>
    public static bool MixesScripts(ReadOnlySpan<char> name)
    {
        if (Ascii.IsValid(name)) return false;
        var (latin, other) = (false, false);
        foreach (var unit in name)
        {
            latin |= char.IsAsciiLetter(unit);
            other |= unit is (>= '\u0370' and <= '\u03FF') or (>= '\u0400' and <= '\u052F') or (>= '\u0530' and <= '\u058F') or (>= '\u13A0' and <= '\u13FF');
        }

        return latin && other;
    }
}
