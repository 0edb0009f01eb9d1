using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Server.Scheduling;

/// <summary>Runs the engine's <see cref="DeepWatch"/> every hour; each endpoint has its turn once a day.</summary>
internal sealed class DeepLooks(DeepWatch watch, IAlertOutbox outbox, TimeProvider time, ILogger<DeepLooks> logger)
    : PeriodicService(Round, time)
{
    private static readonly TimeSpan Round = TimeSpan.FromHours(1);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => watch.RunAsync(outbox, Time.GetUtcNow() + Round, stoppingToken);

    protected override void LogFailure(Exception failure) => Log.DeepLooksFailed(logger, failure);
}
