using McpProbe.Model;

namespace McpProbe.Server.Storage;

/// <summary>Removes history that is no longer kept: at start and once a day.</summary>
internal sealed class CleanUp(SqliteStore store, TimeProvider time, ILogger<CleanUp> logger) : PeriodicService(TimeSpan.FromDays(1), time)
{
    /// <summary>A month, and a few days to look back from the first of the next.</summary>
    private static readonly TimeSpan ResultsKept = TimeSpan.FromDays(35);

    /// <summary>A year, and a month to report on it.</summary>
    private static readonly TimeSpan IncidentsKept = TimeSpan.FromDays(400);

    /// <summary>Between two steps, so that those who wait for the writer come first.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var now = Time.GetUtcNow();
        var (results, transitions, incidents) = (0, 0, 0);
        if (await store.ReadRolledThroughAsync(stoppingToken) is { } rolled)
        {
            // What no rollup holds yet stays, and so does the rest of that day.
            var day = new DateTimeOffset(rolled.UtcDateTime.Date, TimeSpan.Zero);
            var before = day < now - ResultsKept ? day : now - ResultsKept;
            foreach (var endpoint in store.ReadEndpointIds())
                results += await InStepsAsync(() => store.RemoveResultsAsync(endpoint, before, stoppingToken), stoppingToken);
        }

        transitions = await InStepsAsync(() => store.RemoveTransitionsAsync(now - IncidentsKept, stoppingToken), stoppingToken);
        incidents = await InStepsAsync(() => store.RemoveIncidentsAsync(now - IncidentsKept, stoppingToken), stoppingToken);
        var audit = store.FirstOldAuditLine(now - AuditLine.Kept);
        await InStepsAsync(() => store.RemoveAuditAsync(audit, stoppingToken), stoppingToken);
        if (results + transitions + incidents > 0)
            Log.HistoryRemoved(logger, results, transitions, incidents);
    }

    protected override void LogFailure(Exception failure) => Log.CleanUpFailed(logger, failure);

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
