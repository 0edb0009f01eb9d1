using System.Diagnostics.Metrics;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Deliveries;

public class AlertMetricsTests
{
    // Seconds from the transition to the confirmation; expected: what the histogram is told.
    [Theory]
    [InlineData(DeliveryStatus.Delivered, 2.5, "delivered", "2.5")]
    [InlineData(DeliveryStatus.Delivered, -1.0, "delivered", "0")] // two clocks that differ
    [InlineData(DeliveryStatus.Delivered, null, "delivered", "")] // a row of an older version
    [InlineData(DeliveryStatus.GaveUp, 2.5, "gave-up", "")]
    public void Ended_ADelivery_IsCountedAndMeasured(DeliveryStatus status, double? seconds, string counted, string measured)
    {
        // Other tests deliver at the same time.
        var channel = $"ops-{Guid.NewGuid()}";
        var row = Delivery.Of(Alerting.Transition(), channel, Alerting.Now) with { Status = status, UpdatedAt = Alerting.Now.AddSeconds(seconds ?? 0) };

        var (counts, delays) = Measure(channel, () => AlertMetrics.Ended(seconds is null ? row with { At = null } : row));

        Assert.Equal([$"1 {counted}"], counts);
        Assert.Equal(measured, string.Join(' ', delays));
    }

    [Theory]
    [InlineData(SendStatus.Retry, 0)]
    [InlineData(SendStatus.Delivered, 1)]
    public void Deliver_AnAttempt_IsCountedWhenItIsTheLast(SendStatus outcome, int expected)
    {
        var channel = new Channel { Name = $"ops-{Guid.NewGuid()}", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" };
        var time = new FakeTimeProvider(Alerting.Now);
        var worker = new DeliveryWorker(
            new MemoryStore(time), new Dictionary<string, Channel> { [channel.Name] = channel },
            (_, _, _) => Task.FromResult(new SendOutcome(outcome, "no")), _ => null, time);

        var (counts, _) = Measure(channel.Name, () => Assert.True(worker.DeliverAsync(Alerting.Transition(), channel.Name, TestContext.Current.CancellationToken).IsCompleted));

        Assert.Equal(expected, counts.Count);
    }

    private static (List<string> Counts, List<string> Delays) Measure(string channel, Action work)
    {
        var (counts, delays) = (new List<string>(), new List<string>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "McpProbe.Alerts")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => Add(counts, tags, $"{count} {Tag(tags, "status")}"));
        listener.SetMeasurementEventCallback<double>((_, delay, tags, _) => Add(delays, tags, FormattableString.Invariant($"{delay}")));
        listener.Start();
        work();
        return (counts, delays);

        void Add(List<string> to, ReadOnlySpan<KeyValuePair<string, object?>> tags, string text)
        {
            if (Tag(tags, "channel") == channel)
                to.Add(text);
        }
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name)
                return tag.Value as string;
        }

        return null;
    }
}
