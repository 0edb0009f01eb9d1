using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Http;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Alerts;

/// <summary>Every minute: judges what is due by time alone, and hands over what a crash, or another location, left pending; then gives a sign of life.</summary>
public sealed class SweepAlerts(
    IMonitorStore store, IEndpointStore endpoints, IDeliveryStore deliveries, IRollupStore rollups, StoreOpening opening, ScheduleWatch schedule, Heartbeat heartbeat, TimeProvider time,
    ILogger<SweepAlerts> log)
{
    [Function(nameof(SweepAlerts))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.SweepSchedule}%")] TimerInfo timer,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        if (!await opening.IsOpenAsync(cancellationToken))
            return;
        // Another timer's work, and so it is seen here when that one alone has stopped.
        await schedule.CheckAsync(cancellationToken);
        var outbox = new DurableOutbox(durable, deliveries);
        var handedOver = await AlertSweep.RunAsync(store, endpoints, outbox, time, cancellationToken, new BudgetCounts(rollups).ReadAsync);
        if (handedOver > 0)
            Log.Swept(log, handedOver, timer.IsPastDue);
        // Last: a sweep that fails keeps it back.
        await heartbeat.BeatAsync(cancellationToken);
    }
}
