using System.Text;

namespace McpProbe.Alerts.Messages;

/// <summary>Text escaped for a receiver's markup, cut so that it fits after escaping, and never in the middle of an escape.</summary>
internal static class EscapedText
{
    /// <param name="most">Characters (UTF-16 code units) of the result; one that was cut ends in an ellipsis.</param>
    /// <param name="escape">What stands for a character; null for the character itself.</param>
    internal static string Fit(string text, int most, Func<Rune, string?> escape)
    {
        var fitted = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            var next = escape(rune) ?? rune.ToString();
            // One place is for the ellipsis.
            if (fitted.Length + next.Length > most - 1)
                return fitted.Append('…').ToString();
            fitted.Append(next);
        }

        return fitted.ToString();
    }
}
