using McpProbe.Alerts.Heartbeats;
using McpProbe.Web;
using McpProbe.Web.Health;

namespace McpProbe.Server.Health;

/// <summary>
/// Every minute, while nothing is wrong: a sign of life to an outside service. It fails closed: whatever keeps McpProbe from its work, and
/// whatever keeps it from knowing, keeps the heartbeat back.
/// </summary>
internal sealed class HeartbeatService(
    HeartbeatSender sender, IHeadHealth health, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<HeartbeatService> logger)
    : PeriodicService(TimeSpan.FromMinutes(1), time)
{
    private readonly LineLimit _lines = new(time);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        // A server that cannot listen ends at once, and is not alive.
        if (!await lifetime.WhenStartedAsync(stoppingToken))
            return;
        var obstacles = await health.CheckAsync(stoppingToken);
        var reasons = string.Join(", ", obstacles.Select(each => each.Reason));
        if (obstacles.Count > 0 && _lines.Allows($"withheld {reasons}", out _))
            Log.HeartbeatWithheld(logger, reasons);
        if (await sender.SendAsync(isWell: obstacles.Count == 0, stoppingToken) is { } error && _lines.Allows("failed", out _))
            Log.HeartbeatFailed(logger, error);
    }

    protected override void LogFailure(Exception failure) => Log.HeartbeatBroke(logger, failure);
}
