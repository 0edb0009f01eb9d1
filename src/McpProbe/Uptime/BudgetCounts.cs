using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Uptime;

/// <summary>
/// Counts probes for error budgets: the last hours from the results themselves, what lies before from the rollups of hours. A long
/// window so begins with a full hour, and is up to an hour longer than it says.
/// </summary>
public sealed class BudgetCounts(IRollupStore store)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Longer than the longest short window, and than rolling up takes.</summary>
    private static readonly TimeSpan ByResults = TimeSpan.FromHours(2);

    /// <inheritdoc cref="CountProbes"/>
    public async Task<IReadOnlyList<WindowCounts>> ReadAsync(
        Endpoint endpoint, DateTimeOffset? since, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var seam = Floor(now - ByResults);
        var results = await store.ReadResultsAsync(endpoint.Id, seam, now + TimeSpan.FromTicks(1), cancellationToken);
        var hours = await store.ReadRollupsAsync(endpoint.Id, RollupPeriod.Hour, Floor(now - BurnRule.Windows[^1]), seam, cancellationToken);
        return Count(results, hours, since, now);
    }

    /// <summary>Pure.</summary>
    /// <param name="results">Of the last two hours, back to a full one.</param>
    /// <param name="hours">Of the time before.</param>
    internal static IReadOnlyList<WindowCounts> Count(
        IReadOnlyList<ProbeRecord> results, IReadOnlyList<RollupRecord> hours, DateTimeOffset? since, DateTimeOffset now) =>
    [
        .. BurnRule.Windows.Select(window =>
        {
            var (up, down) = (0L, 0L);
            foreach (var record in results)
            {
                if (record.Slot <= now - window || record.Slot > now || record.Slot <= since || record.Result.Maintenance)
                    continue;
                if (record.Result.Verdict is Verdict.Down)
                    down++;
                else if (record.Result.Verdict is not Verdict.Unknown)
                    up++;
            }

            foreach (var record in hours)
            {
                if (record.Start < Floor(now - window) || record.Start <= since)
                    continue;
                up += record.Rollup.Up;
                down += record.Rollup.Down;
            }

            return new WindowCounts(window, up, down);
        }),
    ];

    private static DateTimeOffset Floor(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % Hour.Ticks, TimeSpan.Zero);
}
