using Azure.Storage.Queues;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Sends what is due in the coming window of each shard at each location. A window is claimed before it is sent, so that of two
/// schedulers one sends it, and counts as sent only when all of the location is: after a crash, or when a queue refuses, the next
/// tick sends it again, marked as a repeat, so that what was probed is not probed twice. Ticks that were missed are not made up for.
/// </summary>
public sealed class WindowScheduler(
    TableStore store,
    QueueServiceClient queues,
    HeadSettings settings,
    MissingSecrets secrets,
    LineLimit lines,
    TimeProvider time,
    ILogger<WindowScheduler> log)
{
    /// <summary>A message that nobody took for so long holds slots that are gaps by now.</summary>
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);

    internal const int SendsAtOnce = 16;

    /// <returns>How many probes were sent.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        // Before any claim: a list that cannot be read must not cost a window.
        var endpoints = await store.ListEndpointsAsync(cancellationToken);
        secrets.Tell(endpoints.Select(registered => registered.Endpoint));
        var shards = endpoints
            .ToLookup(registered => store.ShardOf(registered.Endpoint.Id));
        var silent = await store.ReadSilentAsync(cancellationToken);
        var now = time.GetUtcNow();
        var horizon = DueProbes.Horizon(settings.ProbeTicks, now);

        var sent = 0;
        var failures = new List<Exception>();
        foreach (var location in settings.Locations)
        {
            var claims = new List<ScheduleClaim>();
            try
            {
                foreach (var shard in shards)
                {
                    if (await store.ClaimScheduleAsync(shard.Key, location, now, horizon, cancellationToken) is { } claim)
                        claims.Add(claim);
                }

                var due = claims.SelectMany(claim => shards[claim.Shard]
                    .SelectMany(each => DueProbes.Of(each, claim.Window, claim.Shard))
                    .Where(probe => !Schedule.IsGap(probe.Endpoint, probe.Slot, now))
                    .Select(probe => (Probe: probe, claim.Window.IsAgain)));
                var gathered = Gather(due, silent[location].ToHashSet(), shards);
                foreach (var again in gathered.GroupBy(each => each.IsAgain, each => each.Probe))
                    sent += await SendAsync(again, location, again.Key, cancellationToken);
                foreach (var claim in claims)
                    await store.FinishScheduleAsync(claim, cancellationToken);
                await store.WriteScheduledThroughAsync(location, horizon, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Of this location alone: the others go on.
                if (lines.Allows($"send {Cause.Of(failure)}", out _))
                    Log.SendFailed(log, location, failure);
                failures.Add(failure);
                foreach (var claim in claims)
                    await store.GiveBackScheduleAsync(claim, cancellationToken);
            }
        }

        return failures.Count == 0 ? sent : throw new AggregateException("Not all probes could be sent.", failures);
    }

    private static IEnumerable<(ScheduledProbe Probe, bool IsAgain)> Gather(
        IEnumerable<(ScheduledProbe Probe, bool IsAgain)> due, HashSet<string> silent, ILookup<int, RegisteredEndpoint> shards)
    {
        if (silent.Count == 0)
            return due;
        var gathering = Gathering.Of(shards.SelectMany(shard => shard).Select(each => each.Endpoint).Where(endpoint => silent.Contains(endpoint.Id)));
        return due.Select(each => silent.Contains(each.Probe.Endpoint.Id)
            ? each with { Probe = each.Probe with { Gathered = gathering.At(each.Probe.Endpoint, each.Probe.Slot) } }
            : each);
    }

    private async Task<int> SendAsync(
        IEnumerable<ScheduledProbe> due, string location, bool isAgain, CancellationToken cancellationToken)
    {
        var (batches, tooLarge) = ProbeBatch.Pack(due, location, settings.EndpointsPerMessage, isAgain);
        foreach (var id in tooLarge)
        {
            if (lines.Allows($"large {id}", out _))
                Log.DefinitionTooLarge(log, id);
        }

        // A tick of many thousands is over before its claims lapse.
        var queue = queues.GetQueueClient(HeadSettings.QueueOf(location));
        await Parallel.ForEachAsync(
            batches,
            new ParallelOptions { MaxDegreeOfParallelism = SendsAtOnce, CancellationToken = cancellationToken },
            async (batch, cancellation) =>
                await queue.SendMessageAsync(new BinaryData(batch.Body), VisibleIn(batch.VisibleAt), TimeToLive, cancellation));
        return batches.Sum(batch => batch.Probes);
    }

    // Whole seconds are all that a queue knows; a probe waits for its slot's rest itself.
    private TimeSpan VisibleIn(DateTimeOffset instant) =>
        TimeSpan.FromSeconds(Math.Floor(Math.Max(0, (instant - time.GetUtcNow()).TotalSeconds)));
}
