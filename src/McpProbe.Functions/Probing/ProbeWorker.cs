using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Probing;

/// <summary>Works a queue message: all its endpoints at once, each on its own, through <see cref="MonitorCycle"/>.</summary>
public sealed class ProbeWorker(
    McpProber prober,
    ConnectivityGuard guard,
    OverloadGuard overload,
    WarmUp warmUp,
    HostTurns turns,
    TableStore store,
    LineLimit lines,
    MonitorMetrics metrics,
    TimeProvider time,
    ILogger<ProbeWorker> log) : IDisposable
{
    /// <summary>
    /// Probes that an instance works at once, whatever the host hands it: its memory is bounded, and servers that time out (10 s) still
    /// leave 50 probes a second. The others wait their turn, and their time begins then.
    /// </summary>
    internal const int MostAtOnce = 512;

    /// <summary>What a probe may take over its own deadline: confirmation is within that, closing and storing are not.</summary>
    internal static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <summary>The host ends a function after 10 minutes (host.json, functionTimeout), and renews the message's lease until then.</summary>
    internal static readonly TimeSpan LongestBatch = TimeSpan.FromMinutes(9);

    private readonly SemaphoreSlim _places = new(MostAtOnce);

    public void Dispose() => _places.Dispose();

    /// <param name="repeat">The message was delivered before.</param>
    /// <param name="outbox">Null where another location hands the alerts over.</param>
    /// <exception cref="UnfinishedBatchException">Some slots were not recorded: the message must come again.</exception>
    public async Task RunAsync(ProbeMessage message, bool repeat, IAlertOutbox? outbox, CancellationToken cancellationToken)
    {
        // An instance that was started for this message has never probed.
        var warm = warmUp.RunAsync();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => deadline.Cancel(), null, LongestBatch, Timeout.InfiniteTimeSpan);

        var states = await store.PrefetchAsync([.. message.Probes.Select(probe => probe.Endpoint.Id).Distinct()], deadline.Token);
        await warm.WaitAsync(deadline.Token);
        var cycle = new MonitorCycle(prober, states, outbox, time, guard, overload, metrics, turns);
        var finished = await Task.WhenAll(
            message.Probes.Select(probe => FinishAsync(cycle, message.Location, probe, repeat || message.IsRepeat, deadline.Token)));

        await WriteLatestAsync(states, deadline.Token);
        var unfinished = finished.Count(done => !done);
        if (unfinished > 0)
            throw new UnfinishedBatchException(unfinished, message.Probes.Count);
    }

    // Only pages read it, and the next probe writes it anew: nothing comes again for its sake.
    private async Task WriteLatestAsync(PrefetchedStates states, CancellationToken cancellationToken)
    {
        try
        {
            await states.WriteLatestAsync(cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Log.LatestNotWritten(log, failure);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<bool> FinishAsync(
        MonitorCycle cycle, string location, RequestedProbe probe, bool repeat, CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = probe.Endpoint;
            if (probe.Unprobed is { } why && lines.Allows($"refused {endpoint.Id}", out _))
                Log.NotProbed(log, endpoint.Id, why.Message);
            if (probe.Slot - time.GetUtcNow() is { Ticks: > 0 } early)
                await Task.Delay(early, time, cancellationToken);
            var outcome = await ProbeAsync(endpoint, probe.Generation, probe.Unprobed);
            // A message says that a slot is due; what is probed in it is what is defined now.
            if (outcome is CycleOutcome.Outdated
                && await store.FindEndpointAsync(endpoint.Id, cancellationToken) is { Mistakes: null, Endpoint: { Paused: false } current } registered
                && Schedule.SlotAt(current, probe.Slot) == probe.Slot)
                outcome = await ProbeAsync(current, registered.Generation, unprobed: null);
            return outcome is not CycleOutcome.Cancelled;

            Task<CycleOutcome> ProbeAsync(Endpoint definition, long generation, Failure? unprobed) => InTurnAsync(
                definition.Timeout + Slack,
                token =>
                {
                    if (!repeat)
                        metrics.Started(time.GetUtcNow() - probe.Slot, location);
                    return cycle.RunAsync(new ProbeRequest(definition, probe.Slot, location, repeat) { Generation = generation, Unprobed = unprobed }, token);
                },
                cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            // A deadline of its own ends here too. Of this endpoint alone: its neighbours in the message go on, and the message comes again for it.
            if (lines.Allows($"cycle {Cause.Of(exception)}", out var more))
                Log.CycleFailed(log, probe.Endpoint.Id, probe.Slot, more, exception);
            return false;
        }
    }

    private async Task<CycleOutcome> InTurnAsync(
        TimeSpan longest, Func<CancellationToken, Task<CycleOutcome>> work, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var timer = time.CreateTimer(_ => deadline.Cancel(), null, longest, Timeout.InfiniteTimeSpan);
            return await work(deadline.Token);
        }
        finally
        {
            _places.Release();
        }
    }
}

/// <summary>Ends a function whose message must come again; the slots that were recorded are found then, not probed twice.</summary>
public sealed class UnfinishedBatchException(int unfinished, int of)
    : Exception($"{unfinished} of {of} probes of a queue message were not recorded; the message is tried again.");
