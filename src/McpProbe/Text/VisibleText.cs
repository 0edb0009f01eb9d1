using System.Globalization;
using System.Text;

namespace McpProbe.Text;

/// <summary>
/// Foreign text as a reader can see it: control, zero-width, bidirectional, tag, private-use and unassigned characters are
/// written as escapes, because a model reads them and a reviewer does not see them.
/// </summary>
public static class VisibleText
{
    /// <summary>One line of at most <paramref name="most"/> characters for a message.</summary>
    public static string Line(string text, int most = 80)
    {
        var line = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (line.Length >= most) return line.Append('…').ToString();
            if (IsHidden(rune)) line.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            else line.Append(rune.ToString());
        }

        return line.ToString();
    }

    /// <summary>A key or a value of a configuration, for the message about it.</summary>
    public static string Excerpt(string text) => Line(text, 60);

    /// <summary>Whether a reviewer cannot see the character, or cannot tell it from a space.</summary>
    public static bool IsHidden(Rune rune) => rune.Value != ' ' && Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator
        || IsBlank(rune.Value);

    // Variation selectors are marks by category, the Hangul fillers are letters; all draw nothing.
    private static bool IsBlank(int value) => value is
        (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0
        or (>= 0x180B and <= 0x180F) or 0x2800;
}
