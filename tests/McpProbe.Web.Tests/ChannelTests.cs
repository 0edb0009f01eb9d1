using System.Net;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Where alerts go: what is told of a channel, tests and enabling, through the API and on the page.</summary>
public sealed class ChannelTests
{
    private const string Gone = "the receiver answered HTTP 410 (Gone)";

    [Fact]
    public async Task List_TellsHowChannelsDo_AndNeitherAddressNorSecret()
    {
        await using var head = await HeadAsync();

        using var response = await head.GetAsync("/api/channels");

        var channels = (await ApiSchemas.CheckAsync("channels", response)).GetProperty("channels");
        Assert.Equal(
            [("chat", "slack", 0), ("ops", "webhook", 2), ("pager", "pagerduty", 0)],
            channels.EnumerateArray().Select(one => (one.GetProperty("name").GetString(), one.GetProperty("type").GetString(), one.GetProperty("waiting").GetInt32())));
        Assert.Equal("HTTP 502", channels[1].GetProperty("lastError").GetProperty("error").GetString());
        Assert.Equal(Gone, channels[2].GetProperty("disabled").GetProperty("why").GetString());
        foreach (var path in new[] { "/api/channels", "/channels" })
        {
            using var shown = await head.GetAsync(path);
            var text = await shown.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("hooks.example.com", text, StringComparison.Ordinal);
            Assert.DoesNotContain("whsec_", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task List_DisabledAtAnotherAddress_IsEnabledAgain()
    {
        await using var head = await HeadAsync();
        head.Store.Channels["pager"] = head.Store.Channels["pager"] with { Secret = "another routing key" };

        using var response = await head.GetAsync("/api/channels");

        Assert.Equal("null", (await ApiSchemas.CheckAsync("channels", response)).GetProperty("channels")[2].GetProperty("disabled").GetRawText());
    }

    [Fact]
    public async Task Test_Delivered_SaysSoAndEnables()
    {
        await using var head = await HeadAsync();

        using var response = await head.SendAsync(HttpMethod.Post, "/api/channels/pager/test");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("enabled again", (await ApiSchemas.CheckAsync("channel-test", response)).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("pager", Assert.Single(head.Store.Sent).Channel);
        Assert.Null((await head.Store.ReadChannelAsync("pager", TestContext.Current.CancellationToken)).State.Disabled);
    }

    [Fact]
    public async Task Test_NotDelivered_IsABadGatewayWithTheError()
    {
        await using var head = await HeadAsync();
        head.Store.Outcome = SendOutcome.Refused("the receiver answered HTTP 403 (Forbidden)");

        using var response = await head.SendAsync(HttpMethod.Post, "/api/channels/pager/test");

        Assert.Contains("HTTP 403 (Forbidden)", (await ApiTests.ProblemAsync(response, 502)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotNull((await head.Store.ReadChannelAsync("pager", TestContext.Current.CancellationToken)).State.Disabled);
    }

    [Theory]
    [InlineData("/api/channels/nobody/test")]
    [InlineData("/api/channels/nobody/enable")]
    public async Task Change_OfAnUnknownChannel_FindsNothing(string path)
    {
        await using var head = await HeadAsync();
        using var response = await head.SendAsync(HttpMethod.Post, path);
        Assert.Contains("'nobody'", (await ApiTests.ProblemAsync(response, 404)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(head.Store.Sent);
    }

    [Theory]
    [InlineData("pager")]
    [InlineData("chat")]
    public async Task Enable_AnyChannel_IsEnabledAndNothingIsSent(string name)
    {
        await using var head = await HeadAsync();
        using var response = await head.SendAsync(HttpMethod.Post, $"/api/channels/{name}/enable");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Null((await head.Store.ReadChannelAsync(name, TestContext.Current.CancellationToken)).State.Disabled);
        Assert.Empty(head.Store.Sent);
    }

    [Fact]
    public async Task Page_ShowsStatesAndTheAnswerOfATest()
    {
        await using var head = await HeadAsync();
        var page = await head.PageAsync("/channels");
        var items = page.QuerySelectorAll(".channels > li").Select(item => PageTests.Words(item.TextContent)).ToList();
        Assert.Equal(3, items.Count);
        Assert.Contains("disabled since 2026-11-22 19:10:30Z (3 h ago) Its receiver said that it is gone: the receiver answered HTTP 410 (Gone).", items[2], StringComparison.Ordinal);
        Assert.Contains("Last delivered 4 min ago", items[1], StringComparison.Ordinal);
        Assert.Equal(["/channels/pager/enable"], page.QuerySelectorAll("form[action$=enable]").Select(form => form.GetAttribute("action")!));

        head.Store.Outcome = SendOutcome.Retry("the receiver answered HTTP 503 <b>");
        var failed = await PostAsync(head, "/channels/ops/test");
        Assert.Contains("did not reach channel 'ops': the receiver answered HTTP 503 <b>", failed.QuerySelector(".channels .callout.v-down")!.TextContent, StringComparison.Ordinal);

        head.Store.Outcome = SendOutcome.Delivered;
        var delivered = await PostAsync(head, "/channels/ops/test");
        Assert.Contains("was delivered to channel 'ops'", delivered.QuerySelector(".channels .callout.v-healthy")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Enable_GoesBackToTheChannels()
    {
        await using var head = await HeadAsync();
        using var response = await head.SendAsync(HttpMethod.Post, "/channels/pager/enable", new FormUrlEncodedContent([]));
        Assert.Equal((HttpStatusCode.SeeOther, "/channels"), (response.StatusCode, response.Headers.Location?.OriginalString));
        Assert.Empty((await head.PageAsync("/channels")).QuerySelectorAll("form[action$=enable]"));
    }

    [Fact]
    public async Task Page_WithoutChannels_SaysHowToAddOne()
    {
        await using var head = await WebHead.StartAsync();
        Assert.Contains("nobody is alerted", (await head.PageAsync("/channels")).Body!.TextContent, StringComparison.Ordinal);
    }

    private static async Task<AngleSharp.Dom.IDocument> PostAsync(WebHead head, string path)
    {
        using var response = await head.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent([]));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await new AngleSharp.Html.Parser.HtmlParser().ParseDocumentAsync(
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }

    private static Task<WebHead> HeadAsync()
    {
        var store = new SampleStore();
        var pager = Samples.Channel("pager", ChannelType.Pagerduty);
        store.Add(Samples.Channel("ops"), pager, Samples.Channel("chat", ChannelType.Slack));
        store.Add(
            new ChannelStatus(
                "ops",
                new ChannelState { LastSuccess = Samples.Now - TimeSpan.FromMinutes(4), LastError = new(Samples.Now - TimeSpan.FromHours(1), "HTTP 502") },
                Waiting: 2),
            Samples.Disabled(pager, TimeSpan.FromHours(3), Gone),
            // Not configured any more.
            new ChannelStatus("removed", ChannelState.New, Waiting: 1));
        return WebHead.StartAsync(store: store);
    }
}
