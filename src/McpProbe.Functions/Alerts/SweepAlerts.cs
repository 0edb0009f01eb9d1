using McpProbe.Alerts;
using McpProbe.Monitoring;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Alerts;

/// <summary>Every minute: hands over what a crash, or another location, left pending.</summary>
public sealed class SweepAlerts(IMonitorStore store, IDeliveryStore deliveries, ILogger<SweepAlerts> log)
{
    [Function(nameof(SweepAlerts))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.SweepSchedule}%")] TimerInfo timer,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        var handedOver = await PendingTransitions.SweepAsync(store, new DurableOutbox(durable, deliveries), cancellationToken);
        if (handedOver > 0)
            Log.Swept(log, handedOver, timer.IsPastDue);
    }
}
