using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Whoever has no key makes the head read what is public, once for all who ask within a few seconds.</summary>
public sealed class PublicReadsTests
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private static readonly (string, string) Key = ("Authorization", "Bearer " + WebHead.Key);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/api/status")]
    [InlineData("/endpoints/open-1")]
    [InlineData("/?page=7")]
    public async Task Asking_OverAndOver_ReadsNoMore(string path)
    {
        await using var head = await StartAsync();
        (await head.GetAsync(path)).Dispose();
        var once = head.Store.Steps;

        await Parallel.ForAsync(0, 50, Cancellation, async (_, _) => (await head.GetAsync(path)).Dispose());
        Assert.Equal(once, head.Store.Steps);

        // A moment later it is read anew, and by one of them.
        head.Time.Advance(Kept);
        await Parallel.ForAsync(0, 50, Cancellation, async (_, _) => (await head.GetAsync(path)).Dispose());
        // What is rolled up, and what came since, is kept for longer.
        Assert.InRange(head.Store.Steps, once + 1, 2 * once);
    }

    [Fact]
    public async Task Asking_ForNamesThatAreMadeUp_ReadsNothingButWhatIsPublic()
    {
        await using var head = await StartAsync();
        (await head.GetAsync("/")).Dispose();
        var once = head.Store.Steps;

        foreach (var id in new[] { "secret", "missing", "secret-2", "a" })
        {
            using var response = await head.GetAsync($"/endpoints/{id}");
            Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        }

        foreach (var page in new[] { -1, 2, 3, 1_000_000 })
            (await head.GetAsync($"/?page={page}")).Dispose();
        Assert.Equal(once, head.Store.Steps);
    }

    [Fact]
    public async Task Asking_WithTheKey_ShowsWhatIsThereNow()
    {
        await using var head = await StartAsync();
        Assert.Equal((3, 2), (await TotalAsync(head, Key), await TotalAsync(head)));

        head.Store.Add(new(Samples.Endpoint("open-3"), EndpointSource.Api), EndpointState.New, []);
        Assert.Equal((4, 2), (await TotalAsync(head, Key), await TotalAsync(head)));

        head.Time.Advance(Kept);
        Assert.Equal(3, await TotalAsync(head));
    }

    [Fact]
    public async Task Reading_ThatFails_IsNotKept()
    {
        await using var head = await StartAsync();
        head.Store.Broken = new IOException("away");
        using (var broken = await head.GetAsync("/api/status"))
            Assert.Equal(500, (int)broken.StatusCode);

        head.Store.Broken = null;

        Assert.Equal(2, await TotalAsync(head));
    }

    private static async Task<int> TotalAsync(WebHead head, params (string, string)[] headers)
    {
        using var response = await head.GetAsync("/api/status", headers);
        return (await ApiSchemas.CheckAsync("status", response)).GetProperty("counts").GetProperty("total").GetInt32();
    }

    private static Task<WebHead> StartAsync()
    {
        var store = new SampleStore();
        foreach (var (id, visibility) in new[] { ("open-1", Visibility.Public), ("open-2", Visibility.Public), ("secret", Visibility.Private) })
        {
            store.Add(
                new(Samples.Endpoint(id, visibility), EndpointSource.Api),
                Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)),
                [new(Samples.Now, "local", Samples.Healthy($"https://{id}.example.com/mcp", Samples.Now))]);
        }

        return WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);
    }
}
