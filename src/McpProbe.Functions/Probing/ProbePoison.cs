using System.Text.Json;
using Azure.Storage.Queues.Models;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Probing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Probing;

/// <summary>
/// Where messages end that failed too often: their slots are lost. They are judged as what they are, slots that say nothing of the
/// server, so that an endpoint whose messages always end here is no silence.
/// </summary>
public sealed class ProbePoison(
    McpProber prober, TableStore store, StoreOpening opening, HeadSettings settings, MonitorMetrics metrics, TimeProvider time, ILogger<ProbePoison> log)
{
    private static readonly Failure Lost = new(
        FailureKind.ProberOffline,
        Phase: null,
        "The prober failed to work this slot several times and gave it up. Its log says why; the next slots are probed as usual.");

    [Function(nameof(ProbePoison))]
    public async Task RunAsync(
        [QueueTrigger($"%{AppSettings.ProbePoisonQueue}%", Connection = AppSettings.Store)] QueueMessage message,
        CancellationToken cancellationToken)
    {
        ProbeMessage lost;
        try
        {
            lost = ProbeMessage.Read(message.Body.ToMemory());
        }
        catch (JsonException exception)
        {
            // Whatever put it here, it names no slot: a trace in the log and the metric is all there is to keep.
            metrics.Missed(settings.Location, "unreadable");
            Log.MessageUnreadable(log, message.MessageId, exception);
            return;
        }

        await opening.WaitAsync(cancellationToken);
        var states = await store.PrefetchAsync([.. lost.Probes.Select(probe => probe.Endpoint.Id).Distinct()], cancellationToken);
        // Its transitions are handed over by the sweep.
        var cycle = new MonitorCycle(prober, states, outbox: null, time);
        foreach (var probe in lost.Probes)
        {
            // What came after it is known: the loss is a gap, and says nothing of how the endpoint is now.
            if (states.NewestSlotOf(probe.Endpoint.Id, lost.Location) > probe.Slot)
                continue;
            await cycle.RunAsync(
                new ProbeRequest(probe.Endpoint, probe.Slot, lost.Location, Repeat: true) { Generation = probe.Generation, Unprobed = probe.Unprobed ?? Lost },
                cancellationToken);
        }

        await states.WriteLatestAsync(cancellationToken);
        metrics.Missed(lost.Location, "poison", lost.Probes.Count);
        Log.SlotsLost(log, lost.Probes.Count, lost.Location);
    }
}
