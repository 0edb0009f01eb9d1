using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Drift.Findings;

/// <summary>Takes the findings of the text that is being read: knows where it stands.</summary>
internal sealed class TextReport(FindingList findings)
{
    /// <summary>Characters of the text that a message repeats.</summary>
    public const int MostExcerpt = 100;

    /// <summary>The tool; null for the server itself.</summary>
    public string? Tool { get; set; }

    /// <summary>The place of the text within the tool or the server; asked for when there is a finding only.</summary>
    public Func<string> Path { get; set; } = static () => "";

    /// <summary>The text that is read, for who wants to know where in it rules match.</summary>
    public ReadOnlyMemory<char> Reading { get; init; }

    /// <summary>Where in <see cref="Reading"/> rules matched.</summary>
    public List<(int Start, int Length, FindingLevel Level)> Matches { get; } = [];

    public void Add(FindingRule rule, FindingLevel level, string more)
    {
        if (findings.Wants(level)) findings.Add(rule, level, Tool, Path(), more);
    }

    /// <summary>Reports the part of the text that a rule matched.</summary>
    public void AddExcerpt(FindingRule rule, FindingLevel level, ReadOnlySpan<char> excerpt)
    {
        if (excerpt.Length > 0 && Reading.Span.Overlaps(excerpt, out var start)) Matches.Add((start, excerpt.Length, level));
        if (findings.Wants(level)) findings.Add(rule, level, Tool, Path(), $": '{Shown(excerpt)}'.");
    }

    /// <summary>Foreign text for a message: what is hidden in it as escapes, and no secrets.</summary>
    public static string Shown(ReadOnlySpan<char> text) => VisibleText.Line(SecretPatterns.Redact(text[..Math.Min(text.Length, 4 * MostExcerpt)].ToString()), MostExcerpt);
}
