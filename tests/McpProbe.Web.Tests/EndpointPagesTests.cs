using System.Net;
using AngleSharp.Dom;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;

namespace McpProbe.Web.Tests;

/// <summary>The pages of one endpoint: what they say, and what they cost.</summary>
public sealed class EndpointPagesTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };
    private static readonly (string, string) WithKey = ("X-Api-Key", WebHead.Key);

    /// <summary>As a person reads it: what a model is told first, line by line; not JSON with its escapes.</summary>
    [Fact]
    public async Task Change_OfAWholeTool_ReadsLineByLine()
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store(IncidentKind.Drift));
        var page = await head.PageAsync("/endpoints/orders", WithKey);
        var added = page.QuerySelectorAll(".change").Single(change => change.TextContent.Contains("tool-added", StringComparison.Ordinal));
        var lines = added.QuerySelector(".after")!.TextContent.Split('\n');

        Assert.Contains(lines, line => line.EndsWith("title: <b>Track</b>", StringComparison.Ordinal));
        Assert.Contains(lines, line => line == "description: Finds orders.");
        Assert.Contains(lines, line => line.StartsWith("inputSchema: {", StringComparison.Ordinal));
        Assert.All(added.QuerySelectorAll("ins"), marked => Assert.Equal("", marked.TextContent));
    }

    [Theory]
    [InlineData(Verdict.Healthy, "", "An agent can work with it. Its texts hold suspicious passages", false)]
    [InlineData(Verdict.Healthy, "suspicious", "let no agent use it until a person has read them", true)]
    [InlineData(Verdict.Degraded, "suspicious", "let no agent use it until a person has read them", true)]
    [InlineData(Verdict.Healthy, "drift", "let no agent use it until a person has read them", true)]
    [InlineData(Verdict.Healthy, "drift suspicious", "let no agent use it until a person has read them", true)]
    [InlineData(Verdict.Down, "outage suspicious", "An agent cannot work with it. And none should", true)]
    public async Task Sentence_OfTextsThatWorkOnTheModel_NeverSaysThatAnAgentCanWorkWithIt(Verdict verdict, string open, string expected, bool distrusted)
    {
        var store = Orders.Into(new SampleStore(), verdict, Kinds(open));
        if (!distrusted)
        {
            // Somebody has read and accepted them.
            store.Set(Orders.Id, store.StateOf(Orders.Id) with
            {
                Drifted = null,
                Baselines = new Dictionary<string, BaselineReference> { [Orders.Protocol] = new(Orders.After.Hashes.Hash, Samples.Now, "Ann") },
            });
        }

        await using var head = await WebHead.StartAsync(Keyed, store);
        foreach (var path in new[] { "", "/tools", "/changes", "/incidents", "/results", "/definition" })
        {
            var sentence = (await head.PageAsync("/endpoints/orders" + path, WithKey)).QuerySelector(".sentence .means")!.TextContent;
            Assert.Contains(expected, sentence, StringComparison.Ordinal);
            if (distrusted)
                Assert.DoesNotContain("agent can work", sentence, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Verdict.Healthy, "", "An agent can work with it.")]
    [InlineData(Verdict.Healthy, "outage", "It answers again; the outage stays open")]
    [InlineData(Verdict.Healthy, "drift", "It answers, but its tools changed: agents that were made for the accepted ones may fail.")]
    [InlineData(Verdict.Degraded, "drift", "may fail. It is also outside its latency or certificate budget.")]
    [InlineData(Verdict.Healthy, "degraded", "An agent can work with it, slower than usual.")]
    [InlineData(Verdict.Healthy, "certificate", "An agent can work with it, until its certificate ends.")]
    [InlineData(Verdict.Healthy, "gated", "It answers; who may use it has changed.")]
    [InlineData(Verdict.Healthy, "slo", "it fails too often for its objective")]
    [InlineData(Verdict.Healthy, "unwatched", "It answers, with an open incident.")]
    [InlineData(Verdict.Gated, "gated", "It is alive and asks for credentials")]
    [InlineData(Verdict.Down, "outage drift", "An agent cannot work with it.")]
    public async Task Sentence_KnowsWhatIsOpen(Verdict verdict, string open, string expected)
    {
        var store = new SampleStore();
        store.Add(
            new RegisteredEndpoint(Samples.Endpoint("a"), EndpointSource.Api),
            Samples.State(verdict, TimeSpan.FromHours(1), [.. Kinds(open).Select(kind => Samples.Incident("a", kind, TimeSpan.FromMinutes(9), "It is open.", "rule"))]),
            Samples.Minutes(1, (_, at) => Samples.Healthy("a", at)));
        await using var head = await WebHead.StartAsync(Keyed, store);

        Assert.Contains(expected, (await head.PageAsync("/endpoints/a")).QuerySelector(".sentence .means")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Charts_OfADay_SayWhatItsResultsSay()
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store());
        var page = await head.PageAsync("/endpoints/orders?phase=catalog");

        // Of 1,380 results that lie in the 24 hours 22 are down.
        Assert.Contains("22 of ", page.QuerySelector(".chart figcaption")!.TextContent, StringComparison.Ordinal);
        Assert.StartsWith("Uptime 98.", page.QuerySelector(".chart figcaption")!.TextContent, StringComparison.Ordinal);
        var measured = LatencyHistogram.Of(Orders.Results().Where(record => record.Slot >= new DateTimeOffset(2026, 11, 21, 22, 15, 0, TimeSpan.Zero))
            .Select(record => record.Result.Timings.CatalogMs).OfType<double>());
        var row = Rows(page, ".percentiles").Single(each => each[0] == "catalog");
        Assert.Equal(measured.Quantile(.95)!.Value.ToString("0", System.Globalization.CultureInfo.InvariantCulture) + " ms", row[2]);
        Assert.Equal(measured.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), row[4]);

        // Each drawing has its table: a row for each quarter of an hour that something is known of.
        var tables = page.QuerySelectorAll("details table.figures");
        Assert.Equal(96, tables[0].QuerySelectorAll("tbody tr").Length);
        Assert.InRange(tables[1].QuerySelectorAll("tbody tr").Length, 88, 94);
        Assert.Equal(3, page.QuerySelectorAll("svg.latency:not(.tokens) path.line").Length);
        // Nobody looked for an hour: the line is broken there.
        Assert.All(page.QuerySelectorAll("svg.latency:not(.tokens) path.line"), line => Assert.True(line.GetAttribute("d")!.Count(c => c == 'M') >= 2));
        Assert.All(page.QuerySelectorAll("svg[role=img]"), svg => Assert.NotEmpty(svg.GetAttribute("aria-label")!));
    }

    [Theory]
    [InlineData("7d", 84, "Last 7 days", "2 hours")]
    [InlineData("30d", 30, "Last 30 days", "a day in UTC")]
    [InlineData("90d", 90, "Last 90 days", "a day in UTC")]
    [InlineData("1y", 96, "Last 24 hours", "15 minutes")]
    public async Task Charts_OfARange_AreDrawnFromRollups(string range, int spans, string heading, string width)
    {
        await using var head = await WebHead.StartAsync(Keyed, await Orders.Store().WithPastAsync());
        var page = await head.PageAsync($"/endpoints/orders?range={range}&phase=nonsense");

        Assert.Equal(heading, page.QuerySelector("#charts")!.TextContent);
        Assert.Equal(spans, page.QuerySelectorAll("svg.uptime > g").Length);
        Assert.Contains(width, page.QuerySelector("section[aria-labelledby=charts] .small")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("handshake", page.QuerySelector(".percentiles [aria-current]")!.TextContent);
        Assert.Equal(["dns", "connect", "tls", "handshake", "catalog", "total"], Rows(page, ".percentiles").Select(row => row[0]));
    }

    [Fact]
    public async Task Charts_OfANewEndpoint_SayThatNothingIsKnown()
    {
        var store = new SampleStore();
        store.Add(new RegisteredEndpoint(Samples.Endpoint("a"), EndpointSource.Api) { Watched = new(Samples.Now, null) }, EndpointState.New, []);
        await using var head = await WebHead.StartAsync(Keyed, store);
        var page = await head.PageAsync("/endpoints/a");

        Assert.Contains("Uptime –", page.QuerySelector(".chart figcaption")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Nothing was measured of the phase handshake", page.QuerySelector("section[aria-labelledby=charts]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_ReadAsText_WithWhatIsSuspiciousMarkedWhereItStands()
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store(IncidentKind.Drift));
        var page = await head.PageAsync("/endpoints/orders/tools", WithKey);

        var tools = page.QuerySelectorAll("article.tool");
        Assert.Equal(["cancel_order", "find_orders", "track_parcel"], tools.Select(tool => tool.QuerySelector("h3 code")!.TextContent));
        Assert.Equal(["writes", "destructive"], tools[0].QuerySelectorAll(".label").Select(label => label.TextContent));
        Assert.Equal("Cancel", PageTests.Words(tools[0].QuerySelector(".tool-title")!.TextContent));
        Assert.Matches("about [0-9]+ tokens", tools[0].QuerySelector(".tool-facts")!.TextContent);

        // The text is text, whatever markup it holds.
        var text = tools[2].QuerySelector(".tool-text")!;
        Assert.Contains("""<img src="http://evil.example/pixel.png"><script>alert(1)</script>![x](http://evil.example/md.png)""", text.TextContent, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("article.tool img, article.tool script, article.tool b b, article.tool a[href*=evil]"));
        Assert.Equal(["Ignore all previous instructions", "read ~/.ssh"], text.QuerySelectorAll("mark").Select(mark => mark.TextContent));
        Assert.Equal(["U+200B", "U+202E"], text.QuerySelectorAll(".hidden-character").Select(part => part.TextContent));
        Assert.Contains("<b>Track</b>", tools[2].QuerySelector(".tool-title")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(4, tools[2].QuerySelectorAll(".change.f-hard").Length);

        // What changed since the baseline, at each tool; what is gone, on top.
        Assert.Equal(["1 breaking", "1 warning"], tools[1].QuerySelectorAll(".tool-facts .tag").Select(tag => tag.TextContent));
        Assert.Contains("tool-added", tools[2].TextContent, StringComparison.Ordinal);
        Assert.Contains("The tool 'list_returns' is gone", page.QuerySelector("section[aria-labelledby=tools]")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("2 changed since the baseline, 1 gone", PageTests.Words(page.QuerySelector("section[aria-labelledby=tools] p")!.TextContent), StringComparison.Ordinal);

        // Parameters as a list, required ones first, and the schema itself.
        Assert.Equal(["query", "region", "limit"], tools[1].QuerySelectorAll(".parameters dt code").Select(name => name.TextContent));
        Assert.Equal("region string, required", PageTests.Words(tools[1].QuerySelectorAll(".parameters dt")[1].TextContent));
        Assert.Contains("\"enum\": [\"eu\", \"us\"]", tools[1].QuerySelector("pre")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("Output · 1 property", tools[2].TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?changed=true", new[] { "find_orders", "track_parcel" })]
    [InlineData("?q=CANCEL", new[] { "cancel_order" })]
    [InlineData("?q=at+most+50", new[] { "find_orders" })]
    [InlineData("?q=nowhere", new string[0])]
    [InlineData("?tool=find_orders", new[] { "find_orders" })]
    [InlineData("?tool=list_returns", new string[0])]
    public async Task Tools_Searched_AreThoseThatFit(string query, string[] expected)
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store(IncidentKind.Drift));
        var page = await head.PageAsync("/endpoints/orders/tools" + query, WithKey);
        Assert.Equal(expected, page.QuerySelectorAll("article.tool h3 code").Select(name => name.TextContent));
        if (expected.Length == 0)
            Assert.Contains(query.Contains("tool=", StringComparison.Ordinal) ? "No tool of this name" : "No tool fits", page.Body!.TextContent, StringComparison.Ordinal);
    }

    /// <summary>The most that McpProbe reads, each with a text that fills a page.</summary>
    [Fact]
    public async Task Tools_TenThousand_GivePagesOfTheUsualSizeThatReachEachOnce()
    {
        var words = string.Concat(Enumerable.Repeat("Finds what was asked for, by words and numbers. ", 2));
        var catalog = Orders.Catalog([.. Enumerable.Range(0, 10_000).Select(i => Orders.Tool($"tool_{i:00000}", words))]);
        var store = Orders.Store();
        store.AddCatalog(catalog.Hashes.Hash, catalog.Canonical);
        store.Set(Orders.Id, store.StateOf(Orders.Id) with
        {
            Drifted = null,
            Baselines = new Dictionary<string, BaselineReference> { [Orders.Protocol] = new(catalog.Hashes.Hash, Samples.Now, "Ann") },
        });
        await using var head = await WebHead.StartAsync(Keyed, store);

        using var response = await head.GetAsync("/endpoints/orders/tools", WithKey);
        Assert.InRange((await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 20_000, 150_000);
        var first = await head.PageAsync("/endpoints/orders/tools", WithKey);
        Assert.Contains("10000 tools", first.QuerySelector("section[aria-labelledby=tools]")!.TextContent, StringComparison.Ordinal);
        var shown = first.QuerySelectorAll("article.tool").Length;
        Assert.Equal($"/endpoints/orders/tools?after={shown}", first.QuerySelector("a[rel=next]")!.GetAttribute("href"));
        var second = await head.PageAsync($"/endpoints/orders/tools?after={shown}", WithKey);
        Assert.Equal($"tool_{shown:00000}", second.QuerySelector("article.tool h3 code")!.TextContent);
        var last = await head.PageAsync("/endpoints/orders/tools?after=9999", WithKey);
        Assert.Equal("tool_09999", Assert.Single(last.QuerySelectorAll("article.tool h3 code")).TextContent);
        Assert.Null(last.QuerySelector("a[rel=next]"));
    }

    [Fact]
    public async Task Tools_OneThatIsLong_IsShortInTheListAndInFullOnItsOwnPage()
    {
        var text = string.Concat(Enumerable.Range(0, 4000).Select(i => $"Sentence {i}. "));
        var store = WithCatalog(Orders.Catalog(Orders.Tool("long", text), """{"name":"odd","description":7,"inputSchema":true,"annotations":[1],"_meta":{"a/b":"\ud800"},"title":"t\ud800"}"""));
        await using var head = await WebHead.StartAsync(Keyed, store);

        var list = await head.PageAsync("/endpoints/orders/tools", WithKey);
        Assert.DoesNotContain("Sentence 3999", list.Body!.TextContent, StringComparison.Ordinal);
        var alone = await head.PageAsync(list.QuerySelector(".tool-text a")!.GetAttribute("href")!, WithKey);
        Assert.Contains("Sentence 3999", alone.QuerySelector(".tool-text")!.TextContent, StringComparison.Ordinal);
        // What is no text, or half a character, is shown as it is.
        Assert.Contains("\\ud800", list.QuerySelectorAll("article.tool")[1].TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_ThatAreNotThere_AreSaidToBe()
    {
        var store = Orders.Store();
        store.ForgetCatalogs();
        store.Add(new RegisteredEndpoint(Samples.Endpoint("new"), EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(Keyed, store);

        Assert.Contains("not stored any more", (await head.PageAsync("/endpoints/orders/tools", WithKey)).Body!.TextContent, StringComparison.Ordinal);
        Assert.Contains("No probe has read its catalogue yet", (await head.PageAsync("/endpoints/new/tools", WithKey)).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_TwoPoints_StandSideBySide()
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store(IncidentKind.Drift));
        var changes = await head.PageAsync("/endpoints/orders/changes", WithKey);
        Assert.Equal(2, changes.QuerySelectorAll("select#from option").Length);

        var page = await head.PageAsync("/endpoints/orders/compare?from=2026-11-22T10:00:00Z&to=" + Orders.After.Hashes.Hash, WithKey);

        var find = page.QuerySelectorAll("section.card").Single(card => card.QuerySelector("h2")!.TextContent.Trim() == "find_orders");
        var row = find.QuerySelectorAll(".side tbody tr").Single(each => each.TextContent.Contains("at most", StringComparison.Ordinal));
        Assert.EndsWith("Returns at most 20.", row.QuerySelector(".before")!.TextContent.Trim(), StringComparison.Ordinal);
        Assert.EndsWith("Returns at most 50.", row.QuerySelector(".after")!.TextContent.Trim(), StringComparison.Ordinal);
        Assert.Contains("…", find.QuerySelector(".left-out")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(Orders.Before.Hashes.Hash, page.QuerySelector("select#from option[selected]")!.GetAttribute("value"));
        var added = page.QuerySelectorAll("section.card").Single(card => card.QuerySelector("h2")!.TextContent.Trim() == "track_parcel");
        Assert.Empty(added.QuerySelectorAll(".side .before"));
        Assert.Empty(page.QuerySelectorAll("img, .side script"));

        var same = await head.PageAsync($"/endpoints/orders/compare?from={Orders.After.Hashes.Hash}&to={Orders.After.Hashes.Hash}", WithKey);
        Assert.Contains("They are the same", same.Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Incidents_FoldTheirDeliveriesAndPage()
    {
        var store = Orders.Store();
        for (var i = 0; i < 45; i++)
        {
            var incident = Samples.Incident(Orders.Id, IncidentKind.Outage, TimeSpan.FromDays(1 + i), $"Outage {i}.", "rule", TimeSpan.FromMinutes(3));
            store.Incidents.Add(incident.Id, incident);
        }

        await using var head = await WebHead.StartAsync(Keyed, store);
        var seen = new List<string>();
        for (var path = "/endpoints/orders/incidents"; path is not null;)
        {
            var page = await head.PageAsync(path, WithKey);
            seen.AddRange(page.QuerySelectorAll(".history > li").Select(item => item.QuerySelectorAll("p")[1].TextContent));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.Equal(46, seen.Distinct().Count());
        Assert.Equal(46, seen.Count);
        var first = await head.PageAsync("/endpoints/orders", WithKey);
        Assert.Equal("2 alerts: 2 delivered", first.QuerySelector(".history details summary")!.TextContent);
        Assert.False(first.QuerySelector(".history details")!.HasAttribute("open"));
        Assert.Empty((await head.PageAsync("/endpoints/orders/incidents")).QuerySelectorAll(".deliveries"));
    }

    [Fact]
    public async Task Pages_ForThePublic_HaveNeitherToolsNorNotesNorTheDefinition()
    {
        await using var head = await WebHead.StartAsync(Keyed, Orders.Store());
        foreach (var path in new[] { "/tools", "/compare", "/definition", "/edit" })
        {
            using var refused = await head.GetAsync("/endpoints/orders" + path, ("Accept", "text/html"));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        foreach (var path in new[] { "", "/changes", "/incidents", "/results" })
        {
            var page = await head.PageAsync("/endpoints/orders" + path);
            Assert.Equal(["Overview", "Changes", "Incidents", "Results"], page.QuerySelectorAll(".tabs a").Select(tab => tab.TextContent));
            Assert.DoesNotContain("order book", page.Body!.TextContent, StringComparison.Ordinal);
            Assert.DoesNotContain("SECRET_ORDERS", page.Body!.TextContent, StringComparison.Ordinal);
            Assert.Empty(page.QuerySelectorAll("a[href*='/tools'], form[method=post]"));
        }

        Assert.Contains("The shop's order book.", (await head.PageAsync("/endpoints/orders", WithKey)).QuerySelector("section[aria-labelledby=notes]")!.TextContent, StringComparison.Ordinal);
        foreach (var path in new[] { "", "/changes", "/incidents", "/results", "/tools", "/compare", "/definition" })
        {
            using var missing = await head.GetAsync("/endpoints/missing" + path, WithKey, ("Accept", "text/html"));
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
    }

    /// <summary>However long the past is, a page asks the store a bounded number of times, and is of a bounded size.</summary>
    [Theory]
    [InlineData("", 12, 150_000)]
    [InlineData("?range=90d&phase=total", 14, 150_000)]
    [InlineData("?range=7d", 14, 150_000)]
    [InlineData("/tools", 6, 60_000)]
    [InlineData("/changes", 5, 60_000)]
    [InlineData("/incidents", 30, 60_000)]
    [InlineData("/results", 4, 60_000)]
    [InlineData("/definition", 4, 20_000)]
    [InlineData("/compare", 12, 60_000)]
    public async Task Pages_AskTheStoreABoundedNumberOfTimes(string path, int requests, int bytes)
    {
        var store = await Orders.Store(IncidentKind.Drift, IncidentKind.Suspicious).WithPastAsync();
        await using var head = await WebHead.StartAsync(Keyed, store);
        var before = store.Steps;
        using var response = await head.GetAsync("/endpoints/orders" + path, WithKey);
        var page = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine($"{path}: {store.Steps - before} requests, {page.Length} bytes");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.InRange(store.Steps - before, 1, requests);
        Assert.InRange(page.Length, 1000, bytes);
    }

    private static SampleStore WithCatalog(ToolCatalog catalog)
    {
        var store = Orders.Store();
        store.AddCatalog(catalog.Hashes.Hash, catalog.Canonical);
        store.Set(Orders.Id, store.StateOf(Orders.Id) with { Drifted = new DriftCandidate(Orders.Protocol, catalog.Hashes.Hash, Orders.DriftedAt) });
        return store;
    }

    private static IncidentKind[] Kinds(string names) =>
        [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => Enum.Parse<IncidentKind>(name, ignoreCase: true))];

    private static List<string[]> Rows(IDocument page, string table) => [.. page.QuerySelectorAll($"{table} tbody tr")
        .Select(row => row.Children.Select(cell => cell.TextContent.Trim()).ToArray())];
}
