using System.Diagnostics;
using System.Diagnostics.Metrics;
using McpProbe.Text;

namespace McpProbe.Alerts.Deliveries;

/// <summary>What becomes of alerts; meter <c>McpProbe.Alerts</c>.</summary>
internal static class AlertMetrics
{
    private static readonly Meter Meter = new("McpProbe.Alerts");

    private static readonly Counter<long> Deliveries = Meter.CreateCounter<long>(
        "mcpprobe.deliveries", "{delivery}", "Deliveries that ended, by channel and status: delivered, or gave-up.");

    private static readonly Histogram<double> Delay = Meter.CreateHistogram<double>(
        "mcpprobe.delivery.delay", "s", "From a transition to its confirmation by the receiver, by channel.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 900, 3600, 14400, 86400] });

    /// <summary>Tells processes of one head apart that are scraped under one address; null where there is one only.</summary>
    internal static KeyValuePair<string, object?>? Instance { get; set; }

    /// <param name="delivery">Final since now.</param>
    internal static void Ended(Delivery delivery)
    {
        // Nothing was to be delivered.
        if (delivery.Status is DeliveryStatus.LeftOut)
            return;
        var channel = new TagList { { "channel", delivery.Channel } };
        if (Instance is { } instance)
            channel.Add(instance);
        var withStatus = channel;
        withStatus.Add("status", WireNames.Of(delivery.Status));
        Deliveries.Add(1, withStatus);
        if (delivery is { Status: DeliveryStatus.Delivered, At: { } at })
            Delay.Record(Math.Max(0, (delivery.UpdatedAt - at).TotalSeconds), channel);
    }
}
