using System.Text;
using System.Text.RegularExpressions;

namespace McpProbe.Alerts.Messages;

/// <summary>A message for ntfy, published as JSON to the server's root; plain text. https://docs.ntfy.sh/publish/#publish-as-json</summary>
internal static partial class NtfyMessage
{
    /// <summary>What is longer becomes an attachment, which a phone's lock screen does not show.</summary>
    private const int MostBytes = 4096;

    /// <summary>A server reads no more of a request, and emoji take three times their bytes in JSON.</summary>
    private const int MostRequestBytes = 2 * MostBytes;

    /// <param name="url">The server, and the topic as the one segment of its path.</param>
    /// <param name="token">Null publishes without an account.</param>
    /// <param name="mistake">Why there is no message; without the topic, which is a secret.</param>
    internal static AlertPost? PostOf(Uri url, string? token, AlertMessage message, out string? mistake)
    {
        if (Topic().Match(url.AbsolutePath) is not { Success: true } match)
        {
            mistake = "its address is not the server and a topic, such as https://ntfy.sh/my-topic (letters, digits, '-' and '_', at most 64)";
            return null;
        }

        if (token?.Any(c => c is <= ' ' or > '~') == true)
        {
            mistake = "its access token has characters that none has; set the secret to the token and nothing else";
            return null;
        }

        mistake = null;
        var topic = match.Groups["topic"].Value;
        return new AlertPost(new Uri(url, "/"), Write(topic, message), AlertReceiver.Service)
        {
            Credential = token ?? topic,
            Headers = token is null ? [] : [("Authorization", $"Bearer {token}")],
        };
    }

    internal static ReadOnlyMemory<byte> Write(string topic, AlertMessage message) => JsonBody.WriteFitting(
        message,
        fitted => JsonBody.Write(json =>
        {
            json.WriteString("topic", topic);
            json.WriteString("title", fitted.Title);
            json.WriteString("message", Text(fitted));
            json.WriteNumber("priority", Priority(fitted.Severity));
            json.WriteStartArray("tags");
            json.WriteStringValue(Tag(fitted.Severity));
            json.WriteEndArray();
            if (fitted.Link is { } link)
                json.WriteString("click", link.Url.AbsoluteUri);
        }),
        static (fitted, body) => Encoding.UTF8.GetByteCount(Text(fitted)) <= MostBytes && body.Length <= MostRequestBytes);

    // A phone shows the first lines: what happened, then what to do.
    private static string Text(AlertMessage message)
    {
        List<string> lines = [message.Text];
        foreach (var section in message.Sections)
            lines.AddRange(["", $"{section.Heading}:", .. section.Bullets]);
        if (message.Advice is { } advice)
            lines.AddRange(["", advice]);
        lines.Add("");
        lines.AddRange(message.Facts.Select(fact => $"{fact.Name}: {fact.Value}"));
        return string.Join('\n', lines);
    }

    private static int Priority(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Critical => 5,
        AlertSeverity.Error => 4,
        _ => 3,
    };

    /// <summary>The names of emoji (https://docs.ntfy.sh/emojis/).</summary>
    private static string Tag(AlertSeverity severity) => severity switch
    {
        AlertSeverity.Resolved => "white_check_mark",
        AlertSeverity.Info => "information_source",
        AlertSeverity.Warning => "warning",
        _ => "rotating_light",
    };

    [GeneratedRegex("^/(?<topic>[-_A-Za-z0-9]{1,64})/?$")]
    private static partial Regex Topic();
}
