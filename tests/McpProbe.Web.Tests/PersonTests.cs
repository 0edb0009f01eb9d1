using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>What somebody does with the pages, in a real browser: looks, types, clicks, and walks by the keyboard.</summary>
public sealed class PersonTests
{
    private const string Hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202Egnp";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Finding_ABrokenEndpointAmong500_AndReadingWhy(bool script)
    {
        await using var head = await WebHead.StartAsync(store: FiveHundred());
        await using var page = await BrowserPage.StartAsync(script: script);
        await page.OpenAsync(head.Url);

        // What is wrong stands first, whatever its name.
        if (script)
        {
            Assert.Equal("1 of 500 endpoints is down", await page.TextAsync("h1"));
            Assert.StartsWith("zz-orders", await page.TextAsync(".endpoints tbody tr:first-child th"), StringComparison.Ordinal);
        }

        await page.OpenAsync(new Uri(head.Url, "/?q=orders&problems=1"));
        var html = (await (await head.GetAsync("/?q=orders&problems=1")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("1 endpoint fits of 500.", html, StringComparison.Ordinal);
        if (!script)
            return;
        Assert.Equal(1, await page.CountAsync(".endpoints tbody tr"));
        await page.FollowAsync("#e-zz-orders th a");
        Assert.Contains("connection refused", await page.TextAsync("main"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Filtering_ByTypingAndEnter_ShowsTheSameAsTheLink()
    {
        await using var head = await WebHead.StartAsync(store: FiveHundred());
        await using var page = await BrowserPage.StartAsync();
        await page.OpenAsync(head.Url);

        await page.TypeAsync("#q", "team-07 orders");
        await page.ChooseAsync("#state", "healthy");
        await page.FollowAsync(".filters button");

        Assert.Equal("0 of 500", $"{await page.CountAsync(".endpoints tbody tr")} of 500");
        Assert.Contains("No endpoint fits", await page.TextAsync(".found"), StringComparison.Ordinal);
        await page.FollowAsync(".filters a");
        await page.TypeAsync("#q", "team-07");
        await page.FollowAsync(".filters button");
        Assert.Equal(26, await page.CountAsync(".endpoints tbody tr"));
        Assert.Contains("q=team-07", (await page.AskAsync("location.search")).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renewing_KeepsWhatIsTypedFocusedFoldedAndScrolledTo()
    {
        await using var head = await WebHead.StartAsync(store: FiveHundred());
        await using var page = await BrowserPage.StartAsync(1280, 600);
        await page.OpenAsync(head.Url);
        // The page's own clock is not waited for.
        await page.OpenAsync(new Uri(head.Url, "/?sort=name"));
        await page.AskAsync("document.getElementById('main').dataset.kept = 'yes'");
        await page.TypeAsync("#q", "half typ");
        await page.AskAsync("document.querySelectorAll('details.group')[0].open = false; window.scrollTo(0, 700)");
        var at = (await page.AskAsync("window.scrollY")).GetDouble();
        Assert.True(at > 100);
        await page.AskAsync("document.querySelector('#q').focus({preventScroll: true}); document.querySelector('#q').setSelectionRange(2, 5)");

        // Meanwhile one more breaks.
        head.Store.Set("a-000", Samples.State(Verdict.Down, TimeSpan.FromMinutes(1)));
        await page.AskAsync("window.renewedBefore = Number(document.getElementById('main').dataset.renewed || 0)");
        await page.UntilAsync("Number(document.getElementById('main').dataset.renewed || 0) > window.renewedBefore");

        Assert.Equal("2 of 500 endpoints are down", await page.TextAsync("h1"));
        Assert.StartsWith("2 of 500", (await page.AskAsync("document.title")).GetString(), StringComparison.Ordinal);
        Assert.Equal("half typ 2 5 q", (await page.AskAsync("(e => `${e.value} ${e.selectionStart} ${e.selectionEnd} ${document.activeElement.id}`)(document.querySelector('#q'))")).GetString());
        Assert.False((await page.AskAsync("document.querySelectorAll('details.group')[0].open")).GetBoolean());
        Assert.Equal(at, (await page.AskAsync("window.scrollY")).GetDouble(), 40.0);
        Assert.DoesNotContain(page.Console, line => line.Contains("Content Security Policy", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Renewing_CanBeStopped()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        await using var page = await BrowserPage.StartAsync();
        await page.OpenAsync(head.Url);
        Assert.Contains("renewed every 15 s", await page.TextAsync("footer"), StringComparison.Ordinal);
        await page.ClickAsync("#renewal button");
        Assert.Contains("not renewed", await page.TextAsync("footer"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Planning_AMaintenance_ShowsOnTheEndpointsPageAndOutside()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        await using var page = await BrowserPage.StartAsync();
        await page.OpenAsync(new Uri(head.Url, "/endpoints/docs"));

        await page.TypeAsync("section[aria-labelledby=maintenance] input[name=by]", "Ann");
        await page.FollowAsync("form[action$='/maintenance'] button[type=submit]");

        Assert.Contains("In maintenance until", await page.TextAsync("main"), StringComparison.OrdinalIgnoreCase);
        await page.OpenAsync(head.Url);
        Assert.Contains("maintenance", await page.TextAsync("#e-docs"), StringComparison.Ordinal);
        await page.OpenAsync(new Uri(head.Url, "/status/public/docs"));
        Assert.Contains("in maintenance", await page.TextAsync(".sentence"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Acknowledging_AnIncident_FromTheOverview()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        await using var page = await BrowserPage.StartAsync();
        await page.OpenAsync(head.Url);

        await page.FollowAsync(".incident a[href^='/incidents/']");
        await page.TypeAsync("#taker", "Ann");
        await page.FollowAsync("form[action$='/acknowledge'] button");

        Assert.Contains("Ann has taken it on until", await page.TextAsync("main"), StringComparison.Ordinal);
        await page.OpenAsync(new Uri(head.Url, "/incidents?state=open"));
        Assert.Contains("Taken on by Ann", await page.TextAsync(".history"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keyboard_ReachesTheContentFirst_AndFoldsAGroup()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        await using var page = await BrowserPage.StartAsync();
        await page.OpenAsync(head.Url);

        await page.PressAsync("Tab");
        Assert.Equal("Skip to the content", (await page.AskAsync("document.activeElement.textContent")).GetString());
        await page.PressAsync("Enter");
        await page.UntilAsync("document.activeElement.id === 'main'");

        await page.AskAsync("document.querySelector('details.group > summary').focus()");
        await page.PressAsync("Enter");
        await page.UntilAsync("!document.querySelector('details.group').open");
    }

    [Fact]
    public async Task HostileNamesGroupsAndTags_ShowAsText()
    {
        var store = new SampleStore();
        store.Add(
            new(new Endpoint { Id = "evil", Name = Hostile, Group = Hostile, Tags = [Hostile[..40]], Url = new("https://evil.example.com/mcp") }, EndpointSource.Api),
            Samples.State(Verdict.Down, TimeSpan.FromMinutes(3), Samples.Incident("evil", IncidentKind.Suspicious, TimeSpan.FromMinutes(2), Hostile, "rule")), []);
        store.Pages.All = [new PublicPage { Name = "p", Title = Hostile, Groups = [Hostile] }];
        await using var head = await WebHead.StartAsync(store: store);
        await using var page = await BrowserPage.StartAsync();

        foreach (var path in new[] { "/", $"/?group={Uri.EscapeDataString(Hostile)}", $"/?q={Uri.EscapeDataString(Hostile)}", "/incidents", "/status/p", "/status/p/evil" })
        {
            await page.OpenAsync(new Uri(head.Url, path));
            Assert.Equal(0, await page.CountAsync("img[src=x], main script"));
            if (!path.StartsWith("/?q", StringComparison.Ordinal) && path != "/incidents")
                Assert.Contains("<img src=x onerror=alert(1)>", await page.TextAsync("body"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(page.Console, line => line.Contains("alert", StringComparison.Ordinal));
        // The link of a group whose name no form can hold finds it all the same.
        await page.OpenAsync(new Uri(head.Url, $"/?group={Uri.EscapeDataString(Hostile)}"));
        Assert.Equal(1, await page.CountAsync(".endpoints tbody tr"));
    }

    /// <summary>Somebody's own site, on an origin of its own, with the pages in frames: the browser decides by what we say.</summary>
    [Fact]
    public async Task Embedding_ShowsThePageInAFrameOfTheSiteThatMay_AndNoOtherPageAndNoOtherSite()
    {
        var store = Samples.Evening();
        await using var head = await WebHead.StartAsync(store: store);
        string[] paths = ["/status/public?embed", "/status/public/payments?embed", "/status/public", "/", "/endpoints/payments", "/endpoints/new", "/sign-in", "/api/status"];
        await using var site = await StubServer.StartAsync(async context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.Body.WriteAsync(
                System.Text.Encoding.UTF8.GetBytes($"<!doctype html><title>Ours</title><h1>Our site</h1>{string.Concat(paths.Select(path => $"<iframe src=\"{new Uri(head.Url, path)}\" width=600 height=700></iframe>"))}"),
                context.RequestAborted);
        });
        store.Pages.All = [Samples.Page() with { EmbedIn = [site.Url] }];
        await using var page = await BrowserPage.StartAsync();

        await page.OpenAsync(new Uri(site.Url));
        var texts = await page.FrameTextsAsync();

        Assert.Equal(paths.Length, texts.Count);
        Assert.Contains("Some systems are down", texts[0], StringComparison.Ordinal);
        Assert.Contains("Product search", texts[0], StringComparison.Ordinal);
        // Our script runs in the frame, and no name of ours stands at its head.
        Assert.Contains("renewed every 60 s", texts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("Example services", texts[0], StringComparison.Ordinal);
        Assert.Contains("90 days", texts[1], StringComparison.Ordinal);
        Assert.All(texts.Skip(2), text => Assert.Equal("", text));

        // A site that is not named sees nothing at all.
        store.Pages.All = [Samples.Page() with { EmbedIn = ["https://www.example.com"] }];
        await page.OpenAsync(new Uri(site.Url));
        Assert.All(await page.FrameTextsAsync(), text => Assert.Equal("", text));
        Assert.Contains(page.Console, line => line.Contains("frame-ancestors", StringComparison.Ordinal));

        store.Pages.All = [Samples.Page() with { EmbedIn = ["*"] }];
        await page.OpenAsync(new Uri(site.Url));
        texts = await page.FrameTextsAsync();
        Assert.Contains("Some systems are down", texts[0], StringComparison.Ordinal);
        Assert.All(texts.Skip(2), text => Assert.Equal("", text));
    }

    private static SampleStore FiveHundred()
    {
        var store = new SampleStore();
        for (var i = 0; i < 499; i++)
            store.Add(new(Samples.Endpoint($"a-{i:000}", group: $"team-{i % 20:00}"), EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromDays(2)), []);
        var incident = Samples.Incident("zz-orders", IncidentKind.Outage, TimeSpan.FromMinutes(8), "3 probes in a row failed: connection refused.", "failures-in-a-row");
        store.Add(
            new(Samples.Endpoint("zz-orders", group: "team-07"), EndpointSource.Api), Samples.State(Verdict.Down, TimeSpan.FromMinutes(10), incident),
            Samples.Minutes(5, (_, at) => Samples.Failed("https://zz-orders.example.com/mcp", at, new Failure(FailureKind.Refused, Phase.Connect, "Connection refused by zz-orders.example.com. Is it running?"))), [incident]);
        return store;
    }
}
