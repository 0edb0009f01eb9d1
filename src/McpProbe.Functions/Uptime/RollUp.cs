using McpProbe.Functions.Alerts;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Uptime;

/// <summary>
/// Every hour: results become rollups, endpoints that have become slow and catalogues that meddle with their group's are looked
/// for, and what is old goes: months of results, catalogues, durable history.
/// </summary>
public sealed class RollUp(
    RollUpJob job, LatencyWatch watch, ShadowWatch shadows, TableStore store, StoreOpening opening, HeadSettings settings, TimeProvider time, ILogger<RollUp> log)
{
    /// <summary>How long a finished orchestration can be looked at; a transition handed over again after that finds its deliveries final.</summary>
    private static readonly TimeSpan HistoryKept = TimeSpan.FromDays(7);

    [Function(nameof(RollUp))]
    public async Task RunAsync(
        [TimerTrigger($"%{AppSettings.RollUpSchedule}%")] TimerInfo timer,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        if (!await opening.IsOpenAsync(cancellationToken))
            return;
        var now = time.GetUtcNow();
        var rolled = await job.RunAsync(cancellationToken);
        try
        {
            var outbox = new DurableOutbox(durable, store);
            await watch.RunAsync(rolled.Latest, outbox, cancellationToken);
            await shadows.RunAsync(outbox, cancellationToken);
        }
        catch (AggregateException failure)
        {
            // Cleaning up does not wait for it.
            Log.LatencyFailed(log, failure);
        }

        await store.CleanUpAsync(now.AddMonths(-settings.ResultRetentionMonths), now, cancellationToken);
        var purged = await durable.PurgeAllInstancesAsync(
            new PurgeInstancesFilter(
                CreatedTo: now - HistoryKept,
                Statuses: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated]),
            cancellationToken);
        Log.Purged(log, purged.PurgedInstanceCount);
    }
}
