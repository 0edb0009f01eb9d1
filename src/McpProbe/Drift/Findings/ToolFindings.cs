using McpProbe.Model;

namespace McpProbe.Drift.Findings;

/// <summary>
/// What is suspicious in single tools of a catalogue, and where in their texts: for who reads them. A catalogue's own list
/// (<see cref="SuspiciousText"/>) ends after 20 of a level.
/// </summary>
/// <param name="canonical"><see cref="ToolCatalog.Canonical"/> of the whole catalogue: what a server says of its own tools is no finding.</param>
public sealed class ToolFindings(ReadOnlyMemory<byte> canonical)
{
    private readonly CatalogNames _names = new(canonical);

    /// <summary>The findings of one tool, hard ones first, at most 20 of each level.</summary>
    /// <param name="tool">The tool in canonical form.</param>
    public IReadOnlyList<Finding> In(ReadOnlyMemory<byte> tool) => SuspiciousText.FindIn(tool, isTool: true, _names);

    /// <summary>The same of the server's own words.</summary>
    public IReadOnlyList<Finding> InServer(ReadOnlyMemory<byte> server) => SuspiciousText.FindIn(server, isTool: false, _names);

    /// <summary>The parts of a text that rules matched, in its order; parts that meet are one. Hidden characters are not among them.</summary>
    public IReadOnlyList<TextMark> MarksIn(string text)
    {
        var (reading, places) = (new char[text.Length], new int[text.Length]);
        var length = ReadText.Write(text, reading, places);
        var report = new TextReport(new FindingList()) { Reading = reading.AsMemory(0, length) };
        PhraseRules.Find(reading.AsSpan(0, length), _names, report);

        var marks = new List<TextMark>();
        foreach (var (at, count, level) in report.Matches.OrderBy(match => match.Start).ThenByDescending(match => match.Length))
        {
            var (start, end) = (places[at], places[at + count - 1] + 1);
            if (marks is [.., var last] && start <= last.End)
                marks[^1] = new TextMark(last.Start, Math.Max(last.End, end), (FindingLevel)Math.Max((int)last.Level, (int)level));
            else
                marks.Add(new TextMark(start, end, level));
        }

        return marks;
    }
}

/// <summary>A part of a text that a rule matched.</summary>
/// <param name="End">After its last character.</param>
public readonly record struct TextMark(int Start, int End, FindingLevel Level);
