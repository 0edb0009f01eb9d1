using System.Net;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Alerts that nobody got: they are seen, and can be sent again.</summary>
public sealed class DeliveryTests
{
    private static readonly Incident Recent = Samples.Incident("a", IncidentKind.Outage, TimeSpan.FromHours(2), "Down.", "failures-in-a-row", TimeSpan.FromHours(1));
    private static readonly Incident Old = Samples.Incident("a", IncidentKind.Certificate, TimeSpan.FromDays(9), "Ends soon.", "certificate-7-days");

    [Fact]
    public async Task List_GivenUp_NewestFirst()
    {
        await using var head = await HeadAsync();

        using var response = await head.GetAsync("/api/deliveries?status=gave-up");
        using var limited = await head.GetAsync("/api/deliveries?limit=1");

        var deliveries = (await ApiSchemas.CheckAsync("deliveries", response)).GetProperty("deliveries");
        Assert.Equal(
            [$"{Recent.Id}_2", $"{Recent.Id}_1", $"{Old.Id}_1"],
            deliveries.EnumerateArray().Select(one => one.GetProperty("transitionId").GetString()));
        Assert.Equal("resolved", deliveries[0].GetProperty("type").GetString());
        Assert.Equal(1, (await ApiSchemas.CheckAsync("deliveries", limited)).GetProperty("deliveries").GetArrayLength());
    }

    [Theory]
    [InlineData("status=pending", "?status")]
    [InlineData("limit=0", "?limit")]
    public async Task List_WithAWrongQuery_SaysWhatIsWrong(string query, string path)
    {
        await using var head = await HeadAsync();
        using var response = await head.GetAsync("/api/deliveries?" + query);
        Assert.Equal(path, (await ApiTests.ProblemAsync(response, 400)).GetProperty("errors")[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task Resend_GivenUp_IsHandedOverToItsChannelOnly()
    {
        await using var head = await HeadAsync();

        using var response = await ResendAsync(head, Recent, 1, "ops");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var handedOver = Assert.Single(head.Store.HandedOver);
        Assert.Equal(($"{Recent.Id}_1", "ops"), (handedOver.Id, Assert.Single(handedOver.Channels)));
        var row = (await head.Store.FindDeliveryAsync($"{Recent.Id}_1", "ops", TestContext.Current.CancellationToken))!;
        Assert.Equal((DeliveryStatus.Pending, 0, 11, 1), (row.Status, row.Attempts, row.EarlierAttempts, row.Resends));
    }

    [Theory]
    [InlineData(1, "pager", 409, "confirmed")]
    [InlineData(1, "chat", 409, "on its way")]
    [InlineData(2, "ops", 404, "not stored any more")]
    [InlineData(3, "ops", 404, "GET /api/deliveries")]
    [InlineData(1, "removed", 404, "Configure it again")]
    public async Task Resend_WhatIsNotToBeSent_SaysWhy(int sequence, string channel, int status, string said)
    {
        await using var head = await HeadAsync();
        using var response = await ResendAsync(head, Recent, sequence, channel);
        Assert.Contains(said, (await ApiTests.ProblemAsync(response, status)).GetProperty("detail").GetString(), StringComparison.Ordinal);

        using var form = await head.SendAsync(HttpMethod.Post, $"/deliveries/{Recent.Id}_{sequence}/{channel}/resend", new FormUrlEncodedContent([]));
        Assert.Equal((status, "text/html"), ((int)form.StatusCode, form.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task StatusPage_WithAlertsThatNobodyGot_ShowsThemUntilTheyAreSentAgain()
    {
        await using var head = await HeadAsync();
        var page = await head.PageAsync("/");

        Assert.Equal("2 alerts were given up, and the channel 'pager' is disabled. What to do", PageTests.Words(page.QuerySelector("p.callout")!.TextContent));
        var items = page.QuerySelectorAll(".undelivered li").Select(item => PageTests.Words(item.TextContent)).ToList();
        Assert.Equal(2, items.Count);
        Assert.StartsWith("outage a resolved 2026-11-22 21:10:30Z to ops, given up 59 min ago after 11 attempts The receiver answered HTTP 404.", items[0], StringComparison.Ordinal);
        Assert.Contains("opened 2026-11-22 20:10:30Z to ops", items[1], StringComparison.Ordinal);
        Assert.DoesNotContain("certificate", page.QuerySelector("section[aria-labelledby=undelivered]")!.TextContent, StringComparison.Ordinal);

        var form = page.QuerySelectorAll(".undelivered form")[1];
        using var sent = await head.SendAsync(
            HttpMethod.Post, form.GetAttribute("action")!, new FormUrlEncodedContent([new("return", form.QuerySelector("[name=return]")!.GetAttribute("value")!)]));
        Assert.Equal((HttpStatusCode.SeeOther, "/#undelivered"), (sent.StatusCode, sent.Headers.Location?.OriginalString));
        Assert.Single((await head.PageAsync("/")).QuerySelectorAll(".undelivered li"));
    }

    [Fact]
    public async Task StatusPage_ForThePublic_SaysNothingOfAlerts()
    {
        await using var head = await HeadAsync(new WebOptions { ApiKey = WebHead.Key });
        var page = await head.PageAsync("/");
        Assert.Empty(page.QuerySelectorAll("p.callout, .undelivered, a[href='/channels']"));
        Assert.DoesNotContain("ops", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 0, "1 alert was given up")]
    [InlineData(20, 1, "20 alerts were given up, and the channel 'c0' is disabled")]
    [InlineData(25, 2, "More than 20 alerts were given up, and 2 channels are disabled")]
    [InlineData(0, 1, "The channel 'c0' is disabled")]
    public async Task Banner_CountsWhatDidNotArrive(int givenUp, int disabled, string headline)
    {
        var store = new SampleStore();
        store.Add([.. Enumerable.Range(1, givenUp).Select(sequence =>
            Samples.Delivery(Recent, sequence, "c0", TransitionType.Reminded, DeliveryStatus.GaveUp, 1, TimeSpan.FromMinutes(1)))]);
        for (var i = 0; i < 3; i++)
        {
            var channel = Samples.Channel($"c{i}");
            store.Add(channel);
            if (i < disabled)
                store.Add(Samples.Disabled(channel, TimeSpan.FromHours(1), "gone"));
        }

        await using var head = await WebHead.StartAsync(store: store);
        Assert.StartsWith(headline + ".", (await head.PageAsync("/")).QuerySelector("p.callout")!.TextContent.Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointPage_TellsRemindersEscalationsAndFlapping()
    {
        var incident = Samples.Incident("a", IncidentKind.Outage, TimeSpan.FromHours(5), "Down.", "open-too-long") with
        {
            Sequence = 5,
            Escalations = 2,
            ToldAt = Samples.Now - TimeSpan.FromMinutes(20),
            Flapping = true,
        };
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("a"), EndpointSource.Api), Samples.State(Verdict.Down, TimeSpan.FromHours(5), incident), [], [incident]);
        store.Add(
            Samples.Delivery(incident, 3, "ops", TransitionType.Reminded, DeliveryStatus.Delivered, 1, TimeSpan.FromHours(1)),
            Samples.Delivery(incident, 4, "boss", TransitionType.Escalated, DeliveryStatus.GaveUp, 2, TimeSpan.FromHours(1)) with { EarlierAttempts = 11 });
        await using var head = await WebHead.StartAsync(store: store);

        var item = (await head.PageAsync("/endpoints/a")).QuerySelector(".history li")!;

        var text = PageTests.Words(item.TextContent);
        Assert.Contains("open for 5 h flapping rule open-too-long", text, StringComparison.Ordinal);
        Assert.Contains("told again 2 times, escalated 2 times, last 20 min ago", text, StringComparison.Ordinal);
        Assert.Contains("delivered reminded (alert 3) to ops", text, StringComparison.Ordinal);
        Assert.Contains("gave up escalated (alert 4) to boss 2 attempts, and 11 before it was sent again", text, StringComparison.Ordinal);
        Assert.Equal($"/deliveries/{incident.Id}_4/boss/resend", Assert.Single(item.QuerySelectorAll("form")).GetAttribute("action"));
        Assert.NotNull((await head.PageAsync("/")).QuerySelector(".incident .flapping"));
    }

    private static Task<HttpResponseMessage> ResendAsync(WebHead head, Incident incident, int sequence, string channel) =>
        head.SendAsync(HttpMethod.Post, $"/api/deliveries/{incident.Id}_{sequence}/{channel}/resend");

    private static Task<WebHead> HeadAsync(WebOptions? options = null)
    {
        var store = new SampleStore();
        var endpoint = Samples.Endpoint("a");
        store.Add(new(endpoint, EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), [], [Recent, Old]);
        var pager = Samples.Channel("pager", ChannelType.Pagerduty);
        store.Add(Samples.Channel("ops"), pager, Samples.Channel("chat", ChannelType.Slack));
        store.Add(Samples.Disabled(pager, TimeSpan.FromHours(3), "the receiver answered HTTP 410 (Gone)"));
        const string Error = "The receiver answered HTTP 404.";
        store.Add(
            Samples.Delivery(Recent, 1, "ops", TransitionType.Opened, DeliveryStatus.GaveUp, 11, TimeSpan.FromMinutes(100), Error),
            Samples.Delivery(Recent, 1, "pager", TransitionType.Opened, DeliveryStatus.Delivered, 1, TimeSpan.FromMinutes(119)),
            Samples.Delivery(Recent, 2, "ops", TransitionType.Resolved, DeliveryStatus.GaveUp, 11, TimeSpan.FromMinutes(59.5), Error),
            Samples.Delivery(Recent, 1, "removed", TransitionType.Opened, DeliveryStatus.Delivered, 1, TimeSpan.FromMinutes(119)),
            Samples.Delivery(Recent, 1, "chat", TransitionType.Opened, DeliveryStatus.Pending, 2, TimeSpan.FromMinutes(1), Error),
            Samples.Delivery(Old, 1, "ops", TransitionType.Opened, DeliveryStatus.GaveUp, 11, TimeSpan.FromDays(8.9), Error));
        // The resolve to 'ops' is of an older version, which kept no transition of it.
        store.Keep(Transition(endpoint, 1, "ops", "pager", "chat"));
        return WebHead.StartAsync(options, store);
    }

    private static Transition Transition(Endpoint endpoint, int sequence, params string[] channels) => new(
        IncidentIds.OfTransition(Recent.Id, sequence), TransitionType.Opened, Recent.OpenedAt, Recent, EndpointReference.To(endpoint), Verdict.Down,
        Failure: null, [], channels);
}
