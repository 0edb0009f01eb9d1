using System.Text.Json;

namespace McpProbe.Alerts.Messages;

/// <summary>
/// A Microsoft Teams message for a Workflows webhook: one adaptive card. Text blocks of a card do Markdown, text runs do not
/// (https://adaptivecards.io/explorer/TextRun.html), so every text is a run.
/// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
/// </summary>
internal static class TeamsCard
{
    /// <summary>Teams takes 28 KB; some of it is for what the workflow adds.</summary>
    private const int MostBytes = 25_000;

    internal static ReadOnlyMemory<byte> Write(AlertMessage message) =>
        JsonBody.WriteFitting(message, WriteOnce, static (_, body) => body.Length <= MostBytes);

    private static ReadOnlyMemory<byte> WriteOnce(AlertMessage message) => JsonBody.Write(json =>
    {
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteNull("contentUrl");
        json.WriteStartObject("content");
        Card(json, message);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    private static void Card(Utf8JsonWriter json, AlertMessage message)
    {
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteString("fallbackText", Inert($"{message.Mark} {message.Title}"));
        json.WriteStartObject("msteams");
        json.WriteString("width", "Full");
        json.WriteEndObject();

        json.WriteStartArray("body");
        json.WriteStartObject();
        json.WriteString("type", "Container");
        json.WriteString("style", Style(message.Severity));
        json.WriteBoolean("bleed", true);
        json.WriteStartArray("items");
        Paragraph(json, new Run($"{message.Mark} {message.Title}", Bold: true, Large: true));
        json.WriteEndArray();
        json.WriteEndObject();
        Paragraph(json, new Run(message.Text));
        foreach (var section in message.Sections)
        {
            Paragraph(json, new Run(section.Heading, Bold: true));
            foreach (var bullet in section.Bullets)
                Paragraph(json, new Run(bullet));
        }

        if (message.Advice is { } advice)
            Paragraph(json, new Run("What to do: ", Bold: true), new Run(advice));
        foreach (var fact in message.Facts)
            Paragraph(json, new Run($"{fact.Name}: ", Bold: true, Subtle: true), new Run(fact.Value, Subtle: true));
        json.WriteEndArray();

        if (message.Link is { } link)
        {
            json.WriteStartArray("actions");
            json.WriteStartObject();
            json.WriteString("type", "Action.OpenUrl");
            json.WriteString("title", link.Text);
            json.WriteString("url", link.Url.AbsoluteUri);
            json.WriteEndObject();
            json.WriteEndArray();
        }
    }

    private static void Paragraph(Utf8JsonWriter json, params ReadOnlySpan<Run> runs)
    {
        json.WriteStartObject();
        json.WriteString("type", "RichTextBlock");
        json.WriteStartArray("inlines");
        foreach (var run in runs)
        {
            json.WriteStartObject();
            json.WriteString("type", "TextRun");
            json.WriteString("text", Inert(run.Text));
            if (run.Bold)
                json.WriteString("weight", "Bolder");
            if (run.Large)
                json.WriteString("size", "Large");
            if (run.Subtle)
                json.WriteBoolean("isSubtle", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Not <c>{{DATE(…)}}</c>, the one thing that a run would work out.</summary>
    private static string Inert(string text) => text.Replace("{{", "{ {", StringComparison.Ordinal);

    private static string Style(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Resolved => "good",
        AlertSeverity.Info => "accent",
        AlertSeverity.Warning => "warning",
        _ => "attention",
    };

    private readonly record struct Run(string Text, bool Bold = false, bool Large = false, bool Subtle = false);
}
