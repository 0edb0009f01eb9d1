using System.Collections.Concurrent;

namespace McpProbe.Web.Health;

/// <summary>
/// What a part of the head has to tell until it is mended, such as a probes file that is not valid: shown on the head of the pages and in
/// <c>GET /api/health</c>.
/// </summary>
public sealed class StandingObstacles
{
    private readonly ConcurrentDictionary<string, Obstacle> _all = new();

    public IReadOnlyList<Obstacle> All => [.. _all.Values.OrderBy(each => each.Reason, StringComparer.Ordinal)];

    /// <summary>Tells it, in place of what was told for the same reason.</summary>
    public void Set(Obstacle obstacle) => _all[obstacle.Reason] = obstacle;

    /// <summary>It is mended.</summary>
    public void Clear(string reason) => _all.TryRemove(reason, out _);
}
