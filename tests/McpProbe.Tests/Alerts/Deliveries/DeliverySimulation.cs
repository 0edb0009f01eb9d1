using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Deliveries;

/// <summary>
/// A courier without a platform: it hands transitions over at their time, calls the worker when it asked to be called, and makes a
/// new one after a death. It looks at every message as the receiver does.
/// </summary>
internal sealed class DeliverySimulation
{
    private readonly Channel _channel;
    private readonly bool _alone;
    private readonly PriorityQueue<(Transition Transition, bool HandedOver), DateTimeOffset> _due = new();
    private DeliveryWorker _worker;
    private int _asked;

    internal DeliverySimulation(Channel channel, bool alone, int diesAt = -1)
    {
        (_channel, _alone) = (channel, alone);
        Store = new MemoryStore(Time) { DiesAt = diesAt };
        _worker = NewWorker();
    }

    internal FakeTimeProvider Time { get; } = new(Alerting.Now);

    internal MemoryStore Store { get; }

    /// <summary>What the receiver got, whatever it answered.</summary>
    internal List<(DateTimeOffset At, string Id, IReadOnlyList<string> Transitions)> Messages { get; } = [];

    /// <summary>What comes of the nth send; delivered unless the test says otherwise.</summary>
    internal Func<int, SendOutcome> Answer { get; init; } = _ => SendOutcome.Delivered;

    internal int Deaths { get; private set; }

    /// <param name="story">Transitions by the seconds at which they are handed over.</param>
    internal async Task RunAsync(params (double At, Transition Transition)[] story)
    {
        foreach (var (at, transition) in story)
            _due.Enqueue((transition with { At = Alerting.Now.AddSeconds(at), Channels = [_channel.Name] }, false), Alerting.Now.AddSeconds(at));
        while (_due.TryDequeue(out var next, out var at))
        {
            Assert.True(at < Alerting.Now.AddDays(3), "it never ends");
            if (at > Time.GetUtcNow())
                Time.SetUtcNow(at);
            await WorkAsync(next.Transition, next.HandedOver);
        }
    }

    private async Task WorkAsync(Transition transition, bool handedOver)
    {
        var now = Time.GetUtcNow();
        try
        {
            if (!handedOver)
                await Store.KeepAsync(transition, CancellationToken.None);
            handedOver = true;
            var row = await _worker.DeliverAsync(transition, _channel.Name, CancellationToken.None);
            if (row.IsFinal)
                return;
            // Anything else would be a busy loop.
            Assert.True(row.NextAttemptAt > now, $"{row.TransitionId} is due again at once");
            _due.Enqueue((transition, true), row.NextAttemptAt.Value);
        }
        catch (IOException)
        {
            Deaths++;
            _worker = NewWorker();
            _due.Enqueue((transition, handedOver), now.AddSeconds(5));
        }
    }

    private DeliveryWorker NewWorker() => new(
        Store, new Dictionary<string, Channel> { [_channel.Name] = _channel }, SendAsync, _ => null, Time, _alone);

    private async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        await Store.StepAsync(() => true); // dies before it is sent
        foreach (var transition in alert.Transitions)
        {
            Assert.NotEqual(DeliveryStatus.Delivered, Store.Rows[(transition.Id, channel.Name)].Status);
            Assert.DoesNotContain(Store.ChannelOf(channel.Name).Outgoing, each => each.IsFinal && each.Transitions.Contains(transition.Id));
        }
        var answer = Answer(++_asked);
        if (!answer.NotTried)
            Messages.Add((Time.GetUtcNow(), alert.Id, [.. alert.Transitions.Select(transition => transition.Id)]));
        return await Store.StepAsync(() => answer); // or before the answer comes
    }

    /// <summary>The promises, whatever died and whatever the receiver answered.</summary>
    internal void AssertPromises(params Transition[] transitions)
    {
        Assert.All(transitions, transition => Assert.Equal(DeliveryStatus.Delivered, Store.Rows[(transition.Id, _channel.Name)].Status));
        Assert.Empty(Store.Waiting);
        // The next send forgets a message that ended just before a death.
        Assert.DoesNotContain(Store.ChannelOf(_channel.Name).Outgoing, alert => !alert.IsFinal);

        // One id, one content; and a transition is repeated under one id only.
        Assert.All(Messages.GroupBy(message => message.Id), same => Assert.Single(same.Select(message => string.Join(' ', message.Transitions)).Distinct()));
        Assert.All(transitions, transition =>
            Assert.Single(Messages.Where(message => message.Transitions.Contains(transition.Id)).Select(message => message.Id).Distinct()));

        // In order per incident: nothing arrives before everything earlier has.
        var arrived = new HashSet<string>();
        foreach (var id in Messages.SelectMany(message => message.Transitions))
        {
            var transition = transitions.Single(each => each.Id == id);
            Assert.All(
                transitions.Where(each => each.Incident.Id == transition.Incident.Id && each.Incident.Sequence < transition.Incident.Sequence),
                earlier => Assert.Contains(earlier.Id, arrived));
            arrived.Add(id);
        }
    }
}
