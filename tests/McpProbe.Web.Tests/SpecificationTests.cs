using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Where a server leaves the specification between one probe and the next, and in a deep look, on the page and in the API.</summary>
public sealed class SpecificationTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };
    private static readonly (string, string) WithKey = ("X-Api-Key", WebHead.Key);

    private static readonly EndpointState State = Samples.State(Verdict.Healthy, TimeSpan.FromHours(1), []) with
    {
        ChangedEarly = new EarlyChange(2, Samples.Now.AddHours(-3), "tools/list", 3_600_000, 120_500),
        Sessions = SessionHistory.Empty with { Untold = new(1, Samples.Now.AddHours(-3)), Needless = new(4, Samples.Now.AddDays(-40)) },
        Deep = new DeepLook(
            Samples.Now.AddHours(-5),
            [new Finding(FindingLevel.Soft, "spec-foreign-origin", null, "server/discover", "The server does not look at the origin.") { Section = "MCP, Streamable HTTP, Security", Requirement = Endpoints.Requirement.Must }]),
    };

    [Fact]
    public async Task Page_ShowsWhatWasSeenLately_ToWhoHasTheKey()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());

        var section = (await head.PageAsync("/endpoints/a", WithKey)).QuerySelector("section[aria-labelledby=specification]")!;
        Assert.Equal(["spec-foreign-origin", "spec-time-to-live", "spec-list-changed-untold"], section.QuerySelectorAll("li p:first-child code:nth-of-type(1)").Select(each => each.TextContent));
        Assert.Equal(["must", "should", "should"], section.QuerySelectorAll(".tag").Select(each => each.TextContent));
        Assert.Contains("tools/list gave 1h, and was another one after 121s at most.", section.TextContent, StringComparison.Ordinal);
        Assert.Contains("Seen 2 times, last at ", section.TextContent, StringComparison.Ordinal);
        Assert.Contains("(MCP 2026-07-28, Caching, Time-to-Live (TTL) Field)", section.TextContent, StringComparison.Ordinal);
        Assert.Null((await head.PageAsync("/endpoints/a")).QuerySelector("section[aria-labelledby=specification]"));
    }

    [Fact]
    public async Task Api_HasThem_AsItsSchemaSays()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());

        using var answer = await head.GetAsync("/api/endpoints/a", WithKey);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await PublishedSchemas.MistakesAsync("endpoint", text));
        var document = JsonDocument.Parse(text).RootElement;
        Assert.Equal(
            ["spec-time-to-live should", "spec-list-changed-untold should"],
            document.GetProperty("specification").EnumerateArray().Select(each => $"{each.GetProperty("rule").GetString()} {each.GetProperty("requirement").GetString()}"));
        Assert.Equal("spec-foreign-origin", document.GetProperty("state").GetProperty("deep").GetProperty("findings")[0].GetProperty("rule").GetString());
        Assert.Equal(3_600_000, document.GetProperty("state").GetProperty("changedEarly").GetProperty("ttlMs").GetInt64());
    }

    private static SampleStore Store()
    {
        var store = new SampleStore();
        store.Add(
            new RegisteredEndpoint(Samples.Endpoint("a") with { Canary = true, Visibility = Endpoints.Visibility.Public }, EndpointSource.Api),
            State, Samples.Minutes(1, (_, at) => Samples.Healthy("a", at)));
        return store;
    }
}
