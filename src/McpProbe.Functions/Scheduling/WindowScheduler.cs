using Azure.Storage.Queues;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Sends what is due in the coming window, a window of each shard and location at most once: it is claimed before it is sent.
/// A crash in between is a gap in the coverage, never a slot that is probed twice; what is past is not made up for.
/// </summary>
public sealed class WindowScheduler(
    TableStore store,
    QueueServiceClient queues,
    UnprobedSlots unprobed,
    HeadSettings settings,
    TimeProvider time,
    ILogger<WindowScheduler> log)
{
    /// <summary>A message that nobody took for so long holds slots that are gaps by now.</summary>
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    /// <returns>How many probes were sent.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // Before any claim: a list that cannot be read must not cost a window.
        var shards = (await store.ListEndpointsAsync(cancellationToken))
            .Select(registered => registered.Endpoint)
            .ToLookup(endpoint => store.ShardOf(endpoint.Id));
        var now = time.GetUtcNow();
        var horizon = DueProbes.Horizon(settings.ProbeTicks, now);

        var sent = 0;
        foreach (var location in settings.Locations)
        {
            foreach (var shard in shards)
            {
                if (await store.ClaimScheduleAsync(shard.Key, location, now, horizon, cancellationToken) is not { } window)
                    continue;
                sent += await SendAsync(shard.SelectMany(endpoint => DueProbes.Of(endpoint, window)), location, cancellationToken);
            }
        }

        return sent;
    }

    private async Task<int> SendAsync(IEnumerable<ScheduledProbe> due, string location, CancellationToken cancellationToken)
    {
        var (batches, tooLarge) = ProbeBatch.Pack(due, location, settings.EndpointsPerMessage);
        foreach (var probe in tooLarge)
        {
            Log.DefinitionTooLarge(log, probe.Endpoint.Id);
            await unprobed.RecordAsync(probe.Endpoint.Id, probe.Slot, location, TooLarge, cancellationToken);
        }

        var queue = queues.GetQueueClient(HeadSettings.QueueOf(location));
        foreach (var batch in batches)
        {
            await queue.SendMessageAsync(
                new BinaryData(batch.Body), VisibleIn(batch.VisibleAt), TimeToLive, cancellationToken);
        }

        return batches.Sum(batch => batch.Probes);
    }

    // Whole seconds are all that a queue knows; a probe waits for its slot's rest itself.
    private TimeSpan VisibleIn(DateTimeOffset instant) =>
        TimeSpan.FromSeconds(Math.Floor(Math.Max(0, (instant - time.GetUtcNow()).TotalSeconds)));

    private static readonly Failure TooLarge = new(
        FailureKind.Config,
        Phase: null,
        $"The definition of this endpoint is larger than a queue message ({ProbeBatch.MostBytes} bytes), so it is not probed. Shorten its headers, tool lists or name.");
}
