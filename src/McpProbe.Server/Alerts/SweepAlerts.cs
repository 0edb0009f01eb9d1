using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web;
using McpProbe.Web.Health;

namespace McpProbe.Server.Alerts;

/// <summary>Runs the engine's <see cref="AlertSweep"/> at start and every few seconds, as the function of this name does on Azure.</summary>
internal sealed class SweepAlerts(
    IMonitorStore store, IEndpointStore endpoints, IAlertOutbox outbox, IRollupStore rollups, StandingObstacles standing, TimeProvider time, ILogger<SweepAlerts> logger)
    : PeriodicService(TimeSpan.FromSeconds(5), time)
{
    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        try
        {
            await SweepAsync(stoppingToken);
            standing.Clear(Reason);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            standing.Set(new Obstacle(
                Reason, "Some incidents could not be judged, or their alerts not handed over. It is tried again every few seconds; the log says why."));
            throw;
        }
    }

    private const string Reason = "alerts not handed over";

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        var handedOver = await AlertSweep.RunAsync(store, endpoints, outbox, Time, stoppingToken, new BudgetCounts(rollups).ReadAsync);
        if (handedOver > 0)
            Log.SweptPending(logger, handedOver);
    }

    protected override void LogFailure(Exception failure) => Log.SweepFailed(logger, failure);
}
