using System.Globalization;
using System.Text;

namespace McpProbe.Web.Pages;

/// <summary>
/// Text from outside, cut into what can be shown as it is and characters that a reader would not see or that would
/// rearrange what stands around them: controls, bidirectional marks, zero-width, tag and private-use characters.
/// </summary>
internal static class VisibleText
{
    internal static IReadOnlyList<TextPart> Parts(string text, int max)
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

            if (!IsHidden(rune))
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

    private static bool IsHidden(Rune rune) => rune.Value switch
    {
        '\n' or '\t' => false,
        // Variation selectors and the fillers that render as nothing are not in the categories below.
        >= 0xFE00 and <= 0xFE0F or >= 0xE0100 and <= 0xE01EF or 0x115F or 0x1160 or 0x3164 or 0xFFA0 or 0x034F => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned,
    };
}

/// <param name="IsCode">A hidden character, named by its code point.</param>
internal readonly record struct TextPart(string Text, bool IsCode);
