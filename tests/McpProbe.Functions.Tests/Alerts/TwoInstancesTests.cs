using System.Collections.Concurrent;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Alerts;

/// <summary>Two instances of the head that deliver the same transitions at the same time, over a network that loses answers.</summary>
public class TwoInstancesTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deliver_ByBothAtOnce_SendsEachTransitionOnceAndInOrder(bool losesAnswers)
    {
        var account = await emulators.NewAccountAsync();
        var time = new FakeTimeProvider(StoreSamples.Slot(1));
        var sent = new ConcurrentQueue<string>();
        var channels = new Dictionary<string, Channel>
        {
            ["ops"] = new() { Name = "ops", Type = ChannelType.Teams, Url = "https://hooks.example.com/x", Limit = new SendLimit(3, null) },
        };
        var instances = new List<(DeliveryWorker Worker, IDeliveryStore Store)>();
        foreach (var _ in new[] { 1, 2 })
        {
            var network = new LostAnswers();
            var store = await Stores.OpenAsync(account, configure: network.Configure);
            network.On = losesAnswers;
            instances.Add((new DeliveryWorker(store, channels, SendAsync, _ => null, time), store));
        }
        // Of ten incidents every second one is over before it was told.
        var transitions = Enumerable.Range(0, 10).SelectMany(i => Enumerable.Range(1, 1 + i % 2).Select(sequence =>
            StoreSamples.Transition($"e{i}", 1, sequence, "ops"))).ToList();

        foreach (var transition in transitions)
            await Task.WhenAll(instances.Select(instance => instance.Store.KeepAsync(transition, Cancellation)));
        for (var round = 0; round < 10 && sent.Count < transitions.Count; round++)
        {
            await Task.WhenAll(transitions.SelectMany(transition => instances.Select(instance =>
                Task.Run(() => instance.Worker.DeliverAsync(transition, "ops", Cancellation), Cancellation))));
            time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(transitions.Select(transition => transition.Id).Order(), sent.Order());
        Assert.All(
            transitions.Where(transition => transition.Incident.Sequence == 2),
            resolved => Assert.True(
                sent.ToList().IndexOf(resolved.Id) > sent.ToList().FindIndex(id => id == IncidentIds.OfTransition(resolved.Incident.Id, 1))));
        Assert.Empty(await instances[0].Store.ReadWaitingAsync("ops", 10, Cancellation));

        Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
        {
            foreach (var transition in alert.Transitions)
                sent.Enqueue(transition.Id);
            return Task.FromResult(SendOutcome.Delivered);
        }
    }

    /// <summary>Each orchestration asks for itself: that of an outage sends it, whatever the others wait for.</summary>
    [Fact]
    public async Task Deliver_AnOutageWhileWarningsOfItsGroupWait_SendsItAtOnce()
    {
        var store = await emulators.NewAsync();
        var time = new FakeTimeProvider(StoreSamples.Slot(1));
        var sent = new List<IReadOnlyList<string>>();
        var worker = new DeliveryWorker(
            store, new Dictionary<string, Channel> { ["ops"] = new() { Name = "ops", Type = ChannelType.Email } },
            (_, alert, _) =>
            {
                sent.Add([.. alert.Transitions.Select(transition => transition.Id)]);
                return Task.FromResult(SendOutcome.Delivered);
            },
            _ => null, time);
        Transition Of(string endpoint, IncidentSeverity severity)
        {
            var transition = StoreSamples.Transition(endpoint, 1, 1, "ops");
            return transition with { Incident = transition.Incident with { Severity = severity } };
        }

        var (first, waits, outage) = (Of("a", IncidentSeverity.Warning), Of("b", IncidentSeverity.Warning), Of("c", IncidentSeverity.Critical));
        foreach (var transition in new[] { first, waits, outage })
            await store.KeepAsync(transition, Cancellation);
        // What an older version kept, without a severity, is read, too.
        Assert.Equal(IncidentSeverity.Critical, (await store.FindDeliveryAsync(outage.Id, "ops", Cancellation))?.Severity);

        var told = await worker.DeliverAsync(outage, "ops", Cancellation);

        Assert.Equal(DeliveryStatus.Delivered, told.Status);
        Assert.Equal([outage.Id], sent[0].Where(id => id == outage.Id));
        var later = Of("d", IncidentSeverity.Warning);
        await store.KeepAsync(later, Cancellation);
        Assert.Equal(DeliveryStatus.Pending, (await worker.DeliverAsync(later, "ops", Cancellation)).Status);
        var worse = Of("e", IncidentSeverity.Critical);
        await store.KeepAsync(worse, Cancellation);
        Assert.Equal(DeliveryStatus.Pending, (await worker.DeliverAsync(worse, "ops", Cancellation)).Status);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(DeliveryStatus.Delivered, (await worker.DeliverAsync(worse, "ops", Cancellation)).Status);
    }

    [Fact]
    public async Task Deliver_OrchestrationOfTheLaterOneRunsFirst_WaitsForTheEarlierThatWasHandedOver()
    {
        var store = await emulators.NewAsync();
        var time = new FakeTimeProvider(StoreSamples.Slot(1));
        var sent = new List<string>();
        var worker = new DeliveryWorker(
            store, new Dictionary<string, Channel> { ["ops"] = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" } },
            (_, alert, _) =>
            {
                sent.Add(alert.Id);
                return Task.FromResult(SendOutcome.Delivered);
            },
            _ => null, time);
        var (opened, resolved) = (StoreSamples.Transition("a", 1, 1, "ops"), StoreSamples.Transition("a", 1, 2, "ops"));
        await store.KeepAsync(opened, Cancellation);
        await store.KeepAsync(resolved, Cancellation);

        var waits = await worker.DeliverAsync(resolved, "ops", Cancellation);
        Assert.Equal((DeliveryStatus.Pending, 0), (waits.Status, waits.Attempts));
        await worker.DeliverAsync(opened, "ops", Cancellation);
        await worker.DeliverAsync(resolved, "ops", Cancellation);

        Assert.Equal([opened.Id, resolved.Id], sent);
    }
}
