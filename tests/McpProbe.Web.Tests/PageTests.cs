using System.Net;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Text;

namespace McpProbe.Web.Tests;

/// <summary>What people read, without a script, and what must not harm them.</summary>
public sealed class PageTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };

    // Markup, a mention, a right-to-left override, a zero-width space and a tag character.
    private const string Hostile = "<script>alert(1)</script>@channel \u202Egnp.exe\u200B\U000E0041 &amp;";

    [Fact]
    public async Task Style_EveryKindOfIncident_HasItsColour()
    {
        var style = await SourceTree.ReadAsync("src/McpProbe.Web/Pages/app.css");
        Assert.All(WireNames.All<IncidentKind>(), kind => Assert.Matches($@"\.k-{kind}[ ,{{]", style));
    }

    [Fact]
    public async Task Pages_StoredDefinitionThatDoesNotValidate_SayWhatIsWrong()
    {
        var store = new SampleStore();
        store.Add(RegisteredEndpoint.Read("old", """{"url":"ftp://example.com"}"""u8.ToArray(), EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(store: store);

        Assert.Contains("its stored definition is not valid", (await head.PageAsync("/")).Body!.TextContent, StringComparison.Ordinal);
        var page = (await head.PageAsync("/endpoints/old")).Body!.TextContent;
        Assert.Contains("Put it again, or delete it", page, StringComparison.Ordinal);
        Assert.Contains("body:1:", page, StringComparison.Ordinal);
        using var api = await head.GetAsync("/api/endpoints/old");
        var text = await api.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"mistakes\":[\"body:1:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusPage_OnABadEvening_SaysFirstWhatIsBrokenSinceWhenAndWhy()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var page = await head.PageAsync("/");

        Assert.Equal("1 of 6 endpoints is down", page.QuerySelector("h1")?.TextContent);
        Assert.StartsWith("1 of 6 endpoints is down", page.Title, StringComparison.Ordinal);
        var incidents = page.QuerySelectorAll(".incident").Select(item => Words(item.TextContent)).ToList();
        Assert.Equal(2, incidents.Count);
        Assert.StartsWith("outage Payments for 12 min, since 2026-11-22 21:58:00Z 3 probes in a row failed", incidents[0], StringComparison.Ordinal);
        Assert.Contains("HTTP 503 (Service Unavailable) twice. Look at its deployment", incidents[0], StringComparison.Ordinal);
        Assert.StartsWith("drift Product search", incidents[1], StringComparison.Ordinal);

        Assert.Equal(["Gateway", "Platform", "Other endpoints"], page.QuerySelectorAll(".group h3").Select(heading => Words(heading.TextContent)));
        var rows = page.QuerySelectorAll(".endpoints tbody tr").Select(row => Words(row.TextContent)).ToList();
        Assert.Equal(6, rows.Count);
        Assert.StartsWith("Payments https://payments.example.com/mcp down for 14 min outage incident", rows[0], StringComparison.Ordinal);
        // A server whose tools drifted is not plainly healthy.
        Assert.StartsWith("Product search https://search.example.com/mcp healthy for 3 d drift incident", rows[1], StringComparison.Ordinal);
        Assert.DoesNotContain("Browser", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Verdict.Healthy, Verdict.Healthy, "All 2 endpoints work")]
    [InlineData(Verdict.Healthy, Verdict.Gated, "All 2 endpoints work")]
    [InlineData(Verdict.Healthy, Verdict.Degraded, "1 of 2 endpoints is degraded")]
    [InlineData(Verdict.Down, Verdict.Degraded, "1 of 2 endpoints is down")]
    [InlineData(Verdict.Down, Verdict.Down, "2 of 2 endpoints are down")]
    [InlineData(Verdict.Unknown, Verdict.Unknown, "Waiting for the first probes")]
    [InlineData(Verdict.Unknown, Verdict.Healthy, "Nothing can be said of 1 of 2 endpoints")]
    public async Task StatusPage_Headline_NamesTheWorst(Verdict first, Verdict second, string headline)
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("a"), EndpointSource.Api), Samples.State(first, TimeSpan.FromHours(1)), []);
        store.Add(new(Samples.Endpoint("b"), EndpointSource.Api), Samples.State(second, TimeSpan.FromHours(1)), []);
        await using var head = await WebHead.StartAsync(Keyed, store);
        Assert.Equal(headline, (await head.PageAsync("/")).QuerySelector("h1")?.TextContent);
    }

    [Fact]
    public async Task StatusPage_WithoutEndpoints_SaysHowToAddOne()
    {
        await using var keyless = await WebHead.StartAsync();
        var text = (await keyless.PageAsync("/")).QuerySelector(".welcome")!.TextContent;
        Assert.Contains("--probes probes.yaml", text, StringComparison.Ordinal);
        Assert.Contains($"curl -X PUT {keyless.Url.GetLeftPart(UriPartial.Authority)}/api/endpoints/my-server \\\n", text, StringComparison.Ordinal);

        await using var keyed = await WebHead.StartAsync(Keyed);
        Assert.NotNull((await keyed.PageAsync("/")).QuerySelector(".welcome a[href='/sign-in']"));
        var signedIn = (await keyed.PageAsync("/", ("X-Api-Key", WebHead.Key))).QuerySelector(".welcome")!.TextContent;
        Assert.Contains("Bearer $MCPPROBE_API_KEY", signedIn, StringComparison.Ordinal);
        Assert.DoesNotContain(WebHead.Key, signedIn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusPage_OfManyEndpoints_ShowsTheBrokenOnesFirst()
    {
        var store = new SampleStore();
        for (var i = 0; i < 450; i++)
        {
            store.Add(
                new(Samples.Endpoint($"e{i:000}"), EndpointSource.Api),
                Samples.State(i == 449 ? Verdict.Down : Verdict.Healthy, TimeSpan.FromHours(1)),
                []);
        }

        await using var head = await WebHead.StartAsync(Keyed, store);
        var seen = new List<string>();
        for (var path = "/"; path is not null;)
        {
            var page = await head.PageAsync(path);
            seen.AddRange(page.QuerySelectorAll(".endpoints tbody th a").Select(link => link.TextContent));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.Equal("e449", seen[0]);
        Assert.Equal(450, seen.Distinct().Count());
        Assert.Equal(450, seen.Count);
    }

    [Fact]
    public async Task EndpointPage_OfADownEndpoint_TellsWhyAndWhatBecameOfItsAlerts()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var page = await head.PageAsync("/endpoints/payments", ("X-Api-Key", WebHead.Key));

        Assert.Equal("down for 14 min, since 2026-11-22 21:56:00Z. An agent cannot work with it.", Words(page.QuerySelector(".sentence")!.TextContent));
        Assert.StartsWith("http-status in handshake, HTTP 503 last probe 29 s ago, 2 attempts", Words(page.QuerySelector(".callout")!.TextContent), StringComparison.Ordinal);
        Assert.Contains("tried again in 45 s", page.QuerySelector(".callout")!.TextContent, StringComparison.Ordinal);
        var deliveries = page.QuerySelectorAll(".deliveries li").Select(item => Words(item.TextContent)).ToList();
        Assert.Equal(4, deliveries.Count);
        Assert.Equal("pending opened (alert 1) to pager 4 attempts, 50 s ago, tried again in 1 min The receiver answered HTTP 502 (Bad Gateway).", deliveries[1]);
        Assert.StartsWith("gave up resolved (alert 2) to ops 11 attempts", deliveries[3], StringComparison.Ordinal);
        Assert.Contains("resolved after 6 min", page.QuerySelector(".history")!.TextContent, StringComparison.Ordinal);
        var definition = await head.PageAsync("/endpoints/payments/definition", ("X-Api-Key", WebHead.Key));
        Assert.Contains("${env:PAYMENTS_TOKEN}", definition.QuerySelector("section[aria-labelledby=definition]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointPage_ForThePublic_HidesTheDefinitionAndTheAlerts()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var page = await head.PageAsync("/endpoints/payments");
        Assert.Null(page.QuerySelector("section[aria-labelledby=definition]"));
        Assert.Empty(page.QuerySelectorAll(".deliveries"));
        Assert.DoesNotContain("pager", page.Body!.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("PAYMENTS_TOKEN", page.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointPage_AfterADrift_ReadsAsADiff()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var page = await head.PageAsync("/endpoints/search");
        var changes = page.QuerySelectorAll(".change");
        Assert.Equal(["breaking", "breaking", "warning", "info"], changes.Select(change => change.QuerySelector(".tag")!.TextContent));
        Assert.Equal(",\"region\"", changes[0].QuerySelector("ins")!.TextContent);
        Assert.Equal("", changes[0].QuerySelector("del")!.TextContent);
        Assert.Equal("""before: ["query"]""", Words(changes[0].QuerySelector(".before")!.TextContent).TrimStart('−', ' '));
        Assert.Null(changes[1].QuerySelector(".diff"));
        Assert.Equal("20", changes[2].QuerySelector("del")!.TextContent[^2..]);
        Assert.Equal("50", changes[2].QuerySelector("ins")!.TextContent[^2..]);
    }

    [Fact]
    public async Task EndpointPage_OlderResults_AreAllReached()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var slots = new List<string?>();
        for (var path = "/endpoints/payments"; path is not null;)
        {
            var page = await head.PageAsync(path.Split('#')[0]);
            slots.AddRange(page.QuerySelectorAll(".results tbody th time").Select(time => time.GetAttribute("datetime")));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.Equal(140, slots.Count);
        Assert.Equal(slots.Order(StringComparer.Ordinal).Reverse(), slots);
        Assert.Equal(140, slots.Distinct().Count());
    }

    [Fact]
    public async Task Pages_WithHostileText_ShowItHarmlessAndVisible()
    {
        var store = new SampleStore();
        var endpoint = new Endpoint { Id = "evil", Name = Hostile, Group = Hostile, Url = new("https://evil.example.com/mcp?<script>"), Visibility = Visibility.Public };
        var incident = Samples.Incident("evil", IncidentKind.Suspicious, TimeSpan.FromMinutes(1), Hostile, "rule");
        var value = JsonDocument.Parse(JsonSerializer.Serialize(Hostile)).RootElement;
        store.Add(
            new(endpoint, EndpointSource.Api),
            Samples.State(Verdict.Down, TimeSpan.FromMinutes(3), incident),
            Samples.Minutes(2, (i, at) => i == 0
                ? Samples.Failed(Hostile, at, new Failure(FailureKind.RpcError, Phase.Catalog, Hostile))
                : Samples.Healthy(Hostile, at) with { Server = new(Hostile, Hostile), ProtocolVersion = Hostile }),
            [incident]);
        store.Add(new DriftRecord("evil", Samples.Now, Hostile, "sha256:0", "sha256:1",
        [
            new(ChangeClass.Warning, "description-changed", Hostile, "/" + Hostile, value, JsonDocument.Parse("\"\\ud800 lone\"").RootElement, Hostile),
        ]));
        store.Add(Samples.Channel("ops"));
        store.Add(Samples.Disabled(Samples.Channel("ops"), TimeSpan.FromMinutes(1), Hostile));
        store.Add(Samples.Delivery(incident, 1, "ops", TransitionType.Opened, DeliveryStatus.GaveUp, 3, TimeSpan.FromMinutes(1), Hostile));
        await using var head = await WebHead.StartAsync(Keyed, store);

        using var asked = await head.SendAsync(
            HttpMethod.Post, "/endpoints/evil/maintenance", new FormUrlEncodedContent([new("duration", "1h"), new("by", Hostile), new("reason", Hostile)]),
            ("X-Api-Key", WebHead.Key));
        Assert.Equal(HttpStatusCode.SeeOther, asked.StatusCode);

        (string, string) accept = ("Accept", "text/html"), key = ("X-Api-Key", WebHead.Key);
        foreach (var (path, headers) in new (string, (string, string)[])[]
        {
            ("/", [accept]), ("/", [accept, key]), ("/channels", [accept, key]), ("/incidents/evil_outage_20261122T220000000Z", [accept, key]), ("/endpoints/evil", [accept]), ("/endpoints/evil", [accept, key]),
            ("/endpoints/%3Cscript%3E%E2%80%AE", [accept]), ("/sign-in?return=%22%3E%3Cscript%3E", [accept]),
        })
        {
            using var response = await head.GetAsync(path, headers);
            var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("<script", html.Replace("<script src=\"/app.js?v=", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            foreach (var hidden in new[] { "\u202E", "\u200B", "\U000E0041", "&#x202E;", "&#x200B;" })
                Assert.DoesNotContain(hidden, WithoutTitle(html), StringComparison.OrdinalIgnoreCase);
        }

        var page = await head.PageAsync("/endpoints/evil");
        Assert.Contains("<script>alert(1)</script>@channel", page.QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(["U+202E", "U+200B", "U+E0041"], page.QuerySelectorAll("h1 .hidden-character").Select(part => part.TextContent));
        Assert.Contains(@"\ud800 lone", page.QuerySelector(".after")!.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", false)]
    [InlineData("/", true)]
    [InlineData("/sign-in", false)]
    [InlineData("/endpoints/payments", false)]
    [InlineData("/endpoints/payments", true)]
    [InlineData("/endpoints/missing", false)]
    [InlineData("/channels", true)]
    [InlineData("/incidents/payments_outage_20261122T215800000Z", false)]
    [InlineData("/incidents/payments_outage_20261122T215800000Z", true)]
    [InlineData("/incidents/missing", true)]
    public async Task Pages_NeedNoForeignScriptNoStyleAttributeAndNothingForeign(string path, bool withKey)
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        (string, string)[] headers = withKey ? [("X-Api-Key", WebHead.Key)] : [];
        using var response = await head.GetAsync(path, headers);
        Assert.Equal(
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.True(response.Headers.CacheControl?.NoStore);

        var page = await head.PageAsync(path, headers);
        Assert.Empty(page.QuerySelectorAll("style, [style], [onclick], [onload], iframe, object"));
        // It says the time in the reader's zone, and nothing else depends on it.
        Assert.StartsWith("/app.js?v=", Assert.Single(page.QuerySelectorAll("script")).GetAttribute("src"), StringComparison.Ordinal);
        Assert.All(page.QuerySelectorAll("link[rel=stylesheet], img"), one =>
            Assert.StartsWith("/", one.GetAttribute("href") ?? one.GetAttribute("src"), StringComparison.Ordinal));
        Assert.Single(page.QuerySelectorAll("h1"));
        Assert.Equal("en", page.DocumentElement.GetAttribute("lang"));
        var ids = page.QuerySelectorAll("[id]").Select(one => one.Id).ToList();
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(page.QuerySelectorAll("[aria-labelledby]"), one => Assert.Contains(one.GetAttribute("aria-labelledby"), ids));
    }

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/endpoints/payments", 200)]
    [InlineData("/endpoints/missing", 404)]
    [InlineData("/api/status", 200)]
    [InlineData("/api/health", 200)]
    [InlineData("/app.css", 200)]
    public async Task Head_OfAnOpenPath_AnswersLikeGetWithoutABody(string path, int status)
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        using var response = await head.SendAsync(HttpMethod.Head, path);
        using var full = await head.GetAsync(path);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(full.Content.Headers.ContentType, response.Content.Headers.ContentType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stylesheet_AskedAgain_IsNotSentAgain()
    {
        await using var head = await WebHead.StartAsync(Keyed);
        var link = (await head.PageAsync("/")).QuerySelector("link[rel=stylesheet]")!.GetAttribute("href")!;
        using var first = await head.GetAsync(link);
        Assert.Equal("text/css", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(TimeSpan.FromDays(365), first.Headers.CacheControl?.MaxAge);
        using var again = await head.GetAsync("/app.css", ("If-None-Match", first.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.True(again.Headers.CacheControl?.NoCache);
    }

    [Fact]
    public async Task Banner_WhenSet_IsOnEveryPage()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { Banner = "A demonstration" }, Samples.Evening());
        foreach (var path in new[] { "/", "/endpoints/missing" })
            Assert.Equal("A demonstration", (await head.PageAsync(path)).QuerySelector(".banner")?.TextContent);
    }

    [Fact]
    public async Task Page_WhenTheStoreCannotBeReached_SaysSoWithoutItsInnards()
    {
        await using var head = await WebHead.StartAsync(Keyed, new SampleStore { Broken = new IOException("disk-secret-path") });
        using var response = await head.GetAsync("/", ("Accept", "text/html"));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("Its log says what happened", text, StringComparison.Ordinal);
        Assert.DoesNotContain("disk-secret-path", text, StringComparison.Ordinal);
        Assert.True(response.Headers.Contains("Content-Security-Policy"));
    }

    internal static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    // A tooltip and the tab's title cannot hold markup; what is hidden stays hidden there.
    private static string WithoutTitle(string html) =>
        System.Text.RegularExpressions.Regex.Replace(html, "<title>.*?</title>", "", System.Text.RegularExpressions.RegexOptions.Singleline);
}
