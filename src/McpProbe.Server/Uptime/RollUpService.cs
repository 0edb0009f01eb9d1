using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;

namespace McpProbe.Server.Uptime;

/// <summary>
/// Rolls up at start, where it catches up with the hours that the process was not there for, and after each full hour; then looks
/// for endpoints that have become slow, for catalogues that meddle with their group's, and sends
/// the reports of a month that is over.
/// </summary>
internal sealed class RollUpService(
    RollUpJob job, LatencyWatch watch, ShadowWatch shadows, MonthlyReports reports, IAlertOutbox outbox, TimeProvider time, ILogger<RollUpService> logger) : BackgroundService
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The store answers on the caller's thread: the start of the host must not wait for the catching up.
        await Task.Yield();
        try
        {
            while (true)
            {
                // From when it began: an hour that ends while it works is the next to do.
                var next = RollUpJob.NextRun(time.GetUtcNow());
                var wait = await RunAsync(stoppingToken) ? next - time.GetUtcNow() : AfterFailure;
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end; the next start does what is left.
        }
    }

    private async Task<bool> RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            var rolled = await job.RunAsync(stoppingToken);
            await watch.RunAsync(rolled.Latest, outbox, stoppingToken);
            await shadows.RunAsync(outbox, stoppingToken);
            await reports.RunAsync(outbox, stoppingToken);
            return true;
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            Log.RollUpFailed(logger, failure);
            return false;
        }
    }
}
