using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The overview is a document of the last minute, on which nobody misses his own change.</summary>
public class TableStoreOverviewTests(Emulators emulators)
{
    private readonly FakeTimeProvider _time = new(Start.AddMinutes(10));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Overview_WhatSomebodyChanges_IsThereAtOnceAlsoForOthers()
    {
        var account = await emulators.NewAccountAsync();
        // Two instances of the app.
        var (one, other) = (await OpenAsync(account), await OpenAsync(account));
        var registry = new EndpointRegistry(one, one, new NoOutbox(), _time);
        foreach (var id in new[] { "a", "b", "c" })
            await registry.PutAsync(Endpoint(id), EndpointSource.Api, Cancellation);
        Assert.Equal(["a", "b", "c"], await IdsAsync(one));

        await registry.PutAsync(Endpoint("d"), EndpointSource.Api, Cancellation);
        await registry.PutAsync(Endpoint("a") with { Paused = true, Name = "Renamed" }, EndpointSource.Api, Cancellation);
        await registry.DeleteAsync("b", EndpointSource.Api, Cancellation);
        await registry.SetMaintenanceAsync("c", null, TimeSpan.FromHours(1), null, "somebody", null, Cancellation);

        foreach (var store in new[] { one, other, one })
        {
            var overview = await store.ReadOverviewAsync(Cancellation);
            Assert.Equal(["a", "c", "d"], overview.Select(each => each.Registered.Endpoint.Id));
            Assert.Equal((true, "Renamed"), (overview[0].Registered.Endpoint.Paused, overview[0].Registered.Endpoint.Name));
            Assert.NotNull(overview[1].State.Maintenance);
            // And when the document is written anew, it is so in that.
            _time.Advance(TimeSpan.FromSeconds(61));
        }

        // Made anew with nothing of the old one.
        await registry.PutAsync(Endpoint("b"), EndpointSource.Api, Cancellation);
        Assert.Null((await other.ReadOverviewAsync(Cancellation)).Single(each => each.Registered.Endpoint.Id == "b").Last);
    }

    [Fact]
    public async Task Overview_OfAProbe_IsOfTheLastMinute_AndOneThatIsToldOfIsThereAtOnce()
    {
        var store = await OpenAsync(await emulators.NewAccountAsync());
        foreach (var id in new[] { "a", "b" })
            await store.AddAsync(id);
        await store.ReadOverviewAsync(Cancellation);

        await ProbeAsync(store, "a", Record(1), [Transition("a", 1, 1)]);
        await ProbeAsync(store, "b", Record(1), []);

        var overview = await store.ReadOverviewAsync(Cancellation);
        Assert.Equal([(Slot(1), false), (null, true)], overview.Select(each => (each.Last?.Slot, each.ReadAt is not null)));

        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.All(await store.ReadOverviewAsync(Cancellation), each => Assert.Equal(Slot(1), each.Last!.Slot));
    }

    // What is short-lived is not stale because the page is a minute old.
    [Fact]
    public async Task Overview_OfAShortInterval_IsAsFreshAsItWasWhenItWasRead()
    {
        var store = await OpenAsync(await emulators.NewAccountAsync());
        await store.PutEndpointAsync(new RegisteredEndpoint(Endpoint("a") with { Interval = TimeSpan.FromSeconds(5) }, EndpointSource.Api), Cancellation);
        await ProbeAsync(store, "a", new ProbeRecord(_time.GetUtcNow(), Location, Healthy()), []);
        await store.ReadOverviewAsync(Cancellation);
        _time.Advance(TimeSpan.FromSeconds(50));

        var minuteOld = Assert.Single(await store.ReadOverviewAsync(Cancellation));
        Assert.False(Freshness.AsOf(minuteOld, _time.GetUtcNow()).Stale);

        // Nothing came since: the next one says so.
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.True(Freshness.AsOf(Assert.Single(await store.ReadOverviewAsync(Cancellation)), _time.GetUtcNow()).Stale);
    }

    [Theory]
    [InlineData("no gzip")]
    [InlineData("gone")]
    [InlineData("its container is gone")]
    public async Task Overview_DocumentThatIsSpoiledOrGone_IsWrittenAnew(string fault)
    {
        var account = await emulators.NewAccountAsync();
        var store = await OpenAsync(account);
        await store.AddAsync("a");
        await store.ReadOverviewAsync(Cancellation);
        var container = account.Connect().Blobs.GetBlobContainerClient(Keys.Overviews);
        var blob = container.GetBlobClient(Keys.OverviewBlob(store.ShardOf("a")));
        if (fault is "no gzip")
            await blob.UploadAsync(BinaryData.FromString("spoiled"), overwrite: true, Cancellation);
        else if (fault is "gone")
            await blob.DeleteAsync(cancellationToken: Cancellation);
        else
            await container.DeleteAsync(cancellationToken: Cancellation);

        Assert.Equal(["a"], await IdsAsync(store));
        Assert.Equal(["a"], await IdsAsync(await OpenAsync(account)));
    }

    [Fact]
    public async Task Overview_DefinitionThatCannotBeRead_KeepsItsMistakes()
    {
        var account = await emulators.NewAccountAsync();
        var store = await OpenAsync(account);
        // As a version with looser rules may have stored it.
        await store.PutEndpointAsync(new RegisteredEndpoint(Endpoint("a") with { Timeout = TimeSpan.FromMinutes(9) }, EndpointSource.Api), Cancellation);
        await store.ReadOverviewAsync(Cancellation);

        Assert.NotNull(Assert.Single(await (await OpenAsync(account)).ReadOverviewAsync(Cancellation)).Registered.Mistakes);
    }

    private Task<TableStore> OpenAsync(StorageAccount account) => OpenAsync(new TableStore(account.Connect(), 2, ["home"], NullLogger<TableStore>.Instance, _time));

    private static async Task<TableStore> OpenAsync(TableStore store)
    {
        await store.OpenAsync(Cancellation);
        return store;
    }

    private static async Task<IEnumerable<string>> IdsAsync(TableStore store) =>
        (await store.ReadOverviewAsync(Cancellation)).Select(each => each.Registered.Endpoint.Id);

    /// <summary>As a queue message is worked.</summary>
    private static async Task ProbeAsync(TableStore store, string id, ProbeRecord record, IReadOnlyList<Transition> transitions)
    {
        var states = await store.PrefetchAsync([id], Cancellation);
        var before = (await states.ReadStateAsync(id, Cancellation))!;
        await states.CommitAsync(new() { EndpointId = id, Before = before, After = before.State with { Verdict = Verdict.Down }, Record = record, Transitions = transitions }, Cancellation);
        await states.WriteLatestAsync(Cancellation);
    }

    private sealed class NoOutbox : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
