using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Server.Health;
using McpProbe.Server.Scheduling;
using McpProbe.Server.Tests.Storage;
using McpProbe.Testing;
using McpProbe.Web;
using McpProbe.Web.Health;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Server.Tests.Health;

public sealed class ServerHealthTests : IDisposable
{
    private readonly ReopenedStore _reopened = new();
    private readonly FakeTimeProvider _time = new(StoreSamples.Start);
    private readonly SlotWatch _slots;
    private readonly StandingObstacles _standing = new();
    private readonly Dictionary<string, Channel> _channels = new() { ["ops"] = new() { Name = "ops", Type = ChannelType.Webhook, Url = "http://localhost" } };

    public ServerHealthTests() => _slots = new SlotWatch(_time);

    public void Dispose() => _reopened.Dispose();

    [Fact]
    public async Task Check_NoResultsFromAnybody_TellsItAndRecoversByItself()
    {
        var store = _reopened.Open();
        using var health = new ServerHealth(store, _slots, _standing, _channels, _time);
        _slots.Watch(StoreSamples.Endpoint("a"));
        _slots.Watch(StoreSamples.Endpoint("b"));
        Assert.Empty(await CheckAsync(health));

        _time.Advance(TimeSpan.FromMinutes(5));
        _slots.Recorded("b", _time.GetUtcNow());

        var stale = Assert.Single(await CheckAsync(health));
        Assert.Equal(("results-stale", "a"), (stale.Code, Assert.Single(stale.Details)));
        Assert.DoesNotContain("'a'", stale.Detail, StringComparison.Ordinal);
        _slots.Recorded("a", _time.GetUtcNow());
        Assert.Empty(await CheckAsync(health));
        await _reopened.CloseAsync();
    }

    // A part of the head that has something to tell, such as the reader of the probes file.
    [Fact]
    public async Task Check_SomethingStands_IsToldUntilItIsCleared()
    {
        using var health = new ServerHealth(_reopened.Open(), _slots, _standing, _channels, _time);
        _standing.Set(new Obstacle("probes file invalid", "The probes file has mistakes; the old one goes on."));

        Assert.Equal("probes-file-invalid", Assert.Single(await CheckAsync(health)).Code);

        _standing.Clear("probes file invalid");
        Assert.Empty(await CheckAsync(health));
        await _reopened.CloseAsync();
    }

    [Fact]
    public async Task Check_AlertsThatNobodySends_NamesTheChannelToThoseWhoMayKnow()
    {
        var store = _reopened.Open();
        using var health = new ServerHealth(store, _slots, _standing, _channels, _time);
        await store.KeepAsync(StoreSamples.Transition("a", 0, 1, "ops", "of the past"), TestContext.Current.CancellationToken);
        Assert.Empty(await CheckAsync(health));

        _time.Advance(TimeSpan.FromMinutes(66));

        var failing = Assert.Single(await CheckAsync(health));
        Assert.Equal(("alerts-failing", "ops: its alerts wait, and nobody sends them"), (failing.Code, Assert.Single(failing.Details)));
        Assert.DoesNotContain("ops", failing.Detail, StringComparison.Ordinal);
        var row = (await store.FindDeliveryAsync(StoreSamples.Transition("a", 0).Id, "ops", TestContext.Current.CancellationToken))!;
        await store.WriteDeliveryAsync(row with { Status = DeliveryStatus.Delivered, NextAttemptAt = null }, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty(await CheckAsync(health));
        await _reopened.CloseAsync();
    }

    [Fact]
    public async Task Check_StoreThatIsClosed_StillAnswers()
    {
        var store = _reopened.Open();
        using var health = new ServerHealth(store, _slots, _standing, _channels, _time);
        await _reopened.CloseAsync();
        Directory.Delete(_reopened.DataPath, recursive: true);

        Assert.Equal(["store-gone", "store-unreadable"], (await CheckAsync(health)).Select(obstacle => obstacle.Code).Order());
    }

    private static Task<IReadOnlyList<Obstacle>> CheckAsync(ServerHealth health) => health.CheckAsync(TestContext.Current.CancellationToken);
}
