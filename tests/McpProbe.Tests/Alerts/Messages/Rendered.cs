using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpProbe.Alerts.Messages;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>A channel's message as lines of text: what its reader sees, without colours and layout.</summary>
internal static partial class Rendered
{
    internal static string Slack(AlertMessage message)
    {
        var blocks = JsonNode.Parse(SlackMessage.Write(message).Span)!["blocks"]!.AsArray();
        return Lines(blocks.SelectMany(block => block!["fields"] is JsonArray fields
            ? fields.Select(field => Seen(field!)).Chunk(2).Select(pair => $"{pair[0]}: {pair[1]}")
            : [Seen(block["text"]!)]));

        static string Seen(JsonNode text)
        {
            var value = (string)text["text"]!;
            return (string)text["type"]! is "mrkdwn"
                ? SlackLink().Replace(value.Trim('*'), "[$1]")
                : value.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);
        }
    }

    internal static string Teams(AlertMessage message)
    {
        var card = JsonNode.Parse(TeamsCard.Write(message).Span)!["attachments"]![0]!["content"]!;
        var paragraphs = card["body"]!.AsArray().SelectMany(element => element!["items"]?.AsArray() ?? [element.DeepClone()]);
        return Lines(paragraphs.Select(paragraph => string.Concat(paragraph!["inlines"]!.AsArray().Select(run => (string)run!["text"]!)))
            .Concat(card["actions"]?.AsArray().Select(action => $"[{action!["title"]}]") ?? []));
    }

    internal static string Discord(AlertMessage message)
    {
        var json = JsonNode.Parse(DiscordMessage.Write(message).Span)!;
        var embed = json["embeds"]![0]!;
        return Lines(new[] { (string)json["content"]!, (string)embed["description"]! }
            .Concat(embed["fields"]!.AsArray().Select(field => $"{field!["name"]}: {field["value"]}"))
            .Select(text => Escaped().Replace(DiscordLink().Replace(text.Replace("**", "", StringComparison.Ordinal), "[$1]"), "$1")));
    }

    internal static string Ntfy(AlertMessage message)
    {
        var json = JsonNode.Parse(NtfyMessage.Write("ops", message).Span)!;
        return Lines([(string)json["title"]!, (string)json["message"]!]);
    }

    internal static string PagerDuty(Alert alert, AlertMessage message)
    {
        var json = JsonNode.Parse(PagerDutyEvent.Of(alert.Transitions[0], message, new string('k', 32))[0].Span)!["payload"]!;
        return Lines(new[] { $"{json["summary"]}", $"severity: {json["severity"]}" }
            .Concat(json["custom_details"]!.AsObject().Select(detail => $"{detail.Key}: {detail.Value}")));
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);

    [GeneratedRegex(@"^<[^|]*\|(.*)>$")]
    private static partial Regex SlackLink();

    [GeneratedRegex(@"\[([^\]\\]*)\]\(https?:[^)]*\)")]
    private static partial Regex DiscordLink();

    [GeneratedRegex(@"\\(.)")]
    private static partial Regex Escaped();
}
