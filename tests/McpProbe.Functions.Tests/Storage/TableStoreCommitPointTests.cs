using Azure.Data.Tables;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What people see of incidents is what was committed, wherever a process dies.</summary>
public class TableStoreCommitPointTests(Emulators emulators)
{
    private readonly DiesAtTheCommitPoint _process = new();
    private StorageAccount? _account;

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

    [Fact]
    public async Task Commit_OfADriftThatLosesTheRace_LeavesNoRowInItsHistory()
    {
        var store = await emulators.NewAsync(configure: _process.Configure);
        var before = await store.AddAsync("a");
        // Judged from the same state, and committed between this one's look at it and its transaction.
        _process.Meanwhile = () => store.CommitAsync(new() { EndpointId = "a", Before = before, After = State(2) });

        var lost = await store.CommitAsync(Drifting(before), Cancellation);

        Assert.Equal(CommitStatus.Conflict, lost.Status);
        Assert.Empty(await store.ReadDriftAsync("a", 10, Cancellation));
        Assert.Empty(await store.ReadPendingAsync(10, Cancellation));
        Assert.Empty(await store.ReadDriftAsync("a", 10, Cancellation));
    }

    [Fact]
    public async Task Commit_OfADriftThatDiesAfterTheState_ShowsItAfterTheNextSweep()
    {
        var store = await OpenAsync();
        var before = await store.AddAsync("a");
        _process.After = true;
        await Assert.ThrowsAsync<IOException>(() => store.CommitAsync(Drifting(before), Cancellation));
        _process.After = false;

        // Neither a transition nor in the way of reading the state.
        Assert.Empty((await store.ReadStateAsync("a", Cancellation))!.Pending);
        Assert.Empty(await store.ReadPendingAsync(10, Cancellation));

        Assert.Equal(StoreSamples.Drift("a", 1).AfterHash, Assert.Single(await store.ReadDriftAsync("a", 10, Cancellation)).AfterHash);
        Assert.Empty(await PendingRowsAsync());
    }

    [Fact]
    public async Task Commit_OfADrift_LeavesNothingPending()
    {
        var store = await OpenAsync();
        var before = await store.AddAsync("a");

        await store.CommitAsync(Drifting(before), Cancellation);

        Assert.Single(await store.ReadDriftAsync("a", 10, Cancellation));
        Assert.Empty(await PendingRowsAsync());
    }

    private async Task<TableStore> OpenAsync() => await Stores.OpenAsync(_account = await emulators.NewAccountAsync(), configure: _process.Configure);

    private async Task<IReadOnlyList<string>> PendingRowsAsync()
    {
        var keys = new List<string>();
        await foreach (var row in _account!.Connect().Tables.GetTableClient("state").QueryAsync<TableEntity>(cancellationToken: Cancellation))
            keys.Add(row.RowKey);
        return [.. keys.Where(key => key.Contains("|~", StringComparison.Ordinal))];
    }

    private static StateChange Drifting(StoredState before) =>
        new() { EndpointId = "a", Before = before, After = State(1), Drift = StoreSamples.Drift("a", 1) };

    private static StateChange Opening(StoredState before) => new()
    {
        EndpointId = "a",
        Before = before,
        After = State(1),
        Incidents = [Incident("a", 1)],
        Transitions = [Transition("a", 1)],
    };
}
