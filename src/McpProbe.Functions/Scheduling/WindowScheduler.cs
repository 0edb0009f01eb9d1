using Azure.Storage.Queues;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Sends what is due in the coming window of each shard at each location. A window is claimed before it is sent, so that of two
/// schedulers one sends it, and counts as sent only when all of it is: after a crash, or when a queue refuses, the next tick sends it
/// again, marked as a repeat, so that what was probed is not probed twice. Ticks that were missed are not made up for.
/// </summary>
public sealed class WindowScheduler(
    TableStore store,
    QueueServiceClient queues,
    UnprobedSlots unprobed,
    HeadSettings settings,
    MissingSecrets secrets,
    LineLimit lines,
    TimeProvider time,
    ILogger<WindowScheduler> log)
{
    /// <summary>A message that nobody took for so long holds slots that are gaps by now.</summary>
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    /// <returns>How many probes were sent.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // Before any claim: a list that cannot be read must not cost a window.
        var endpoints = await store.ListEndpointsAsync(cancellationToken);
        secrets.Tell(endpoints.Select(registered => registered.Endpoint));
        var shards = endpoints
            .ToLookup(registered => store.ShardOf(registered.Endpoint.Id));
        var now = time.GetUtcNow();
        var horizon = DueProbes.Horizon(settings.ProbeTicks, now);

        var sent = 0;
        var failures = new List<Exception>();
        foreach (var location in settings.Locations)
        {
            var failed = failures.Count;
            foreach (var shard in shards)
            {
                if (await store.ClaimScheduleAsync(shard.Key, location, now, horizon, cancellationToken) is not { } claim)
                    continue;
                var due = shard.SelectMany(each => DueProbes.Of(each.Endpoint, claim.Window, each.Generation))
                    .Where(probe => !Schedule.IsGap(probe.Endpoint, probe.Slot, now));
                try
                {
                    sent += await SendAsync(due, claim, cancellationToken);
                    await store.FinishScheduleAsync(claim, cancellationToken);
                }
                catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
                {
                    // Of this lane alone: the others go on.
                    if (lines.Allows($"send {Cause.Of(failure)}", out _))
                        Log.SendFailed(log, shard.Key, location, failure);
                    failures.Add(failure);
                    await store.GiveBackScheduleAsync(claim, cancellationToken);
                }
            }

            if (failures.Count == failed)
                await store.WriteScheduledThroughAsync(location, horizon, cancellationToken);
        }

        return failures.Count == 0 ? sent : throw new AggregateException("Not all probes could be sent.", failures);
    }

    private async Task<int> SendAsync(IEnumerable<ScheduledProbe> due, ScheduleClaim claim, CancellationToken cancellationToken)
    {
        var location = claim.Location;
        var (batches, tooLarge) = ProbeBatch.Pack(due, location, settings.EndpointsPerMessage, claim.Window.IsAgain);
        foreach (var probe in tooLarge)
        {
            if (lines.Allows($"large {probe.Endpoint.Id}", out _))
                Log.DefinitionTooLarge(log, probe.Endpoint.Id);
            await unprobed.RecordAsync(probe.Endpoint.Id, probe.Generation, probe.Slot, location, TooLarge, cancellationToken);
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
