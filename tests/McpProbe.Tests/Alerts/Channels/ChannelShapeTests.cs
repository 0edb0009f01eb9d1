using System.Text;
using System.Text.Json.Nodes;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Tests.Alerts.Messages;

namespace McpProbe.Tests.Alerts.Channels;

/// <summary>Every sort of alert, with harmless and with hostile text, against what each vendor publishes of its messages.</summary>
public class ChannelShapeTests
{
    private const string RoutingKey = "0123456789abcdef0123456789abcdef";

    private static IEnumerable<Alert> Alerts => SampleAlerts.HostileTexts.Prepend(null).SelectMany(SampleAlerts.All);

    private static IEnumerable<AlertMessage> Messages => Alerts.Select(alert => AlertMessage.Of(alert, SampleAlerts.Pages));

    private static async Task AssertTypedAsync(string kind, List<ReadOnlyMemory<byte>> payloads)
    {
        Assert.True(payloads.Count > 100);
        var mistakes = await VendorShapes.AskAsync(payloads.Select(payload => VendorShapes.Question(kind, payload)));
        Assert.Equal(payloads.Count, mistakes.Count);
        Assert.All(mistakes, each => Assert.Empty(each));
    }

    [Fact]
    public async Task Slack_EveryAlert_IsAMessageOfBlockKit()
    {
        var payloads = Messages.Select(SlackMessage.Write).ToList();

        await AssertTypedAsync("slack", payloads);
        foreach (var payload in payloads)
            await VendorShapes.AssertWithinLimitsAsync("slack", payload);
    }

    [Fact]
    public async Task Discord_EveryAlert_IsAWebhookMessage()
    {
        var payloads = Messages.Select(DiscordMessage.Write).ToList();

        await AssertTypedAsync("discord", payloads);
        foreach (var payload in payloads)
        {
            await VendorShapes.AssertWithinLimitsAsync("discord", payload);
            var embed = JsonNode.Parse(payload.Span)!["embeds"]![0]!;
            var fields = embed["fields"]!.AsArray().Sum(field => ((string)field!["name"]!).Length + ((string)field["value"]!).Length);
            Assert.InRange(((string)embed["description"]!).Length + fields, 1, 6000);
        }
    }

    [Fact]
    public async Task Teams_EveryAlert_IsOneAdaptiveCard()
    {
        var payloads = Messages.Select(TeamsCard.Write).ToList();

        await AssertTypedAsync("teams", payloads);
        Assert.All(payloads, payload => Assert.InRange(payload.Length, 1, 28 * 1024));
    }

    [Fact]
    public async Task PagerDuty_EveryTransition_IsAnEvent()
    {
        var payloads = Alerts.Where(alert => alert.Transitions.Count == 1)
            .SelectMany(alert => PagerDutyEvent.Of(alert.Transitions[0], AlertMessage.Of(alert, SampleAlerts.Pages), RoutingKey)).ToList();

        await AssertTypedAsync("pagerduty", payloads);
        foreach (var payload in payloads)
        {
            await VendorShapes.AssertWithinLimitsAsync("pagerduty", payload);
            Assert.InRange(payload.Length, 1, 512 * 1024);
        }
    }

    [Fact]
    public async Task Ntfy_EveryAlert_IsAMessage()
    {
        foreach (var payload in Messages.Select(message => NtfyMessage.Write("ops", message)))
        {
            await VendorShapes.AssertWithinLimitsAsync("ntfy", payload);
            var json = JsonNode.Parse(payload.Span)!;
            Assert.InRange(Encoding.UTF8.GetByteCount((string)json["message"]!), 1, 4096);
            // A server reads no more of a request.
            Assert.InRange(payload.Length, 1, 2 * 4096);
        }
    }

    [Fact]
    public async Task Ask_PayloadsThatAreWrong_AreMistakes()
    {
        static JsonObject Wrong(string kind, string payload) => VendorShapes.Question(kind, Encoding.UTF8.GetBytes(payload));

        var mistakes = await VendorShapes.AskAsync(
        [
            Wrong("slack", """{"text":"x","mrkdwn":false,"unfurl_links":false,"unfurl_media":false,"blocks":[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]}"""),
            Wrong("discord", """{"content":"x","embed":[]}"""),
            Wrong("pagerduty", """{"routing_key":"x","event_action":"close","payload":{"summary":"x","source":"x","severity":"fatal"}}"""),
            Wrong("teams", """{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlok","text":"x"}]}}]}"""),
        ]);

        Assert.All(mistakes, each => Assert.NotEmpty(each));
    }

    [Theory]
    [InlineData(TransitionType.Opened, "trigger")]
    [InlineData(TransitionType.Reminded, "trigger")]
    [InlineData(TransitionType.Escalated, "trigger")]
    [InlineData(TransitionType.Acknowledged, "acknowledge")]
    [InlineData(TransitionType.Resolved, "resolve")]
    public void PagerDuty_Transition_BelongsToItsIncident(TransitionType type, string action)
    {
        var transition = SampleAlerts.Of(IncidentKind.Outage, type);

        var payload = Assert.Single(PagerDutyEvent.Of(transition, AlertMessage.Of(Alert.Of(transition), null), RoutingKey));

        var json = JsonNode.Parse(payload.Span)!;
        Assert.Equal((action, transition.Incident.Id), ((string)json["event_action"]!, (string)json["dedup_key"]!));
    }

    [Fact]
    public void PagerDuty_Test_EndsWhatItBegan()
    {
        var test = SampleAlert.Of(new Channel { Name = "ops", Type = ChannelType.Pagerduty }, Alerting.Now);

        var events = PagerDutyEvent.Of(test, AlertMessage.Of(Alert.Of(test), null), RoutingKey).Select(each => JsonNode.Parse(each.Span)!).ToList();

        Assert.Equal(["trigger", "resolve"], events.Select(each => (string)each["event_action"]!));
        Assert.Single(events.Select(each => (string)each["dedup_key"]!).Distinct());
        Assert.Equal("info", (string)events[0]["payload"]!["severity"]!);
    }
}
