using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

public sealed class CleanUpTests : IAsyncDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly FakeTimeProvider _time = new(Start);
    private readonly DataDirectory _directory;
    private readonly SqliteStore _store;
    private readonly CleanUp _cleanUp;

    public CleanUpTests()
    {
        _directory = DataDirectory.Open(_temp.File("data"));
        _store = SqliteStore.Open(_directory, _time);
        _cleanUp = new CleanUp(_store, _time, NullLogger<CleanUp>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ResultsOlderThanKept_AreRemovedOfEveryEndpointInSteps()
    {
        foreach (var id in new[] { "a", "b" })
        {
            var before = await AddAsync(id);
            // More than one step removes; the others are of the last minutes.
            foreach (var slot in Enumerable.Range(0, 1200).Concat(Enumerable.Range(60_000, 3)))
                await _store.CommitAsync(new StateChange { EndpointId = id, Before = before, Record = Record(slot) }, Cancellation);
        }

        _time.SetUtcNow(Slot(60_003));
        await _store.WriteRolledThroughAsync(Slot(60_000), Cancellation);
        await RunUntilAsync(async () => (await ResultsAsync("a")).Count == 3 && (await ResultsAsync("b")).Count == 3);

        Assert.Equal([Slot(60_002), Slot(60_001), Slot(60_000)], (await ResultsAsync("a")).Select(result => result.Slot));
    }

    [Fact]
    public async Task Run_ResultsThatAreInNoRollupYet_Stay()
    {
        var before = await AddAsync("a");
        // Two days, the first of which is rolled up.
        foreach (var slot in new[] { 0, 1, 1440, 1441 })
            await _store.CommitAsync(new StateChange { EndpointId = "a", Before = before, Record = Record(slot) }, Cancellation);
        await _store.WriteRolledThroughAsync(Slot(1440), Cancellation);

        _time.SetUtcNow(Slot(200_000));
        await RunUntilAsync(async () => (await ResultsAsync("a")).Count == 2);

        Assert.Equal([Slot(1441), Slot(1440)], (await ResultsAsync("a")).Select(result => result.Slot));
    }

    [Fact]
    public async Task Run_OldIncidents_GoWithTheirAlertsAndOpenOnesAndPendingOnesStay()
    {
        var before = await AddAsync("a");
        await _store.CommitAsync(
            new StateChange { EndpointId = "a", Before = before, After = State(1), Incidents = [Incident("a", 1, 2, Slot(2)), Incident("a", 3)] }, Cancellation);
        var old = (await _store.KeepAsync(Transition("a", 1, 1, "ops", "mail"), Cancellation)).ToList();
        await _store.KeepAsync(Transition("a", 3, 1, "ops"), Cancellation);
        foreach (var row in old)
            await _store.WriteDeliveryAsync(row with { Status = DeliveryStatus.GaveUp, NextAttemptAt = null }, Cancellation);

        _time.SetUtcNow(Start.AddDays(399));
        await RunUntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromHours(1));
            return (await _store.ReadIncidentsAsync("a", null, 10, Cancellation)).Count == 1;
        });

        Assert.True(_time.GetUtcNow() > Start.AddDays(400));
        Assert.Equal(Incident("a", 3).Id, Assert.Single(await _store.ReadIncidentsAsync(null, null, 10, Cancellation)).Id);
        Assert.Null(await _store.FindTransitionAsync(old[0].TransitionId, Cancellation));
        Assert.Empty(await _store.ReadGivenUpAsync(10, Cancellation));
        Assert.NotNull(await _store.FindTransitionAsync(Transition("a", 3).Id, Cancellation));
        Assert.Single(await _store.ReadWaitingAsync("ops", 10, Cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await _cleanUp.StopAsync(CancellationToken.None);
        _cleanUp.Dispose();
        await _store.DisposeAsync();
        _directory.Dispose();
        _temp.Dispose();
    }

    private Task<IReadOnlyList<ProbeRecord>> ResultsAsync(string id) => _store.ReadResultsAsync(id, null, 10_000, Cancellation);

    private async Task<StoredState> AddAsync(string id)
    {
        await _store.PutEndpointAsync(Registered(id), Cancellation);
        return (await _store.ReadStateAsync(id, Cancellation))!;
    }

    private async Task RunUntilAsync(Func<Task<bool>> done)
    {
        await _cleanUp.StartAsync(Cancellation);
        await Eventually.TrueAsync(
            async () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return await done();
            },
            "what is old is removed");
    }
}
