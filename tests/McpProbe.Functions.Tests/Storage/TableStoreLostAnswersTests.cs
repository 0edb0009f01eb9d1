using McpProbe.Functions.Storage;
using McpProbe.Incidents;
using McpProbe.Monitoring;
using McpProbe.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>The client sends again what it got no answer to; what was done by then must not count against the caller.</summary>
public class TableStoreLostAnswersTests(Emulators emulators)
{
    private readonly LostAnswers _network = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_AResult_IsCommittedOnce()
    {
        var store = await emulators.NewAsync(configure: _network.Configure);
        var before = await store.AddAsync("a");
        _network.On = true;

        await store.CommitAsync(new() { EndpointId = "a", Before = before, Record = Record(1) });

        // The insert into the missing table, the table's creation, the insert; and what the overview shows of it.
        Assert.Equal(5, _network.Count);
        Assert.Single(await store.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task Commit_AState_IsAConflictWhoseSlotIsFoundJudged()
    {
        var store = await emulators.NewAsync(configure: _network.Configure);
        var before = await store.AddAsync("a");
        _network.On = true;

        var outcome = await store.CommitAsync(
            new() { EndpointId = "a", Before = before, After = State(1), Transitions = [Transition("a", 1)] }, Cancellation);
        var now = (await store.ReadStateAsync("a", Cancellation))!;

        Assert.Equal(CommitStatus.Conflict, outcome.Status);
        Assert.True(IncidentMachine.IsJudged(now.State, Location, Slot(1)));
        Assert.Equal(Transition("a", 1).Id, Assert.Single(now.Pending).Id);
    }

    [Fact]
    public async Task ClaimSchedule_TheFirstAndALater_IsTheCallers()
    {
        var store = await emulators.NewAsync(configure: _network.Configure);
        _network.On = true;

        var first = await store.ClaimScheduleAsync(0, "home", Slot(0), Slot(1), Cancellation);
        await store.FinishScheduleAsync(first!, Cancellation);
        var later = await store.ClaimScheduleAsync(0, "home", Slot(0), Slot(2), Cancellation);

        Assert.Equal(new ScheduleWindow(Slot(0), Slot(1)), first!.Window);
        Assert.Equal(new ScheduleWindow(Slot(1), Slot(2)), later!.Window);
        Assert.Equal(3, _network.Count);
    }

    [Fact]
    public async Task Delete_OfAnEndpoint_LeavesNothing()
    {
        var store = await emulators.NewAsync(configure: _network.Configure);
        var before = await store.AddAsync("a");
        _network.On = true;

        await store.CommitAsync(
            new() { EndpointId = "a", Before = before, DeleteEndpoint = true, Transitions = [Transition("a", 1, 2)] }, Cancellation);

        Assert.Empty(await store.ListEndpointsAsync(Cancellation));
        Assert.Null(await store.ReadStateAsync("a", Cancellation));
        Assert.Single(await store.ReadPendingAsync(10, Cancellation));
    }
}
