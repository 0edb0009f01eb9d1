using System.Text;

namespace McpProbe.Text;

/// <summary>
/// Text that came from elsewhere, fit for a message, a terminal or a mail header: one line, without control characters (and so
/// without escape sequences), direction marks and other invisible characters.
/// </summary>
public static class ForeignText
{
    private const int OfAMessage = 200;

    /// <summary>A server's own words in one of our sentences: at most 200 characters.</summary>
    public static string Brief(string text) => OneLine(text, OfAMessage);

    /// <param name="most">Longer text is cut, and ends in an ellipsis.</param>
    public static string OneLine(string text, int most = int.MaxValue)
    {
        var line = new StringBuilder(Math.Min(text.Length, most));
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

            if (line.Length + rune.Utf16SequenceLength + (space ? 1 : 0) > most)
                return line.Append('…').ToString();

            if (space)
                line.Append(' ');
            space = false;
            line.Append(rune);
        }

        return line.ToString();
    }
}
