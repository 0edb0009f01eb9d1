using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Results that are old: no page and no answer says that all is well.</summary>
public class StaleTests
{
    private static readonly Endpoint Minutely = StoreSamples.Endpoint("a") with { Visibility = Visibility.Public };

    [Theory]
    [InlineData(180, false, Verdict.Healthy, "healthy")]
    [InlineData(181, true, Verdict.Healthy, "unknown")]
    [InlineData(181, true, Verdict.Gated, "unknown")]
    [InlineData(181, true, Verdict.Down, "down")]
    public async Task Status_LastResultOfSoManySecondsAgo_SaysWhetherItIsStale(int seconds, bool stale, Verdict before, string verdict)
    {
        await using var head = await WebHead.StartAsync(store: StoreOf(Minutely, before, seconds));

        var status = await DocumentAsync(head, "/api/status", "status");
        var one = status.GetProperty("endpoints")[0];
        Assert.Equal((stale, verdict), (one.TryGetProperty("stale", out _), one.GetProperty("verdict").GetString()));
        Assert.Equal(stale, status.GetProperty("counts").TryGetProperty("stale", out _));
        Assert.Equal(stale, (await DocumentAsync(head, "/api/endpoints/a", "endpoint")).TryGetProperty("stale", out _));
    }

    [Fact]
    public async Task Pages_EveryResultOld_SayThatNobodyKnows()
    {
        await using var head = await WebHead.StartAsync(store: StoreOf(Minutely, Verdict.Healthy, 600));

        var page = await head.PageAsync("/");
        Assert.Equal("All results are old: nobody knows how the endpoints are", page.QuerySelector("h1")!.TextContent);
        Assert.Equal("stale", page.QuerySelector(".tag.stale")!.TextContent);
        Assert.DoesNotContain("work", page.QuerySelector(".headline")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("nobody knows how it is now", (await head.PageAsync("/endpoints/a")).QuerySelector(".headline")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_PausedForLong_IsNotStale()
    {
        await using var head = await WebHead.StartAsync(store: StoreOf(Minutely with { Paused = true }, Verdict.Unknown, 100_000));

        Assert.False((await DocumentAsync(head, "/api/status", "status")).GetProperty("endpoints")[0].TryGetProperty("stale", out _));
    }

    [Fact]
    public async Task Live_AnswersToEverybody()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key });

        Assert.Equal("ok", (await DocumentAsync(head, "/api/live", "health")).GetProperty("status").GetString());
    }

    private static SampleStore StoreOf(Endpoint endpoint, Verdict verdict, int secondsAgo)
    {
        var store = new SampleStore();
        var slot = Samples.Now - TimeSpan.FromSeconds(secondsAgo);
        store.Add(
            new RegisteredEndpoint(endpoint, EndpointSource.Api), EndpointState.New with { Verdict = verdict, Since = slot },
            [new ProbeRecord(slot, "local", StoreSamples.Healthy() with { Verdict = verdict })]);
        return store;
    }

    private static async Task<JsonElement> DocumentAsync(WebHead head, string path, string schema)
    {
        using var response = await head.GetAsync(path);
        return await ApiSchemas.CheckAsync(schema, response);
    }
}
