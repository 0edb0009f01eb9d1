using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Server.Alerts;

/// <summary>Runs the engine's <see cref="AlertSweep"/> at start and every few seconds, as the function of this name does on Azure.</summary>
internal sealed class SweepAlerts(
    IMonitorStore store, IEndpointStore endpoints, IAlertOutbox outbox, TimeProvider time, ILogger<SweepAlerts> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time)
{
    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var handedOver = await AlertSweep.RunAsync(store, endpoints, outbox, Time, stoppingToken);
        if (handedOver > 0)
            Log.SweptPending(logger, handedOver);
    }

    protected override void LogFailure(Exception failure) => Log.SweepFailed(logger, failure);
}
