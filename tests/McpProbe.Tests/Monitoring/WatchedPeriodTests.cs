using McpProbe.Endpoints;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

public class WatchedPeriodTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A put a minute: of an endpoint that is watched (w), paused (p), or deleted (d).</summary>
    [Theory]
    [InlineData("w", 0, null)]
    [InlineData("p", 0, 0)]
    [InlineData("ww", 0, null)]
    [InlineData("wp", 0, 1)]
    [InlineData("wpp", 0, 1)]
    [InlineData("wpw", 2, null)]
    [InlineData("pw", 1, null)]
    [InlineData("wdw", 2, null)]
    [InlineData("wpdp", 3, 3)]
    public async Task Put_OneAfterTheOther_CountsFromTheCreationOrTheResumptionUntilThePause(string puts, int since, int? until)
    {
        var (store, time) = (new MemoryStore(), new FakeTimeProvider(Start));
        var registry = new EndpointRegistry(store, store, store, time);
        foreach (var put in puts)
        {
            if (put == 'd')
                await registry.DeleteAsync("a", EndpointSource.Api, Token);
            else
                await registry.PutAsync(new Endpoint { Id = "a", Url = new Uri("https://example.com/mcp"), Paused = put == 'p' }, EndpointSource.Api, Token);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        var watched = (await store.FindEndpointAsync("a", Token))!.Watched;
        Assert.Equal(new WatchedPeriod(Start.AddMinutes(since), until is { } minutes ? Start.AddMinutes(minutes) : null), watched);
    }
}
