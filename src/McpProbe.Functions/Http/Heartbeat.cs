using McpProbe.Alerts.Heartbeats;
using McpProbe.Web;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Http;

/// <summary>
/// While nothing is wrong, a sign of life to an outside service, each time that the alerts were swept: a timer that stopped, a sweep that
/// failed and an app that is gone all keep it back.
/// </summary>
public sealed class Heartbeat(HeartbeatAddress? address, IHeadHealth health, LineLimit lines, TimeProvider time, ILogger<Heartbeat> log) : IDisposable
{
    private readonly HeartbeatSender? _sender = address is null ? null : new HeartbeatSender(address, time);

    /// <summary>Without an address nothing is looked at, and nothing is sent.</summary>
    public async Task BeatAsync(CancellationToken cancellationToken)
    {
        if (_sender is null)
            return;
        var obstacles = await health.CheckAsync(cancellationToken);
        var reasons = string.Join(", ", obstacles.Select(each => each.Reason));
        if (obstacles.Count > 0 && lines.Allows($"heartbeat withheld {reasons}", out _))
            Log.HeartbeatWithheld(log, reasons);
        if (await _sender.SendAsync(isWell: obstacles.Count == 0, cancellationToken) is { } error && lines.Allows("heartbeat failed", out _))
            Log.HeartbeatFailed(log, error);
    }

    public void Dispose() => _sender?.Dispose();
}
