using System.Text.RegularExpressions;

namespace McpProbe.Alerts.Messages;

/// <summary>
/// A Discord message: the title as its content, which notifications show, and one embed. Foreign text is escaped for Discord's
/// Markdown, and no text mentions anybody. https://docs.discord.com/developers/resources/webhook#execute-webhook,
/// https://docs.discord.com/developers/resources/message#embed-object
/// </summary>
internal static partial class DiscordMessage
{
    private const int LongestContent = 2000;
    private const int LongestDescription = 4096;
    private const int LongestFieldValue = 1024;

    /// <summary>Of all texts of the embed together.</summary>
    private const int LongestEmbed = 6000;

    /// <summary>The webhook's address, to answer only when the message is there: else a message that was not saved is no error.</summary>
    internal static Uri Confirmed(Uri url) => url.Query.Contains("wait=", StringComparison.Ordinal)
        ? url
        : new UriBuilder(url) { Query = url.Query.Length > 1 ? $"{url.Query[1..]}&wait=true" : "wait=true" }.Uri;

    internal static ReadOnlyMemory<byte> Write(AlertMessage message) =>
        JsonBody.WriteFitting(message, WriteOnce, static (message, _) =>
            Description(message).Length <= LongestDescription && LengthOfEmbed(message) <= LongestEmbed);

    private static ReadOnlyMemory<byte> WriteOnce(AlertMessage message) => JsonBody.Write(json =>
    {
        json.WriteString("content", Escape($"{message.Mark} {message.Title}", LongestContent));
        json.WriteStartArray("embeds");
        json.WriteStartObject();
        json.WriteString("description", Fit(Description(message), LongestDescription));
        json.WriteNumber("color", Colour(message.Severity));
        json.WriteStartArray("fields");
        foreach (var fact in message.Facts)
        {
            json.WriteStartObject();
            json.WriteString("name", fact.Name);
            json.WriteString("value", Value(fact));
            json.WriteBoolean("inline", fact.Value.Length <= 40);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("allowed_mentions");
        json.WriteStartArray("parse");
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static string Description(AlertMessage message)
    {
        List<string> lines = [Escape(message.Text)];
        foreach (var section in message.Sections)
        {
            lines.Add($"**{section.Heading}**");
            lines.AddRange(section.Bullets.Select(bullet => Escape(bullet)));
        }

        if (message.Advice is { } advice)
            lines.Add($"**What to do:** {Escape(advice)}");
        if (message.Link is { } link)
            lines.Add($"[{link.Text}]({link.Url.AbsoluteUri})");
        return string.Join('\n', lines);
    }

    private static int LengthOfEmbed(AlertMessage message) =>
        Description(message).Length + message.Facts.Sum(fact => fact.Name.Length + Value(fact).Length);

    // A value of no characters is refused.
    private static string Value(AlertFact fact) => Escape(fact.Value, LongestFieldValue) is { Length: > 0 } value ? value : "–";

    private static string Fit(string text, int most) => text.Length <= most ? text : text[..most];

    // Whatever begins a format, a mention, a link, an emoji, a time or a heading; the colon takes the life out of bare addresses.
    private static string Escape(string text, int most = int.MaxValue)
    {
        var escaped = EscapedText.Fit(text, most - 1, rune => rune.Value switch
        {
            '\\' or '*' or '_' or '~' or '`' or '|' or '[' or ']' or '<' or '>' or '@' or '#' or ':' => $"\\{rune}",
            _ => null,
        });
        return ListMarker().Replace(escaped, "$1\\$2");
    }

    /// <summary>What makes a list of a text that begins with it.</summary>
    [GeneratedRegex(@"^([0-9]*)([-+.])")]
    private static partial Regex ListMarker();

    private static int Colour(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Resolved => 0x2E9E5B,
        AlertSeverity.Info => 0x2F6FDE,
        AlertSeverity.Warning => 0xD9A400,
        AlertSeverity.Error => 0xE06C00,
        _ => 0xC62828,
    };
}
