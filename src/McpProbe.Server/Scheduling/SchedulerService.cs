namespace McpProbe.Server.Scheduling;

/// <summary>Runs the scheduler from when the port is open until the process is asked to end.</summary>
internal sealed class SchedulerService(ProbeScheduler scheduler, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A server that cannot listen ends at once, and must not have probed anybody.
        if (await lifetime.WhenStartedAsync(stoppingToken))
            await scheduler.RunAsync(stoppingToken);
    }
}
