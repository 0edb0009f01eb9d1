using System.Globalization;
using System.Text;
using McpProbe.Text;

namespace McpProbe.Web.Pages;

/// <summary>
/// Text from outside, cut into what can be shown as it is and characters that a reader would not see or that would
/// rearrange what stands around them: controls, bidirectional marks, zero-width, tag and private-use characters.
/// </summary>
internal static class ForeignParts
{
    internal static IReadOnlyList<TextPart> Of(string text, int max)
    {
        var parts = new List<TextPart>();
        var plain = new StringBuilder();
        var shown = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown++ == max)
            {
                plain.Append('…');
                break;
            }

            if (rune.Value is '\n' or '\t' || !VisibleText.IsHidden(rune))
            {
                plain.Append(rune);
                continue;
            }

            Flush(parts, plain);
            parts.Add(new(string.Create(CultureInfo.InvariantCulture, $"U+{rune.Value:X4}"), IsCode: true));
        }

        Flush(parts, plain);
        return parts;
    }

    private static void Flush(List<TextPart> parts, StringBuilder plain)
    {
        if (plain.Length == 0)
            return;
        parts.Add(new(plain.ToString(), IsCode: false));
        plain.Clear();
    }
}

/// <param name="IsCode">A hidden character, named by its code point.</param>
internal readonly record struct TextPart(string Text, bool IsCode);
