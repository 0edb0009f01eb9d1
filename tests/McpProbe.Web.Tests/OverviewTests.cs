using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Pages.Overview;

namespace McpProbe.Web.Tests;

/// <summary>The overview: what is wrong first, found by address alone, small and quick for many endpoints.</summary>
public sealed class OverviewTests
{
    private const int Many = 50_000;

    private static readonly (string, string) Key = ("X-Api-Key", WebHead.Key);

    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };

    [Theory]
    [InlineData("/", "broken,drifted,slow,green-1,green-2,gated,asleep")]
    [InlineData("/?problems=1", "broken,drifted,slow")]
    [InlineData("/?state=down", "broken")]
    [InlineData("/?state=incident", "broken,drifted")]
    [InlineData("/?state=paused", "asleep")]
    [InlineData("/?state=healthy&group=Shop", "drifted")]
    [InlineData("/?group=Shop", "broken,drifted")]
    [InlineData("/?group=shop", "")]
    [InlineData("/?tag=eu", "broken,green-1")]
    [InlineData("/?tag=eu&q=GREEN", "green-1")]
    [InlineData("/?q=example.com+shop", "broken,drifted")]
    [InlineData("/?q=nothing", "")]
    [InlineData("/?sort=name", "asleep,broken,drifted,gated,green-1,green-2,slow")]
    [InlineData("/?sort=nonsense&state=nonsense&range=nonsense&page=-7", "broken,drifted,slow,green-1,green-2,gated,asleep")]
    public async Task Rows_AreThoseThatTheAddressAsksFor(string path, string expected)
    {
        await using var head = await WebHead.StartAsync(Keyed, Mixed());

        var page = await head.PageAsync(path, Key);

        var rows = page.QuerySelectorAll(".endpoints tbody tr").Select(row => row.Id![2..]);
        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), rows.Order(StringComparer.Ordinal));
        // The headline is about everything, whatever was asked for.
        Assert.Equal("1 of 7 endpoints is down", page.QuerySelector("h1")!.TextContent);
    }

    [Fact]
    public async Task Groups_Fold_AndTellTheirOwnStateAndCounts()
    {
        await using var head = await WebHead.StartAsync(Keyed, Mixed());
        var page = await head.PageAsync("/", Key);

        var groups = page.QuerySelectorAll("details.group").ToDictionary(
            group => PageTests.Words(group.QuerySelector("h3")!.TextContent), group => PageTests.Words(group.QuerySelector("summary")!.TextContent));

        Assert.Equal("Shop down 1 down, 2 open incidents, 1 healthy", groups["Shop"]);
        Assert.Equal("Desk degraded 1 degraded, 2 healthy", groups["Desk"]);
        Assert.All(page.QuerySelectorAll("details.group"), group => Assert.True(group.HasAttribute("open")));
        Assert.Equal(page.QuerySelectorAll("details").Length, page.QuerySelectorAll("details[id]").Length);
    }

    [Fact]
    public async Task Filters_StayInTheLinksAndInTheForm()
    {
        var store = new SampleStore();
        for (var i = 0; i < 120; i++)
            Add(store, $"e{i:000}", Verdict.Healthy, group: "A & B", tags: ["x=1"]);
        await using var head = await WebHead.StartAsync(Keyed, store);

        var page = await head.PageAsync("/?group=A+%26+B&tag=x%3D1&sort=name&range=90d", Key);

        Assert.Equal("/?group=A%20%26%20B&tag=x%3D1&sort=name&range=90d&page=2", page.QuerySelector("a[rel=next]")!.GetAttribute("href"));
        Assert.Equal(
            ["A & B", "x=1", "name", "90d"],
            new[] { "group", "tag", "sort", "range" }.Select(name => page.QuerySelector($"#{name} option[selected]")!.GetAttribute("value")));
        var last = await head.PageAsync("/?group=A+%26+B&tag=x%3D1&sort=name&range=90d&page=99", Key);
        Assert.Equal(20, last.QuerySelectorAll(".endpoints tbody tr").Length);
        Assert.Null(last.QuerySelector("a[rel=next]"));
    }

    [Fact]
    public async Task Search_OfThePublic_FindsNothingByWhatItDoesNotSee()
    {
        var store = new SampleStore();
        store.Add(
            new(Samples.Endpoint("open") with { Url = new("https://open.example.com/secret-path/mcp"), HideUrl = true }, EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), []);
        Add(store, "hidden", Verdict.Down, tags: ["inner"], visibility: Visibility.Private);
        await using var head = await WebHead.StartAsync(Keyed, store);

        Assert.Empty((await head.PageAsync("/?q=secret-path")).QuerySelectorAll(".endpoints tbody tr"));
        Assert.Single((await head.PageAsync("/?q=secret-path", Key)).QuerySelectorAll(".endpoints tbody tr"));
        var page = await head.PageAsync("/?q=hidden");
        Assert.Empty(page.QuerySelectorAll(".endpoints tbody tr"));
        Assert.DoesNotContain("inner", page.Body!.InnerHtml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Figures_OfEachRange_ComeWithTheirCoverage()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());

        var row = (await head.PageAsync("/", Key)).QuerySelector("#e-payments")!;

        Assert.Equal(["24 h", "7 d", "30 d", "90 d"], row.QuerySelectorAll("td.up").Select(cell => cell.GetAttribute("data-label")));
        Assert.All(row.QuerySelectorAll("td.up"), cell => Assert.Matches("^9[0-9]\\.[0-9]{2} % (9[0-9]|100) % seen$", PageTests.Words(cell.TextContent)));
        Assert.StartsWith("Last 24 hours: ", row.QuerySelector("svg.bar")!.GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.NotNull(row.QuerySelector("svg.spark path"));
        var quarter = (await head.PageAsync("/?range=90d", Key)).QuerySelector("#e-payments svg.bar")!;
        Assert.StartsWith("Last 90 days: ", quarter.GetAttribute("aria-label"), StringComparison.Ordinal);
        var probes = (await head.PageAsync("/?range=probes", Key)).QuerySelector("#e-payments svg.bar")!;
        Assert.Equal("Last 60 probes: 44 up, 16 down", probes.GetAttribute("aria-label"));
    }

    [Fact]
    public async Task Incidents_OfMany_FoldAndAreCounted()
    {
        var store = new SampleStore();
        for (var i = 0; i < 30; i++)
            Add(store, $"e{i:00}", Verdict.Down, IncidentKind.Outage);
        await using var head = await WebHead.StartAsync(Keyed, store);

        var page = await head.PageAsync("/", Key);

        Assert.Equal("30 open incidents", page.QuerySelector("#incidents")!.TextContent);
        Assert.Equal(5, page.QuerySelectorAll("#open-incidents > ul > .incident").Length);
        Assert.False(page.QuerySelector("#more-incidents")!.HasAttribute("open"));
        Assert.Equal("15 more of 30", page.QuerySelector("#more-incidents summary")!.TextContent);
        Assert.Equal("/incidents?state=open", page.QuerySelector(".after a")!.GetAttribute("href"));
    }

    /// <summary>The budget of a page is 150 KB; and the work is bounded by the page, not by what is watched.</summary>
    [Theory]
    [InlineData("/")]
    [InlineData("/?range=probes")]
    [InlineData("/?q=e&tag=eu&sort=slowest&page=3")]
    public async Task Page_OfFiftyThousand_IsSmallAndReadsForItsOwnRowsOnly(string path)
    {
        var store = Large();
        await using var head = await WebHead.StartAsync(Keyed, store);
        await head.GetAsync("/", Key);
        var before = store.Steps;

        using var response = await head.GetAsync(path, Key);
        var html = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.InRange(html.Length, 20_000, 150_000);
        // Of each row: hours, days, what came since, and its last probes.
        Assert.InRange(store.Steps - before, 1, 10 + 4 * OverviewView.RowsOnAPage);
    }

    [Fact]
    public async Task Status_OfFiftyThousand_CountsAllAndIsReadPageByPage()
    {
        await using var head = await WebHead.StartAsync(Keyed, Large());

        using var first = await head.GetAsync("/api/status", Key);
        var status = await ApiSchemas.CheckAsync("status", first);
        Assert.Equal((Many, 1000), (status.GetProperty("counts").GetProperty("total").GetInt32(), status.GetProperty("endpoints").GetArrayLength()));
        Assert.Equal("down", status.GetProperty("verdict").GetString());

        var (seen, after) = (new List<string>(), (string?)null);
        do
        {
            using var response = await head.GetAsync($"/api/status?limit=1000{(after is null ? "" : $"&after={after}")}", Key);
            using var page = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            seen.AddRange(page.RootElement.GetProperty("endpoints").EnumerateArray().Select(each => each.GetProperty("id").GetString()!));
            after = page.RootElement.GetProperty("next").GetString();
        }
        while (after is not null);
        Assert.Equal(Many, seen.Count);
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);

        using var wrong = await head.GetAsync("/api/status?limit=1001", Key);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Page_NeedsNoReload_AndSaysSoToTheScript()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        var page = await head.PageAsync("/");
        Assert.Empty(page.QuerySelectorAll("meta[http-equiv=refresh]"));
        Assert.Equal("15", page.QuerySelector("main")!.GetAttribute("data-refresh"));
    }

    private static SampleStore Large()
    {
        var store = new SampleStore();
        for (var i = 0; i < Many; i++)
            AddState(store, $"endpoint-{i:00000}", i % 1000 == 7 ? Verdict.Down : Verdict.Healthy, i % 1000 == 7 ? IncidentKind.Outage : null, $"group-{i % 300}", [i % 2 == 0 ? "eu" : "us", "production"]);
        return store;
    }

    private static SampleStore Mixed()
    {
        var store = new SampleStore();
        Add(store, "broken", Verdict.Down, IncidentKind.Outage, "Shop", ["eu"]);
        Add(store, "drifted", Verdict.Healthy, IncidentKind.Drift, "Shop");
        Add(store, "slow", Verdict.Degraded, group: "Desk");
        Add(store, "green-1", Verdict.Healthy, group: "Desk", tags: ["eu", "gold"]);
        Add(store, "green-2", Verdict.Healthy, group: "Desk");
        Add(store, "gated", Verdict.Gated);
        Add(store, "asleep", Verdict.Unknown, paused: true);
        return store;
    }

    private static void Add(
        SampleStore store, string id, Verdict verdict, IncidentKind? open = null, string? group = null, string[]? tags = null, bool paused = false,
        Visibility visibility = Visibility.Public)
    {
        AddState(store, id, verdict, open, group, tags, paused, visibility);
        store.AddResult(id, new(Samples.Now - TimeSpan.FromSeconds(20), "local", Samples.Healthy($"https://{id}.example.com/mcp", Samples.Now - TimeSpan.FromSeconds(20))));
    }

    // Without a result, which this store would look for among those of all.
    private static void AddState(
        SampleStore store, string id, Verdict verdict, IncidentKind? open = null, string? group = null, string[]? tags = null, bool paused = false,
        Visibility visibility = Visibility.Public)
    {
        var incidents = open is { } kind ? new[] { Samples.Incident(id, kind, TimeSpan.FromMinutes(9), "Something is wrong.", "rule") } : [];
        store.Add(
            new(Samples.Endpoint(id, visibility, group: group) with { Tags = tags ?? [], Paused = paused }, EndpointSource.Api),
            Samples.State(verdict, TimeSpan.FromHours(1), incidents), [], incidents);
    }
}
