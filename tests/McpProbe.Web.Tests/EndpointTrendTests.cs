using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>What an endpoint's page and the API say of tokens over time, of cold starts, and of tools that are like those of its group.</summary>
public sealed class EndpointTrendTests
{
    private const string Oldest = "sha256:0000000000000000000000000000000000000000000000000000000000000001";
    private const string Middle = "sha256:0000000000000000000000000000000000000000000000000000000000000002";
    private static readonly DateTimeOffset First = Samples.Now.AddDays(-20);
    private static readonly DateTimeOffset Second = Samples.Now.AddHours(-5);

    [Fact]
    public async Task Page_TokensOverTime_HaveAChartAndItsTable()
    {
        await using var head = await WebHead.StartAsync(store: Store());

        var day = (await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=tokens]")!;
        Assert.Contains("4,340 for 6 tools. +1,340 (45 %) in the last 24 hours.", day.TextContent, StringComparison.Ordinal);
        // The one of before up to the change, then the new one: of 8,000 at the top.
        Assert.Matches(@"^M0 62\.5H79\d(\.\d)?L79\d(\.\d)? 45\.\dH1000$", day.QuerySelector("path.line")!.GetAttribute("d"));
        Assert.Equal(["8000", "6000", "4000", "2000", "0"], day.QuerySelectorAll(".scale span").Select(each => each.TextContent));
        Assert.Equal(
            [("2026-11-22 17:10:30Z", "4,340", "+1,340"), ("2026-11-02 22:10:30Z", "3,000", "−200"), ("before", "3,200", "–")],
            day.QuerySelectorAll("tbody tr").Select(row => (row.Children[0].TextContent.Trim(), row.Children[1].TextContent, row.Children[2].TextContent)));

        var month = (await head.PageAsync("/endpoints/a?range=30d")).QuerySelector("section[aria-labelledby=tokens]")!;
        Assert.Contains("+1,140 (36 %) in the last 30 days.", month.TextContent, StringComparison.Ordinal);
        Assert.Equal(3, month.QuerySelector("path.line")!.GetAttribute("d")!.Split('H').Length - 1);
    }

    [Fact]
    public async Task Page_CatalogueThatNeverChanged_HasItsTokensAndNoChart()
    {
        var store = Store();
        store.Drift.Clear();
        await using var head = await WebHead.StartAsync(store: store);

        var section = (await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=tokens]")!;
        Assert.Contains("4,340 for 6 tools. The catalogue has not changed in the last 24 hours.", section.TextContent, StringComparison.Ordinal);
        Assert.Null(section.QuerySelector("svg"));
        Assert.Null(section.QuerySelector("table"));
        Assert.Equal([(null, 4340L, null)], await StepsAsync(head));
    }

    [Fact]
    public async Task Api_Tokens_AreThoseOfEachChange()
    {
        await using var head = await WebHead.StartAsync(store: Store());

        Assert.Equal([(Second, 4340L, 1340L), (First, 3000L, -200L), (null, 3200L, null)], await StepsAsync(head));
        using var missing = await head.GetAsync("/api/endpoints/nobody/tokens");
        Assert.Equal(404, (int)missing.StatusCode);
    }

    /// <summary>Records of older versions do not say it: nothing is made up.</summary>
    [Fact]
    public async Task Api_TokensThatWereNotCounted_AreNull()
    {
        var store = Store();
        store.Drift.Clear();
        store.Add(Record(Second, Middle, Samples.BaselineHash, null), Record(First, Oldest, Middle, null));
        await using var head = await WebHead.StartAsync(store: store);

        Assert.Equal([(Second, 4340L, null), (First, null, null), (null, null, null)], await StepsAsync(head));
        var section = (await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=tokens]")!;
        Assert.Equal(["4,340", "not counted", "not counted"], section.QuerySelectorAll("tbody tr").Select(row => row.Children[1].TextContent));
    }

    [Fact]
    public async Task Page_ColdStarts_SayWhetherTheHostSleeps()
    {
        await using var head = await WebHead.StartAsync(store: Store());

        var section = (await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=cold]")!;
        Assert.Contains("Its host puts it to sleep: the first client after a silence waits.", section.TextContent, StringComparison.Ordinal);
        Assert.Equal(
            ["2100 ms median; p95 4800 ms", "12 ms median of those right after", "175.0 ×", "2s exceeded 3 of 5 times"],
            section.QuerySelectorAll("dd").Select(each => string.Join(' ', each.TextContent.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        Assert.Contains("After a silence of 20m or more, over the last 5 starts.", section.TextContent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "None was measured yet.")]
    [InlineData(2, "Too few starts were measured to say whether it sleeps.")]
    public async Task Page_FewColdStarts_SayNoMoreThanTheyKnow(int starts, string says)
    {
        var store = Store();
        store.Set("a", store.StateOf("a") with { ColdStarts = new ColdStartSeries { Samples = [.. store.StateOf("a").ColdStarts!.Samples.Take(starts)] } });
        await using var head = await WebHead.StartAsync(store: store);

        Assert.Contains(says, (await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=cold]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_OfAllOfIt_IsAsItsSchemaSays()
    {
        await using var head = await WebHead.StartAsync(store: Store());
        Assert.Empty(await PublishedSchemas.MistakesAsync("endpoint", await TextAsync(head, "/api/endpoints/a")));
        Assert.Empty(await PublishedSchemas.MistakesAsync("drift", await TextAsync(head, "/api/endpoints/a/drift")));
    }

    /// <summary>What another endpoint is called is for who has the key.</summary>
    [Fact]
    public async Task Page_ToolsLikeThoseOfTheGroup_AreForWhoHasTheKey()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, Store());

        Assert.Null((await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=among]"));
        var section = (await head.PageAsync("/endpoints/a", ("X-Api-Key", WebHead.Key))).QuerySelector("section[aria-labelledby=among]")!;
        Assert.Equal(["tool-shadowed", "choice-near-duplicate"], section.QuerySelectorAll("code").Where(code => code.TextContent.Contains('-', StringComparison.Ordinal)).Select(code => code.TextContent));
        Assert.Equal("/endpoints/a/tools?tool=browser_navigate", section.QuerySelectorAll("a")[^1].GetAttribute("href"));
    }

    private static async Task<IReadOnlyList<(DateTimeOffset?, long?, long?)>> StepsAsync(WebHead head)
    {
        var text = await TextAsync(head, "/api/endpoints/a/tokens");
        Assert.Empty(await PublishedSchemas.MistakesAsync("tokens", text));
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal((4340, 6), (document.GetProperty("tokens").GetInt64(), document.GetProperty("tools").GetInt32()));
        return [.. document.GetProperty("points").EnumerateArray().Select(point => (
            point.GetProperty("since").ValueKind is JsonValueKind.Null ? (DateTimeOffset?)null : point.GetProperty("since").GetDateTimeOffset(),
            point.GetProperty("tokens").ValueKind is JsonValueKind.Null ? (long?)null : point.GetProperty("tokens").GetInt64(),
            point.GetProperty("change").ValueKind is JsonValueKind.Null ? (long?)null : point.GetProperty("change").GetInt64()))];
    }

    private static async Task<string> TextAsync(WebHead head, string path)
    {
        using var answer = await head.GetAsync(path);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static DriftRecord Record(DateTimeOffset at, string before, string after, TokenChange? tokens) =>
        new("a", at, "2025-11-25", before, after, [new Change(ChangeClass.Info, "tool-added", "t", "", null, null, "The tool 't' was added.")]) { Tokens = tokens };

    internal static SampleStore Store()
    {
        var store = new SampleStore();
        store.Add(
            new RegisteredEndpoint(
                Samples.Endpoint("a", group: "Browsers") with { Interval = TimeSpan.FromMinutes(30), ColdStart = new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(2)), Canary = true },
                EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)) with
            {
                Sessions = SessionTests.History,
                ColdStarts = new ColdStartSeries
                {
                    Samples = [.. new[] { 1900.0, 2100, 4800, 800, 2300 }.Select((cold, i) => new ColdStartSample(Samples.Now.AddMinutes(-30 * (5 - i)), cold, 10 + i))],
                },
                Shadowing = new Shadowing(Samples.BaselineHash, [new Finding(FindingLevel.Soft, "tool-shadowed", "tabs", "/name", "The tool's name is also the name of a tool of another endpoint ('puppeteer').")])
                {
                    Alike = [new Finding(FindingLevel.Soft, "choice-near-duplicate", "browser_navigate", "/description", "The tool says nearly the same of itself as 'puppeteer_navigate' of 'puppeteer': a model that uses both cannot tell which of the two to call.")],
                },
            },
            Samples.Minutes(3, (_, at) => Samples.Healthy("a", at) is var healthy ? healthy with { Catalog = healthy.Catalog! with { Tokens = 4340 } } : healthy));
        store.Add(
            Record(Second, Middle, Samples.BaselineHash, new TokenChange(3000, 4340)),
            Record(First, Oldest, Middle, new TokenChange(3200, 3000)));
        return store;
    }
}
