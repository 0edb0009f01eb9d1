using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Html.Parser;
using McpProbe.Alerts.Messages;
using McpProbe.Text;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>
/// What servers and names of endpoints say never becomes markup, a mention, a link or a header: each message is read as its
/// receiver reads it, and holds only what we put there.
/// </summary>
public partial class HostileTextTests
{
    public static TheoryData<int> Hostile => [.. Enumerable.Range(0, SampleAlerts.HostileTexts.Count)];

    private static IEnumerable<AlertMessage> Messages(int hostile) =>
        SampleAlerts.All(SampleAlerts.HostileTexts[hostile]).Select(alert => AlertMessage.Of(alert, SampleAlerts.Pages));

    private static JsonNode Parse(ReadOnlyMemory<byte> payload)
    {
        var json = JsonNode.Parse(payload.Span)!;
        // Throws on anything that is not UTF-8, as half a character.
        _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(payload.Span);
        Assert.All(Strings(json), text => Assert.DoesNotContain(text.Value.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes(), VisibleText.IsHidden));
        return json;
    }

    /// <summary>Every string with the name of its property, and the object that it stands in.</summary>
    private static IEnumerable<(string? Name, string Value, JsonNode? In)> Strings(JsonNode? node, string? name = null) => node switch
    {
        JsonObject members => members.SelectMany(member => Strings(member.Value, member.Key)),
        JsonArray items => items.SelectMany(item => Strings(item, name)),
        JsonValue value when value.TryGetValue<string>(out var text) => [(name, text, node.Parent)],
        _ => [],
    };

    [Theory, MemberData(nameof(Hostile))]
    public void AlertMessage_HostileText_IsOneVisibleLineEach(int hostile)
    {
        foreach (var message in Messages(hostile))
        {
            string[] texts = [message.Title, message.Text, message.Advice ?? "", .. message.Facts.Select(fact => fact.Value), .. message.Sections.SelectMany(section => section.Bullets)];
            Assert.All(texts, text => Assert.DoesNotContain(text.EnumerateRunes(), VisibleText.IsHidden));
            Assert.InRange(message.Title.Length, 1, AlertMessage.LongestTitle);
            Assert.InRange(texts.Sum(text => text.Length), 1, 12_000);
        }
    }

    [Theory, MemberData(nameof(Hostile))]
    public void Slack_HostileText_HasNoControlSequence(int hostile)
    {
        foreach (var json in Messages(hostile).Select(message => Parse(SlackMessage.Write(message))))
        {
            Assert.False((bool)json["mrkdwn"]!);
            foreach (var (name, value, parent) in Strings(json).Where(each => each.Name is "text"))
            {
                // Slack's own rule: what stands between < and > is a link or a mention, & begins an entity, nothing else is special.
                if ((string?)parent!["type"] is "mrkdwn")
                    Assert.Matches(OurMrkdwn(), value);
                else
                    Assert.DoesNotMatch(SlackControl(), value);
            }
        }
    }

    [Theory, MemberData(nameof(Hostile))]
    public void Teams_HostileText_IsInTextRunsOnly(int hostile)
    {
        foreach (var json in Messages(hostile).Select(message => Parse(TeamsCard.Write(message))))
        {
            // None of these does Markdown, and only entities would make <at> a mention.
            Assert.All(Strings(json).Where(each => each.Name is "type"), each => Assert.Contains(
                each.Value, (string[])["message", "AdaptiveCard", "Container", "RichTextBlock", "TextRun", "Action.OpenUrl"]));
            Assert.Equal(["width"], json["attachments"]![0]!["content"]!["msteams"]!.AsObject().Select(member => member.Key));
            Assert.All(Strings(json).Where(each => each.Name is "url"), each => Assert.StartsWith("https://probe.example.com/", each.Value, StringComparison.Ordinal));
            Assert.DoesNotContain(Strings(json), each => each.Value.Contains("{{", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Discord_HostileText_IsTextToDiscordsMarkdown()
    {
        var texts = Enumerable.Range(0, SampleAlerts.HostileTexts.Count).SelectMany(Messages)
            .SelectMany(message => Strings(Parse(DiscordMessage.Write(message)))).Where(each => each.Name is "content" or "description" or "value")
            .Select(each => each.Value).Distinct().ToList();

        var nodes = await VendorShapes.AskAsync(texts.Select(text => new JsonObject { ["kind"] = "discord-text", ["text"] = text }));

        Assert.True(texts.Count > 100);
        Assert.All(nodes.SelectMany(each => each).Distinct(), node => Assert.Matches(
            "^(strong|link https://probe\\.example\\.com/(incidents/search\\.prod_[a-z]+_[0-9TZ]+)?)$", node));
    }

    [Theory]
    [InlineData("- a", @"\- a")]
    [InlineData("+ a", @"\+ a")]
    [InlineData("12. a", @"12\. a")]
    [InlineData("12 a-b.", "12 a-b.")]
    public void Discord_TextThatBeginsLikeAList_IsNone(string text, string expected)
    {
        var message = new AlertMessage("title", AlertSeverity.Info, text, [], Advice: null, [new AlertFact("Name", text)], Link: null);

        var embed = Parse(DiscordMessage.Write(message))["embeds"]![0]!;

        Assert.Equal((expected, expected), ((string)embed["description"]!, (string)embed["fields"]![0]!["value"]!));
    }

    [Fact]
    public async Task DiscordText_Unescaped_IsMoreThanText()
    {
        // So that the test above can fail.
        var nodes = await VendorShapes.AskAsync(SampleAlerts.HostileTexts.Take(4).Select(text => new JsonObject { ["kind"] = "discord-text", ["text"] = text }));

        Assert.Contains("everyone", nodes[1]);
        Assert.Contains("user", nodes[1]);
        Assert.Contains("link javascript:alert(1)", nodes[2]);
        Assert.Contains("url https://evil.example/?a=b", nodes[3]);
    }

    [Theory, MemberData(nameof(Hostile))]
    public void PagerDutyAndNtfy_HostileText_AddsNoLinkAndNoField(int hostile)
    {
        foreach (var alert in SampleAlerts.All(SampleAlerts.HostileTexts[hostile]))
        {
            var message = AlertMessage.Of(alert, SampleAlerts.Pages);
            var ntfy = Parse(NtfyMessage.Write("ops", message));
            Assert.Equal(["topic", "title", "message", "priority", "tags", "click"], ntfy.AsObject().Select(member => member.Key));
            Assert.StartsWith("https://probe.example.com/", (string)ntfy["click"]!, StringComparison.Ordinal);

            if (alert.Transitions is not [var transition])
                continue;
            foreach (var json in PagerDutyEvent.Of(transition, message, new string('k', 32)).Select(Parse))
            {
                Assert.All(Strings(json).Where(each => each.Name is "href" or "client_url"), each => Assert.StartsWith("https://probe.example.com/", each.Value, StringComparison.Ordinal));
                Assert.False(json.AsObject().ContainsKey("images"));
            }
        }
    }

    [Theory, MemberData(nameof(Hostile))]
    public void Mail_HostileText_AddsNothingToTheHtml(int hostile)
    {
        foreach (var message in Messages(hostile))
        {
            var mail = AlertMail.Of(message);
            Assert.DoesNotContain(mail.Subject.EnumerateRunes(), VisibleText.IsHidden);
            Assert.DoesNotContain(mail.Text.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes(), VisibleText.IsHidden);

            var document = new HtmlParser(new HtmlParserOptions { IsKeepingSourceReferences = false }).ParseDocument(mail.Html);
            Assert.All(document.All, element => Assert.Contains(
                element.LocalName, (string[])["html", "head", "meta", "title", "body", "table", "tbody", "tr", "td", "h1", "h2", "p", "ul", "li", "a"]));
            Assert.All(document.All.SelectMany(element => element.Attributes), attribute => Assert.Contains(
                attribute.Name, (string[])["lang", "charset", "name", "content", "role", "width", "cellpadding", "cellspacing", "style", "href"]));
            Assert.StartsWith("https://probe.example.com/", Assert.Single(document.QuerySelectorAll("a")).GetAttribute("href"), StringComparison.Ordinal);
            // And it says all the same what was to be said.
            Assert.Equal(message.Title, document.QuerySelector("h1")!.TextContent);
            Assert.Equal(message.Text, document.QuerySelector("p")!.TextContent);
            Assert.Equal(message.Facts.Select(fact => fact.Value), document.QuerySelectorAll("td[style*='padding:2px 0']").Select(cell => cell.TextContent));
        }
    }

    [GeneratedRegex(@"^(\*[A-Z][A-Za-z ]+\*|<https://probe\.example\.com/[A-Za-z0-9_./-]*\|Open( in)? McpProbe>)$")]
    private static partial Regex OurMrkdwn();

    [GeneratedRegex("[<>]|&(?!(amp|lt|gt);)")]
    private static partial Regex SlackControl();
}
