using System.Text.Json;

namespace McpProbe.Alerts.Messages;

/// <summary>
/// A Slack message of Block Kit blocks. All text that is not our own stands in <c>plain_text</c> objects, where Slack knows no
/// formatting and makes no links, and with &amp;, &lt; and &gt; escaped, so that it holds no mention either.
/// https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/messaging/formatting-message-text
/// </summary>
internal static class SlackMessage
{
    private const int LongestHeader = 150;
    private const int LongestText = 3000;

    // Of the ten texts that a section's fields may be, two make a fact.
    private const int FactsASection = 5;

    internal static ReadOnlyMemory<byte> Write(AlertMessage message) => JsonBody.Write(json =>
    {
        // For notifications and for clients without blocks.
        json.WriteString("text", Escape($"{message.Mark} {message.Title}", LongestText));
        json.WriteBoolean("mrkdwn", false);
        json.WriteBoolean("unfurl_links", false);
        json.WriteBoolean("unfurl_media", false);
        json.WriteStartArray("blocks");
        Block(json, "header", () => Text(json, "text", Escape($"{message.Mark} {message.Title}", LongestHeader)));
        Section(json, message.Text);
        foreach (var section in message.Sections)
        {
            Label(json, section.Heading);
            Section(json, string.Join('\n', section.Bullets));
        }

        if (message.Advice is { } advice)
        {
            Label(json, "What to do");
            Section(json, advice);
        }

        foreach (var facts in message.Facts.Chunk(FactsASection))
            Facts(json, facts);
        if (message.Link is { } link)
            Block(json, "section", () => Text(json, "text", $"<{Escape(link.Url.AbsoluteUri, LongestText)}|{link.Text}>", "mrkdwn"));
        json.WriteEndArray();
    });

    private static void Section(Utf8JsonWriter json, string text)
    {
        // A text of no characters is refused.
        if (text.Length > 0)
            Block(json, "section", () => Text(json, "text", Escape(text, LongestText)));
    }

    /// <param name="ours">Our own words: the only ones that are formatted.</param>
    private static void Label(Utf8JsonWriter json, string ours) => Block(json, "section", () => Text(json, "text", $"*{ours}*", "mrkdwn"));

    private static void Facts(Utf8JsonWriter json, IReadOnlyList<AlertFact> facts) => Block(json, "section", () =>
    {
        json.WriteStartArray("fields");
        foreach (var fact in facts)
        {
            Text(json, null, $"*{fact.Name}*", "mrkdwn");
            Text(json, null, Escape(fact.Value, 2000));
        }

        json.WriteEndArray();
    });

    private static void Block(Utf8JsonWriter json, string type, Action content)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        content();
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string? property, string text, string type = "plain_text")
    {
        if (property is null)
            json.WriteStartObject();
        else
            json.WriteStartObject(property);
        json.WriteString("type", type);
        json.WriteString("text", text);
        // An emoji's name between colons stays what it is.
        if (type is "plain_text")
            json.WriteBoolean("emoji", false);
        else
            json.WriteBoolean("verbatim", true);
        json.WriteEndObject();
    }

    private static string Escape(string text, int most) => EscapedText.Fit(text, most, rune => rune.Value switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        _ => null,
    });
}
