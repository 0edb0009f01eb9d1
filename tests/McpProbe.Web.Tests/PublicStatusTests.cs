using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Status pages for people outside: what was chosen, and nothing that was not meant for them.</summary>
public sealed class PublicStatusTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };

    private static readonly (string, string) Key = ("X-Api-Key", WebHead.Key);

    /// <summary>What must not be read outside, whoever is signed in.</summary>
    private static readonly string[] Private = ["db7.corp.internal", "hunter-path", "Nadia", "our own words", "reason-text", "tools_secret", "connect to 10.0.0.7", "Unchosen", "unchosen"];

    [Theory]
    [InlineData("/status/outside", false)]
    [InlineData("/status/outside", true)]
    [InlineData("/status/outside?embed", false)]
    [InlineData("/status/outside/orders", false)]
    [InlineData("/status/outside/orders", true)]
    public async Task Page_ShowsWhatWasChosen_AndNothingThatIsPrivate(string path, bool withKey)
    {
        await using var head = await StartAsync();

        using var response = await head.GetAsync(path, withKey ? [Key] : []);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Orders", html, StringComparison.Ordinal);
        Assert.All(Private, secret => Assert.DoesNotContain(secret, html, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Page_TellsTheStateTheIncidentItsPublicNotesAndMaintenanceAhead()
    {
        await using var head = await StartAsync();
        var page = await head.PageAsync("/status/outside");
        var text = PageTests.Words(page.Body!.TextContent);

        Assert.Equal("Some systems are down", PageTests.Words(page.QuerySelector("h1")!.TextContent));
        Assert.StartsWith("Some systems are down · Example", page.Title, StringComparison.Ordinal);
        Assert.Contains("Orders Outage for 12 min, since 2026-11-22 21:58:00Z 2026-11-22 22:05:30Z We are on it.", text, StringComparison.Ordinal);
        Assert.Contains("Books is planned from 2026-11-23 02:00:00Z to 2026-11-23 04:00:00Z", text, StringComparison.Ordinal);
        Assert.Equal(["Orders down", "Books works"], page.QuerySelectorAll(".service").Select(service => PageTests.Words(service.TextContent)));
        Assert.All(page.QuerySelectorAll(".services svg.bar"), bar => Assert.StartsWith("Last 90 days", bar.GetAttribute("aria-label"), StringComparison.Ordinal));
        // Of a drift nobody outside hears, unless somebody writes to them.
        Assert.DoesNotContain("Notice", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_ThatWasChosen_IsPublicThereAndNowhereElse()
    {
        await using var head = await StartAsync();

        Assert.Contains("Orders", (await head.PageAsync("/status/outside/orders")).QuerySelector("h1")!.TextContent, StringComparison.Ordinal);
        foreach (var path in new[] { "/endpoints/orders", "/status/outside/unchosen", "/status/outside/missing", "/status/missing", "/status/other/orders" })
        {
            using var response = await head.GetAsync(path, ("Accept", "text/html"));
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.DoesNotContain("orders", await (await head.GetAsync("/api/status")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Orders", (await head.PageAsync("/")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_AreShown_WhereThePageSaysSo()
    {
        await using var head = await StartAsync(page => page with { ShowHosts = true });
        var text = (await head.PageAsync("/status/outside")).Body!.TextContent;
        Assert.Contains("https://db7.corp.internal", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter-path", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/status/outside", "frame-ancestors 'none'", true)]
    [InlineData("/status/outside?embed", "frame-ancestors https://www.example.com https://a.example.com:8443", false)]
    [InlineData("/status/outside/orders?embed", "frame-ancestors https://www.example.com https://a.example.com:8443", false)]
    [InlineData("/status/other?embed", "frame-ancestors 'none'", true)]
    [InlineData("/?embed", "frame-ancestors 'none'", true)]
    [InlineData("/sign-in?embed", "frame-ancestors 'none'", true)]
    [InlineData("/status/missing?embed", "frame-ancestors 'none'", true)]
    public async Task Frames_AreRefused_ButWhereTheOperatorAllowsThem(string path, string expected, bool denies)
    {
        await using var head = await StartAsync();
        using var response = await head.GetAsync(path, ("Accept", "text/html"));
        Assert.EndsWith(expected, Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal(denies, response.Headers.Contains("X-Frame-Options"));
    }

    [Fact]
    public async Task Logo_OfAnotherSite_IsLoadedByThisPageAlone()
    {
        await using var head = await StartAsync(page => page with { Logo = "https://cdn.example.com/a/logo.png" });
        using var outside = await head.GetAsync("/status/outside");
        Assert.Contains("img-src 'self' data: https://cdn.example.com;", Assert.Single(outside.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        using var other = await head.GetAsync("/");
        Assert.Contains("img-src 'self' data:;", Assert.Single(other.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_ThatIsConfiguredAnew_IsTheNewOneAtOnce()
    {
        await using var head = await StartAsync();
        Assert.Equal(2, (await head.PageAsync("/status/outside")).QuerySelectorAll(".service").Length);

        head.Store.Pages.All = [head.Store.Pages.All[0] with { Groups = [] }];

        Assert.Equal(["Orders down"], (await head.PageAsync("/status/outside")).QuerySelectorAll(".service").Select(service => PageTests.Words(service.TextContent)));
    }

    [Fact]
    public async Task Asking_OverAndOver_ReadsNoMore()
    {
        await using var head = await StartAsync();
        (await head.GetAsync("/status/outside")).Dispose();
        var once = head.Store.Steps;

        await Parallel.ForAsync(0, 30, TestContext.Current.CancellationToken, async (i, _) => (await head.GetAsync(i % 2 == 0 ? "/status/outside" : "/status/outside/orders")).Dispose());
        foreach (var made in new[] { "/status/a", "/status/b", "/status/outside/x" })
            (await head.GetAsync(made)).Dispose();

        Assert.Equal(once, head.Store.Steps);
    }

    [Fact]
    public async Task Note_WrittenForEverybody_ShowsWithoutItsWriter()
    {
        await using var head = await StartAsync();
        using var written = await head.SendAsync(
            HttpMethod.Post, $"/incidents/{head.Store.StateOf("orders").OpenIncidents[0].Id}/notes",
            new FormUrlEncodedContent([new("by", "Nadia"), new("text", "A part is being replaced."), new("public", "yes")]), Key);
        Assert.Equal(HttpStatusCode.SeeOther, written.StatusCode);

        head.Time.Advance(TimeSpan.FromSeconds(31));
        var text = (await head.PageAsync("/status/outside")).Body!.TextContent;

        Assert.Contains("A part is being replaced.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Nadia", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_WithHostileText_ShowsItHarmless()
    {
        const string Hostile = "<script>alert(1)</script>\u202Egnp";
        var store = new SampleStore();
        store.Add(new(new Endpoint { Id = "evil", Name = Hostile, Group = Hostile, Url = new("https://evil.example.com/mcp") }, EndpointSource.Api), EndpointState.New, []);
        store.Pages.All = [new PublicPage { Name = "p", Title = Hostile, Logo = "data:image/png;base64,\"><script>", Groups = [Hostile] }];
        await using var head = await WebHead.StartAsync(Keyed, store);
        foreach (var path in new[] { "/status/p", "/status/p/evil", "/status/p?embed" })
        {
            var html = await (await head.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain("<script", html.Replace("<script src=\"/app.js?v=", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            Assert.Contains("202E</span>", html, StringComparison.Ordinal);
        }
    }

    private static Task<WebHead> StartAsync(Func<PublicPage, PublicPage>? change = null)
    {
        var store = new SampleStore();
        var outage = Samples.Incident("orders", IncidentKind.Outage, TimeSpan.FromMinutes(12.5), "Cannot connect to 10.0.0.7 of db7.corp.internal.", "failures-in-a-row") with
        {
            Notes =
            [
                new("Nadia", Samples.Now - TimeSpan.FromMinutes(9), "our own words about db7.corp.internal"),
                new("Nadia", Samples.Now - TimeSpan.FromMinutes(5), "We are on it.") { Public = true },
            ],
            Acknowledgements = [new("Nadia", Samples.Now - TimeSpan.FromMinutes(9), Samples.Now + TimeSpan.FromHours(2))],
        };
        var drift = Samples.Incident("books", IncidentKind.Drift, TimeSpan.FromHours(2), "tools_secret changed.", "catalog-changed-breaking");
        store.Add(
            new(Of("orders", "Orders", null), EndpointSource.Api),
            Samples.State(Verdict.Down, TimeSpan.FromMinutes(14), outage) with { Maintenance = new AdHocMaintenance(Samples.Now.AddDays(30), Samples.Now.AddDays(31), "Nadia", "reason-text") },
            Samples.Minutes(3, (_, at) => Samples.Failed("https://db7.corp.internal/hunter-path", at, new Failure(FailureKind.Refused, Phase.Connect, "connect to 10.0.0.7 refused"))), [outage]);
        store.Add(
            new(Of("books", "Books", "Shop") with { Maintenance = [new MaintenanceWindow("0 2 * * *", TimeSpan.FromHours(2))] }, EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromDays(2), drift),
            Samples.Minutes(3, (_, at) => Samples.Healthy("https://db7.corp.internal/hunter-path", at)), [drift]);
        store.Add(new(Of("unchosen", "Unchosen", "Desk"), EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromDays(2)), []);
        var page = new PublicPage { Name = "outside", Title = "Example", Groups = ["Shop"], Endpoints = ["orders"], EmbedIn = ["https://www.example.com", "https://a.example.com:8443"] };
        store.Pages.All = [change is null ? page : change(page), new PublicPage { Name = "other", Groups = ["Shop"] }];
        return WebHead.StartAsync(Keyed, store);
    }

    private static Endpoint Of(string id, string name, string? group) => new()
    {
        Id = id,
        Name = name,
        Group = group,
        Url = new Uri("https://db7.corp.internal/hunter-path/mcp"),
    };
}
