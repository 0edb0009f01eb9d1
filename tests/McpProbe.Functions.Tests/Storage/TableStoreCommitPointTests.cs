using McpProbe.Monitoring;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What people see of incidents is what was committed, wherever a process dies.</summary>
public class TableStoreCommitPointTests(Emulators emulators)
{
    private readonly DiesAtTheCommitPoint _process = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_DiesBeforeTheState_ShowsNoIncident()
    {
        var store = await emulators.NewAsync(configure: _process.Configure);
        var before = await store.AddAsync("a");
        _process.Before = true;

        await Assert.ThrowsAsync<IOException>(() => store.CommitAsync(Opening(before), Cancellation));

        // The slot after it may be judged first: it would open an incident of its own, and nobody would ever resolve this one.
        Assert.Empty(await store.ReadIncidentsAsync("a", before: null, 10, Cancellation));
        Assert.Empty(await store.ReadIncidentsAsync(null, before: null, 10, Cancellation));
    }

    [Fact]
    public async Task Commit_DiesAfterTheState_ShowsTheIncidentOnceItsTransitionIsCleared()
    {
        var store = await emulators.NewAsync(configure: _process.Configure);
        var before = await store.AddAsync("a");
        _process.After = true;
        await Assert.ThrowsAsync<IOException>(() => store.CommitAsync(Opening(before), Cancellation));
        _process.After = false;

        await store.ClearPendingAsync(await store.ReadPendingAsync(10, Cancellation), Cancellation);

        Assert.Equal(Incident("a", 1), Assert.Single(await store.ReadIncidentsAsync("a", before: null, 10, Cancellation)));
        Assert.Equal(Incident("a", 1), Assert.Single(await store.ReadIncidentsAsync(null, before: null, 10, Cancellation)));
        Assert.Empty(await store.ReadPendingAsync(10, Cancellation));
    }

    [Fact]
    public async Task ClearPending_LaterThanTheNextStep_DoesNotUndoIt()
    {
        var store = await emulators.NewAsync(configure: _process.Configure);
        var before = await store.AddAsync("a");
        await store.CommitAsync(Opening(before), Cancellation);
        var opened = await store.ReadPendingAsync(10, Cancellation);
        var resolved = Incident("a", 1, 2, Slot(2));
        await store.CommitAsync(
            new() { EndpointId = "a", Before = (await store.ReadStateAsync("a", Cancellation))!, After = State(2), Incidents = [resolved] }, Cancellation);

        await store.ClearPendingAsync(opened, Cancellation);

        Assert.Equal(resolved, Assert.Single(await store.ReadIncidentsAsync("a", before: null, 10, Cancellation)));
    }

    private static StateChange Opening(StoredState before) => new()
    {
        EndpointId = "a",
        Before = before,
        After = State(1),
        Incidents = [Incident("a", 1)],
        Transitions = [Transition("a", 1)],
    };
}
