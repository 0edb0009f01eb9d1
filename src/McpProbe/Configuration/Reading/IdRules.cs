using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>Ids of endpoints and channels: <c>[a-z0-9][a-z0-9.-]{0,62}</c>.</summary>
public static class IdRules
{
    /// <summary>What one is, for a message: <c>'…' is not an id: …</c>.</summary>
    public const string Description = "an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit";

    internal static string MistakeIn(string text) => $"'{VisibleText.Excerpt(text)}' is not {Description}";

    public static bool IsId(string text) =>
        text.Length is >= 1 and <= 63 && text[0] is not ('.' or '-') && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');
}
