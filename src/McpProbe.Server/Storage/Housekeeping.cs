namespace McpProbe.Server.Storage;

/// <summary>Removes history that is no longer kept: at start and once a day.</summary>
internal sealed class Housekeeping(SqliteStore store, TimeProvider time, ILogger<Housekeeping> logger) : BackgroundService
{
    /// <summary>A month, and a few days to look back from the first of the next.</summary>
    private static readonly TimeSpan ResultsKept = TimeSpan.FromDays(35);

    /// <summary>A year, and a month to report on it.</summary>
    private static readonly TimeSpan IncidentsKept = TimeSpan.FromDays(400);

    private static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>Between two steps, so that those who wait for the writer come first.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await CleanUpAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The rest is removed after the next start.
        }
    }

    private async Task CleanUpAsync(CancellationToken stoppingToken)
    {
        try
        {
            var now = time.GetUtcNow();
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
            if (results + transitions + incidents > 0)
                Log.HistoryRemoved(logger, results, transitions, incidents);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            Log.HousekeepingFailed(logger, failure);
        }
    }

    private async Task<int> InStepsAsync(Func<Task<int>> step, CancellationToken stoppingToken)
    {
        var removed = 0;
        while (await step() is > 0 and var some)
        {
            removed += some;
            await Task.Delay(Pause, time, stoppingToken);
        }

        return removed;
    }
}
