using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>White space that pushes text out of sight.</summary>
internal static class Padding
{
    private const int MostOnALine = 64;
    private const int MostLines = 16;

    public static void Find(ReadOnlySpan<char> text, TextReport report)
    {
        for (var at = text.IndexOf("    ", StringComparison.Ordinal) is var spaces and >= 0 ? spaces : text.IndexOf("\n\n\n\n", StringComparison.Ordinal); at >= 0 && at < text.Length;)
        {
            var length = 0;
            var (onLine, lines, widest) = (0, 0, 0);
            while (at + length < text.Length && char.IsWhiteSpace(text[at + length]))
            {
                if (text[at + length++] == '\n') (lines, onLine) = (lines + 1, 0);
                else widest = Math.Max(widest, ++onLine);
            }

            if (at + length < text.Length && (widest >= MostOnALine || lines >= MostLines))
            {
                report.AddExcerpt(FindingRules.Padding, FindingLevel.Soft, text[(at + length)..]);
                return;
            }

            at += Math.Max(1, length);
            var next = at < text.Length ? text[at..].IndexOfAny(' ', '\n') : -1;
            at = next < 0 ? -1 : at + next;
        }
    }
}
