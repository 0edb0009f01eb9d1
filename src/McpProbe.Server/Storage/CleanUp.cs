using McpProbe.Alerts.Channels;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;

namespace McpProbe.Server.Storage;

/// <summary>
/// Removes history that is no longer kept, and what nothing belongs to: at start and once a day. One part that fails does not keep the
/// others from their work.
/// </summary>
internal sealed class CleanUp(
    SqliteStore store, Retention retention, IReadOnlyDictionary<string, Channel> channels, TimeProvider time, ILogger<CleanUp> logger)
    : PeriodicService(TimeSpan.FromDays(1), time)
{
    /// <summary>Between two steps, so that those who wait for the writer come first.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const int CatalogsInAStep = 50;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var now = Time.GetUtcNow();
        var removed = new Dictionary<string, int>();
        var failures = new List<Exception>();

        await PartAsync("results", () => RemoveResultsAsync(now, stoppingToken));
        await PartAsync("rollups", () => OfEveryEndpointAsync(
            id => store.RemoveRollupsAsync(id, RollupPeriod.Hour, retention.HourlyFrom(now), stoppingToken), stoppingToken));
        await PartAsync("rollups", () => OfEveryEndpointAsync(
            id => store.RemoveRollupsAsync(id, RollupPeriod.Day, retention.DailyFrom(now), stoppingToken), stoppingToken));
        await PartAsync("drifts", () => OfEveryEndpointAsync(
            id => store.RemoveDriftAsync(id, retention.IncidentsFrom(now), stoppingToken), stoppingToken));
        await PartAsync("incidents", () => InStepsAsync(() => store.RemoveIncidentsAsync(retention.IncidentsFrom(now), stoppingToken), stoppingToken));
        await PartAsync("alerts", () => InStepsAsync(() => store.RemoveAlertsAsync(retention.IncidentsFrom(now), stoppingToken), stoppingToken));
        await PartAsync("alerts", () => InStepsAsync(() => store.RemoveTransitionsAsync(stoppingToken), stoppingToken));
        await PartAsync("audit lines", () =>
        {
            var first = store.FirstOldAuditLine(now - AuditLine.Kept);
            return InStepsAsync(() => store.RemoveAuditAsync(first, stoppingToken), stoppingToken);
        });
        await PartAsync("channels", () => store.RemoveChannelsAsync([.. channels.Keys], stoppingToken));
        await PartAsync("catalogues", () => RemoveCatalogsAsync(now, stoppingToken));
        await PartAsync("pages of the file", () => InStepsAsync(() => store.GiveBackAsync(stoppingToken), stoppingToken));

        if (removed.Values.Sum() > 0)
            Log.HistoryRemoved(logger, string.Join(", ", removed.Where(each => each.Value > 0).Select(each => $"{each.Value} {each.Key}")));
        if (failures.Count > 0)
            throw new AggregateException("Some of the history could not be removed.", failures);

        async Task PartAsync(string what, Func<Task<int>> part)
        {
            try
            {
                removed[what] = removed.GetValueOrDefault(what) + await part();
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }
    }

    protected override void LogFailure(Exception failure) => Log.CleanUpFailed(logger, failure);

    private async Task<int> RemoveResultsAsync(DateTimeOffset now, CancellationToken stoppingToken)
    {
        if (await store.ReadRolledThroughAsync(stoppingToken) is not { } rolled)
            return 0;
        // What no rollup holds yet stays, and so does the rest of that day.
        var day = new DateTimeOffset(rolled.UtcDateTime.Date, TimeSpan.Zero);
        var before = day < retention.ResultsFrom(now) ? day : retention.ResultsFrom(now);
        var removed = await OfEveryEndpointAsync(id => store.RemoveResultsAsync(id, before, stoppingToken), stoppingToken);
        // A day later, so that the last result of a day has its facts as long as it is there.
        await InStepsAsync(() => store.RemoveFactsAsync(before - TimeSpan.FromDays(1), stoppingToken), stoppingToken);
        return removed;
    }

    private async Task<int> RemoveCatalogsAsync(DateTimeOffset now, CancellationToken stoppingToken)
    {
        var (removed, since) = (0, now - CatalogReferences.Untouched);
        foreach (var some in store.FindUnreferencedCatalogs(since).Chunk(CatalogsInAStep))
        {
            removed += await store.RemoveCatalogsAsync(some, since, stoppingToken);
            await Task.Delay(Pause, Time, stoppingToken);
        }

        return removed;
    }

    private async Task<int> OfEveryEndpointAsync(Func<string, Task<int>> step, CancellationToken stoppingToken)
    {
        var removed = 0;
        foreach (var id in store.ReadEndpointIds())
            removed += await InStepsAsync(() => step(id), stoppingToken);
        return removed;
    }

    private async Task<int> InStepsAsync(Func<Task<int>> step, CancellationToken stoppingToken)
    {
        var removed = 0;
        while (await step() is > 0 and var some)
        {
            removed += some;
            await Task.Delay(Pause, Time, stoppingToken);
        }

        return removed;
    }
}
