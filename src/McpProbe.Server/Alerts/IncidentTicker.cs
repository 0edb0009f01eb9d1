using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Server.Alerts;

/// <summary>Lets time do to incidents what it does alone: reminders, escalations, the end of a maintenance and of flapping.</summary>
internal sealed class IncidentTicker(
    IMonitorStore store, IEndpointStore endpoints, IAlertOutbox outbox, TimeProvider time, ILogger<IncidentTicker> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await TickAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end; what is due stays so.
        }
    }

    private async Task TickAsync(CancellationToken stoppingToken)
    {
        try
        {
            await IncidentClock.RunAsync(store, endpoints, outbox, time, stoppingToken);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            Log.TickFailed(logger, failure);
        }
    }
}
