using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Tests.Incidents;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>An outage whose reminder is due, and a transition that a crash left pending.</summary>
public class AlertSweepTests
{
    private static readonly Endpoint Endpoint = new()
    {
        Id = "watched",
        Url = new Uri("https://example.com/mcp"),
        FailureThreshold = 1,
        Alerts = new() { RemindEvery = TimeSpan.FromMinutes(10) },
    };

    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public AlertSweepTests()
    {
        var down = new Watched(Endpoint).Expect("x!o");
        _time.SetUtcNow(down.Now.AddMinutes(10));
        _store.Put(new RegisteredEndpoint(Endpoint, EndpointSource.Api));
        _store.Put(new RegisteredEndpoint(new Endpoint { Id = "other" }, EndpointSource.Api));
        _store.Set("watched", down.State);
    }

    [Fact]
    public async Task Run_DueAndPending_TellsBoth()
    {
        await LeaveAsync();

        Assert.Equal(1, await RunAsync(_store));

        Assert.Equal([("watched", TransitionType.Reminded), ("other", TransitionType.Opened)], Told());
        Assert.Equal(0, await RunAsync(_store));
    }

    [Fact]
    public async Task Run_WhatIsDueCannotBeJudged_HandsOverWhatIsPending()
    {
        await LeaveAsync();

        var failure = await Assert.ThrowsAsync<AggregateException>(() => RunAsync(new MemoryStore { Broken = new IOException("no definitions") }));

        Assert.Single(failure.InnerExceptions);
        Assert.Equal([("other", TransitionType.Opened)], Told());
    }

    [Fact]
    public async Task Run_WhatIsPendingCannotBeHandedOver_SaysSoAndTellsWhatIsDue()
    {
        await LeaveAsync();

        var failure = await Assert.ThrowsAsync<AggregateException>(() => AlertSweep.RunAsync(_store, _store, new AllBut("other", _store), _time, Token));

        Assert.Single(failure.InnerExceptions);
        Assert.Equal([("watched", TransitionType.Reminded)], Told());
        Assert.Equal(1, await RunAsync(_store));
    }

    [Fact]
    public async Task Run_Cancelled_EndsAtOnce()
    {
        await LeaveAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(new MemoryStore { Broken = new OperationCanceledException() }));

        Assert.Empty(_store.HandedOver);
    }

    private (string, TransitionType)[] Told() => [.. _store.HandedOver.Select(each => (each.Incident.EndpointId, each.Type))];

    private async Task LeaveAsync() => await _store.CommitAsync(
        new StateChange
        {
            EndpointId = "other",
            Before = (await _store.ReadStateAsync("other", Token))!,
            After = EndpointState.New,
            Transitions = [StoreSamples.Transition("other", 1, 1, "ops")],
        },
        Token);

    private Task<int> RunAsync(IEndpointStore endpoints) => AlertSweep.RunAsync(_store, endpoints, _store, _time, Token);

    private sealed class AllBut(string endpoint, IAlertOutbox outbox) : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) =>
            transition.Incident.EndpointId == endpoint ? throw new IOException("not now") : outbox.HandOverAsync(transition, cancellationToken);
    }
}
