using System.Text;

namespace McpProbe.Probing;

/// <summary>Makes text that a server sent fit for a message: one line, no invisible characters, short.</summary>
internal static class ForeignText
{
    private const int MaxLength = 200;

    public static string OneLine(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxLength) + 1);
        var space = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                space = line.Length > 0;
                continue;
            }

            // They could misguide a reader.
            if (VisibleText.IsHidden(rune))
                continue;

            if (line.Length + rune.Utf16SequenceLength + (space ? 1 : 0) > MaxLength)
                return line.Append('…').ToString();

            if (space)
                line.Append(' ');
            space = false;
            line.Append(rune);
        }

        return line.ToString();
    }
}
