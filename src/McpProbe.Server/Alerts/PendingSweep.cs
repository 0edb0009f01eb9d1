using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Server.Alerts;

/// <summary>
/// Hands over what a cycle committed and could not hand over: at start, after a crash, and each minute
/// (docs/architecture.md, Delivery promises 3).
/// </summary>
internal sealed class PendingSweep(IMonitorStore store, IAlertOutbox outbox, TimeProvider time, ILogger<PendingSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end; what is pending stays so.
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        try
        {
            var swept = await PendingTransitions.SweepAsync(store, outbox, stoppingToken);
            if (swept > 0)
                Log.SweptPending(logger, swept);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            Log.SweepFailed(logger, failure);
        }
    }
}
