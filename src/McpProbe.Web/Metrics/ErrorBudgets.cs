using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;

namespace McpProbe.Web.Metrics;

/// <summary>
/// What is left of the error budgets of those endpoints that have an objective and series of their own. Each takes reads of its own, so
/// it is kept for some minutes, and reading ends with a scrape's patience: what is not there yet comes with the next scrape. Called by
/// one at a time.
/// </summary>
internal sealed class ErrorBudgets(UptimeReader uptime, OwnSeries series, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Summaries that are read in one go.</summary>
    private const int AtOnce = 50;

    private readonly Dictionary<string, Budget> _budgets = [];

    private sealed record Budget(long Generation, double? Left, DateTimeOffset At);

    /// <summary>From 1, all of it, down to 0 and below; null when nothing was observed in the 30 days, or it is not known yet.</summary>
    internal double? LeftOf(RegisteredEndpoint registered) =>
        _budgets.TryGetValue(registered.Endpoint.Id, out var budget) && budget.Generation == registered.Generation ? budget.Left : null;

    internal async Task ReadAsync(IReadOnlyList<EndpointOverview> overview, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var wanted = overview.Where(one => one.Registered is { Source: not EndpointSource.Archived, Endpoint: { Slo: not null } endpoint } && series.Has(endpoint))
            .ToDictionary(one => one.Registered.Endpoint.Id);
        foreach (var gone in _budgets.Keys.Where(id => !wanted.ContainsKey(id)).ToList())
            _budgets.Remove(gone);
        var old = wanted.Values.Where(IsOld).OrderBy(one => _budgets.GetValueOrDefault(one.Registered.Endpoint.Id)?.At ?? DateTimeOffset.MinValue);
        foreach (var some in old.Chunk(AtOnce))
        {
            if (time.GetElapsedTime(begun) >= Patience)
                return;
            var summaries = await uptime.ReadAsync(some, cancellationToken);
            foreach (var one in some)
                _budgets[one.Registered.Endpoint.Id] = new Budget(one.Registered.Generation, LeftOf(one, summaries[one.Registered.Endpoint.Id]), time.GetUtcNow());
        }
    }

    private bool IsOld(EndpointOverview one) => !_budgets.TryGetValue(one.Registered.Endpoint.Id, out var budget)
        || budget.Generation != one.Registered.Generation || (time.GetUtcNow() - budget.At).Duration() >= Kept;

    /// <summary>As the reports count it, over the last 30 days.</summary>
    private static double? LeftOf(EndpointOverview one, UptimeSummary summary)
    {
        var span = summary.Of(UptimeRange.Month);
        var counts = new ReportCounts(Healthy: span.Up - span.Degraded, span.Degraded, Gated: 0, span.Down, span.Unknown, span.Maintenance, span.Expected);
        return ErrorBudget.Of(one.Registered.Endpoint, counts, probeSeconds: 0)?.LeftPercent / 100;
    }
}
