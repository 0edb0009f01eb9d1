using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>What an alert costs in the product's storage, in billed requests; the durable platform's own come on top.</summary>
public class DeliveryCostTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ChannelType.Webhook, 1, 3, 6)]
    [InlineData(ChannelType.Slack, 1, 3, 12)]
    // Twenty in one message.
    [InlineData(ChannelType.Slack, 20, 3, 8)]
    public async Task Deliver_EachTransition_CostsAFewTransactions(ChannelType type, int transitions, double toKeep, double toDeliver)
    {
        var requests = new CountedRequests();
        var store = await emulators.NewAsync(configure: requests.Configure);
        var time = new FakeTimeProvider(StoreSamples.Slot(1));
        var (sends, channel) = (0, new Channel { Name = "ops", Type = type, Url = "https://hooks.example.com/x" });
        var worker = new DeliveryWorker(
            store, new Dictionary<string, Channel> { ["ops"] = channel },
            (_, _, _) =>
            {
                sends++;
                return Task.FromResult(SendOutcome.Delivered);
            },
            _ => null, time);
        var all = Enumerable.Range(0, transitions).Select(i => StoreSamples.Transition($"e{i}", 1, 1, "ops")).ToList();
        requests.Clear();

        foreach (var transition in all)
            await store.KeepAsync(transition, Cancellation);
        var kept = requests.All.Count;
        requests.Clear();
        // As the orchestrations do: each once, and again at the time that it was told.
        var due = new PriorityQueue<int, DateTimeOffset>(Enumerable.Range(0, transitions).Select(i => (i, time.GetUtcNow())));
        while (due.TryDequeue(out var next, out var at))
        {
            if (at > time.GetUtcNow())
                time.SetUtcNow(at);
            if (await worker.DeliverAsync(all[next], "ops", Cancellation) is { NextAttemptAt: { } again })
                due.Enqueue(next, again);
        }

        Assert.Equal(1, sends);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{type}, {transitions} transitions: {(double)kept / transitions:F1} to keep and {(double)requests.All.Count / transitions:F1} to deliver each");
        Assert.InRange((double)kept / transitions, 1, toKeep);
        Assert.InRange((double)requests.All.Count / transitions, 1, toDeliver);
    }
}
