using McpProbe.Functions.Alerts;
using McpProbe.Functions.Imports;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Uptime.Reports;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Uptime;

/// <summary>
/// Every hour: results become rollups, endpoints that have become slow and catalogues that meddle with their group's are looked
/// for, registries are read (<see cref="HourlyImports"/>), endpoints whose turn it is are looked at in depth, and once a day what is kept no longer goes, for as long as the function may run. One part that fails does not keep the others
/// from their work.
/// </summary>
public sealed class RollUp(
    RollUpJob job, LatencyWatch watch, ShadowWatch shadows, DeepWatch deep, HourlyImports imports, MonthlyReports reports, TableStore store, StoreOpening opening, HeadSettings settings, TimeProvider time, ILogger<RollUp> log)
{
    /// <summary>How long a finished orchestration can be looked at; a transition handed over again after that finds its deliveries final.</summary>
    private static readonly TimeSpan HistoryKept = TimeSpan.FromDays(7);

    /// <summary>The host ends a function after 10 minutes (host.json, functionTimeout); a step of the clean-up that has begun still ends.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    [Function(nameof(RollUp))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.RollUpSchedule}%")] TimerInfo timer,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        if (!await opening.IsOpenAsync(cancellationToken))
            return;
        var now = time.GetUtcNow();
        var failures = new List<Exception>();
        await PartAsync(async () =>
        {
            var rolled = await job.RunAsync(cancellationToken);
            try
            {
                var outbox = new DurableOutbox(durable, store);
                await watch.RunAsync(rolled.Latest, outbox, cancellationToken);
                await shadows.RunAsync(outbox, cancellationToken);
                await reports.RunAsync(outbox, cancellationToken);
            }
            catch (AggregateException failure)
            {
                Log.LatencyFailed(log, failure);
            }
        });
        await PartAsync(async () =>
        {
            var cleaned = await store.CleanUpAsync(settings.Retention, [.. settings.Channels.Keys], now + Longest, time, cancellationToken);
            if (cleaned.Removed.Count > 0)
                Log.CleanedUp(log, cleaned.ToString() is { Length: > 0 } what ? what : "nothing", cleaned.IsDone ? "Done for today" : "The next hour goes on");
        });
        await PartAsync(async () =>
        {
            var purged = await durable.PurgeAllInstancesAsync(
                new PurgeInstancesFilter(
                    CreatedTo: now - HistoryKept,
                    Statuses: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated]),
                cancellationToken);
            Log.Purged(log, purged.PurgedInstanceCount);
        });
        await PartAsync(() => imports.RunAsync(durable, cancellationToken));
        // Last, with the time that is left: what is not looked at now is an hour later.
        await PartAsync(() => deep.RunAsync(new DurableOutbox(durable, store), now + Longest, cancellationToken));
        if (failures.Count > 0)
            throw new AggregateException("The hour's work could not all be done; the next hour does the rest.", failures);

        async Task PartAsync(Func<Task> part)
        {
            try
            {
                await part();
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(failure);
            }
        }
    }
}
