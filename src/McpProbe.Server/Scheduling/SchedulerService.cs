using McpProbe.Monitoring.Prober;

namespace McpProbe.Server.Scheduling;

/// <summary>Runs the scheduler from when the port is open, and the path of a probe is warm, until the process is asked to end.</summary>
internal sealed class SchedulerService(ProbeScheduler scheduler, WarmUp warmUp, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // While the port opens.
        var warm = warmUp.RunAsync();
        // A server that cannot listen ends at once, and must not have probed anybody.
        if (await lifetime.WhenStartedAsync(stoppingToken))
        {
            await warm.WaitAsync(stoppingToken);
            OldGarbage.CollectAfterStart();
            await scheduler.RunAsync(stoppingToken);
        }
    }
}
