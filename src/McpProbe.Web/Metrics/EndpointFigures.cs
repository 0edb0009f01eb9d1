using McpProbe.Catalog;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;

namespace McpProbe.Web.Metrics;

/// <summary>
/// What takes reads of its own for each endpoint: what is left of its error budget, and the tokens of its catalogue. So it is kept, a
/// budget for some minutes and tokens for as long as the catalogue stays, and reading more of it ends with a scrape's patience: what
/// is not there yet comes with the next scrape. Called by one at a time.
/// </summary>
internal sealed class EndpointFigures(UptimeReader uptime, IMonitorStore store, OwnSeries series, TimeProvider time)
{
    internal static readonly TimeSpan BudgetKept = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Summaries that are read in one go.</summary>
    private const int AtOnce = 50;

    private readonly Dictionary<string, Budget> _budgets = [];
    private readonly Dictionary<string, long> _tokens = [];

    private sealed record Budget(long Generation, double? Left, DateTimeOffset At);

    /// <summary>From 1, all of it, down to 0 and below; null when nothing was observed in the 30 days, or it is not known yet.</summary>
    internal double? BudgetLeftOf(RegisteredEndpoint registered) =>
        _budgets.TryGetValue(registered.Endpoint.Id, out var budget) && budget.Generation == registered.Generation ? budget.Left : null;

    /// <param name="hash">Of a catalogue.</param>
    internal long? TokensOf(string hash) => _tokens.TryGetValue(hash, out var tokens) ? tokens : null;

    internal async Task ReadAsync(IReadOnlyList<EndpointOverview> overview, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var own = overview.Where(one => one.Registered.Source is not EndpointSource.Archived && series.Has(one.Registered.Endpoint)).ToList();
        await ReadTokensAsync(own, begun, cancellationToken);
        await ReadBudgetsAsync(own, begun, cancellationToken);
    }

    private async Task ReadTokensAsync(IReadOnlyList<EndpointOverview> own, long begun, CancellationToken cancellationToken)
    {
        var hashes = own.Select(one => one.Last?.Result.Catalog?.Hash).OfType<string>().ToHashSet();
        foreach (var gone in _tokens.Keys.Where(hash => !hashes.Contains(hash)).ToList())
            _tokens.Remove(gone);
        foreach (var one in own)
        {
            if (one.Last?.Result.Catalog is { Tokens: { } tokens, Hash: var counted })
                _tokens[counted] = tokens;
        }

        // Results of older versions do not say.
        foreach (var hash in hashes.Where(hash => !_tokens.ContainsKey(hash)))
        {
            if (time.GetElapsedTime(begun) >= Patience)
                return;
            if (await store.ReadCatalogAsync(hash, cancellationToken) is { } canonical)
                _tokens[hash] = TokenEstimate.OfCatalog(canonical);
        }
    }

    private async Task ReadBudgetsAsync(IReadOnlyList<EndpointOverview> own, long begun, CancellationToken cancellationToken)
    {
        var wanted = own.Where(one => one.Registered.Endpoint.Slo is not null).ToDictionary(one => one.Registered.Endpoint.Id);
        foreach (var gone in _budgets.Keys.Where(id => !wanted.ContainsKey(id)).ToList())
            _budgets.Remove(gone);
        var old = wanted.Values
            .Where(one => !_budgets.TryGetValue(one.Registered.Endpoint.Id, out var budget) || budget.Generation != one.Registered.Generation || (time.GetUtcNow() - budget.At).Duration() >= BudgetKept)
            .OrderBy(one => _budgets.GetValueOrDefault(one.Registered.Endpoint.Id)?.At ?? DateTimeOffset.MinValue);
        foreach (var some in old.Chunk(AtOnce))
        {
            if (time.GetElapsedTime(begun) >= Patience)
                return;
            var summaries = await uptime.ReadAsync(some, cancellationToken);
            foreach (var one in some)
                _budgets[one.Registered.Endpoint.Id] = new Budget(one.Registered.Generation, LeftOf(one, summaries[one.Registered.Endpoint.Id]), time.GetUtcNow());
        }
    }

    /// <summary>As the reports count it, over the last 30 days.</summary>
    private static double? LeftOf(EndpointOverview one, UptimeSummary summary)
    {
        var span = summary.Of(UptimeRange.Month);
        var counts = new ReportCounts(Healthy: span.Up - span.Degraded, span.Degraded, Gated: 0, span.Down, span.Unknown, span.Maintenance, span.Expected);
        return ErrorBudget.Of(one.Registered.Endpoint, counts, probeSeconds: 0)?.LeftPercent / 100;
    }
}
