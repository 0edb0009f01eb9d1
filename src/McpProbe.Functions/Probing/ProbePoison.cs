using System.Text.Json;
using Azure.Storage.Queues.Models;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Model;
using McpProbe.Monitoring.Metrics;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Probing;

/// <summary>Where messages end that failed too often: their slots are recorded as lost, for people to see.</summary>
public sealed class ProbePoison(UnprobedSlots unprobed, StoreOpening opening, HeadSettings settings, MonitorMetrics metrics, ILogger<ProbePoison> log)
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
        var recorded = 0;
        foreach (var probe in lost.Probes)
        {
            if (await unprobed.RecordAsync(probe.EndpointId, probe.Generation, probe.Slot, lost.Location, Lost, cancellationToken))
                recorded++;
        }

        metrics.Missed(lost.Location, "poison", recorded);
        Log.SlotsLost(log, recorded, lost.Location);
    }
}
