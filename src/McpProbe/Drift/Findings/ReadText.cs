using System.Globalization;
using System.Text;
using McpProbe.Text;

namespace McpProbe.Drift.Findings;

/// <summary>
/// A text as a model takes it in, for the phrase rules: look-alike letters and full-width forms as ASCII, nothing invisible, no
/// emphasis, one space between words. A blank line or the start of a list item is a line feed, which ends a sentence.
/// </summary>
internal static class ReadText
{
    // Cyrillic and Greek letters that look like Latin ones, and what they look like.
    private const string LookAlikes = "АаВЕеКМНОоРрСсТуХхІіЈјЅѕԁһԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοѵɡ";
    private const string Latin = "AaBEeKMHOoPpCcTyXxIiJjSsdhqwlABEZHIKMNOPTYXovg";

    /// <summary>Writes the reading; true length returned. It is never longer than the text.</summary>
    /// <param name="places">Takes where in the text each of its characters stands; empty for who does not ask.</param>
    public static int Write(ReadOnlySpan<char> text, Span<char> reading, Span<int> places = default)
    {
        var length = 0;
        var (space, lines) = (false, 0);
        for (var at = 0; at < text.Length; at++)
        {
            var unit = text[at];
            if (unit is > ' ' and < '\x7F')
            {
                if (unit == '*') continue;
            }
            else if (unit <= ' ' || char.IsWhiteSpace(unit))
            {
                space = true;
                if (unit == '\n') lines++;
                continue;
            }
            else
            {
                unit = Fold(text, ref at);
                if (unit == '\0') continue;
            }

            if (space && length > 0)
            {
                if (!places.IsEmpty) places[length] = at;
                reading[length++] = lines > 1 || (lines == 1 && unit is '-' or '#' or '<' or '\u2022' || (lines == 1 && StartsNumber(text[at..]))) ? '\n' : ' ';
            }

            if (!places.IsEmpty) places[length] = at;
            (space, lines) = (false, 0);
            reading[length++] = unit;
        }

        return length;
    }

    private static bool StartsNumber(ReadOnlySpan<char> text) => text.Length > 1 && char.IsAsciiDigit(text[0]) && text[1] is '.' or ')';

    // U+0000 for what is left out.
    private static char Fold(ReadOnlySpan<char> text, ref int at)
    {
        var unit = text[at];
        switch (unit)
        {
            case '\u2019' or '\u2018' or '\u02BC': return '\'';
            case '\u201C' or '\u201D': return '"';
            case '\u2010' or '\u2011' or '\u2012' or '\u2013': return '-';
            case >= '\uFF01' and <= '\uFF5E': return (char)(unit - 0xFEE0);
        }

        if (char.IsHighSurrogate(unit) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
        {
            var rune = new Rune(unit, text[++at]);

            // Mathematical letters are the Latin alphabet 13 times over.
            if (rune.Value is >= 0x1D400 and <= 0x1D6A3 && (rune.Value - 0x1D400) % 52 is var letter)
                return (char)(letter < 26 ? 'A' + letter : 'a' + letter - 26);
            return VisibleText.IsHidden(rune) ? '\0' : '\uFFFD';
        }

        if (unit >= '\u0250' && LookAlikes.IndexOf(unit, StringComparison.Ordinal) is var same and >= 0) return Latin[same];
        return char.GetUnicodeCategory(unit) is UnicodeCategory.NonSpacingMark || (Rune.TryCreate(unit, out var visible) && VisibleText.IsHidden(visible)) ? '\0' : unit;
    }
}
