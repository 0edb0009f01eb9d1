using System.Text;

namespace McpProbe.Cli.Output;

/// <summary>Makes text that came from elsewhere safe to show on a terminal.</summary>
internal static class Printable
{
    /// <summary>
    /// One line without control characters, escape sequences' beginnings, direction marks and other invisible characters:
    /// white space becomes a space, the rest is left out.
    /// </summary>
    public static string Line(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
                line.Append(' ');
            else if (!VisibleText.IsHidden(rune))
                line.Append(rune);
        }

        return line.ToString().Trim();
    }
}
