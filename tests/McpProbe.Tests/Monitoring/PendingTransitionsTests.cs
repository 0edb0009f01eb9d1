using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Tests.Monitoring;

public class PendingTransitionsTests
{
    private readonly MemoryStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HandOver_Nothing_AsksNothing()
    {
        await PendingTransitions.HandOverAsync([], _store, _store, Token);

        Assert.Equal(0, _store.Steps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(250)]
    public async Task Sweep_HoweverMany_HandsAllOverInTheirOrder(int count)
    {
        await LeaveAsync([.. Enumerable.Range(1, count).Select(i => StoreSamples.Transition("a", 1, i, "ops"))]);

        Assert.Equal(count, await PendingTransitions.SweepAsync(_store, _store, Token));

        Assert.Equal(Enumerable.Range(1, count), _store.HandedOver.Select(each => each.Incident.Sequence));
        Assert.Equal(0, _store.Pending);
    }

    [Fact]
    public async Task Sweep_OneThatCannotBeHandedOver_HoldsUpItsIncidentOnly()
    {
        await LeaveAsync(
            StoreSamples.Transition("a", 1, 1, "ops"), StoreSamples.Transition("bad", 1, 1, "ops"), StoreSamples.Transition("bad", 1, 2, "ops"),
            StoreSamples.Transition("c", 1, 1, "ops"));

        var failure = await Assert.ThrowsAsync<AggregateException>(() => PendingTransitions.SweepAsync(_store, new Refusing(_store, "bad"), Token));

        Assert.Single(failure.InnerExceptions);
        Assert.Equal(["a", "c"], _store.HandedOver.Select(each => each.Incident.EndpointId));
        Assert.Equal(2, _store.Pending);
        // Later it can be.
        Assert.Equal(2, await PendingTransitions.SweepAsync(_store, _store, Token));
    }

    [Fact]
    public async Task Sweep_AFullBatchThatCannotBeHandedOver_EndsAndTriesNoSecondTime()
    {
        await LeaveAsync([.. Enumerable.Range(1, 150).Select(i => StoreSamples.Transition("bad", 1, i, "ops"))]);
        var outbox = new Refusing(_store, "bad");

        await Assert.ThrowsAsync<AggregateException>(() => PendingTransitions.SweepAsync(_store, outbox, Token));

        Assert.Equal(1, outbox.Asked);
    }

    [Fact]
    public async Task Sweep_ManyThatCannotBeHandedOver_HideNobody()
    {
        await LeaveAsync([.. Enumerable.Range(1, 250).Select(i => StoreSamples.Transition("bad", i, 1, "ops")), StoreSamples.Transition("c", 1, 1, "ops")]);

        var failure = await Assert.ThrowsAsync<AggregateException>(() => PendingTransitions.SweepAsync(_store, new Refusing(_store, "bad"), Token));

        Assert.Equal(250, failure.InnerExceptions.Count);
        Assert.Equal(["c"], _store.HandedOver.Select(each => each.Incident.EndpointId));
        Assert.Equal(250, _store.Pending);
    }

    [Fact]
    public async Task Sweep_Cancelled_StopsAtOnce()
    {
        await LeaveAsync(StoreSamples.Transition("a", 1, 1, "ops"), StoreSamples.Transition("c", 1, 1, "ops"));
        var outbox = new Refusing(_store, "a", new OperationCanceledException());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PendingTransitions.SweepAsync(_store, outbox, Token));

        Assert.Equal(1, outbox.Asked);
    }

    private async Task LeaveAsync(params Transition[] transitions)
    {
        _store.Put(new RegisteredEndpoint(new Endpoint { Id = "any" }, EndpointSource.Api));
        await _store.CommitAsync(
            new StateChange { EndpointId = "any", Before = (await _store.ReadStateAsync("any", Token))!, After = EndpointState.New, Transitions = transitions }, Token);
    }

    private sealed class Refusing(IAlertOutbox outbox, string endpoint, Exception? with = null) : IAlertOutbox
    {
        internal int Asked { get; private set; }

        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
        {
            Asked++;
            return transition.Incident.EndpointId == endpoint ? throw with ?? new IOException("not now") : outbox.HandOverAsync(transition, cancellationToken);
        }
    }
}
