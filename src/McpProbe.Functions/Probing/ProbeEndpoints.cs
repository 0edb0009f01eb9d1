using Azure.Storage.Queues.Models;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Probing;

/// <summary>Probes the endpoints of a message. It is done, and the message deleted, only when all results are recorded.</summary>
public sealed class ProbeEndpoints(ProbeWorker worker, StoreOpening opening, IDeliveryStore deliveries, HeadSettings settings)
{
    [Function(nameof(ProbeEndpoints))]
    public async Task RunAsync(
        [QueueTrigger($"%{AppSettings.ProbeQueue}%", Connection = AppSettings.Store)] QueueMessage message,
        [DurableClient] DurableTaskClient durable,
        CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        await worker.RunAsync(
            ProbeMessage.Read(message.Body.ToMemory()),
            repeat: message.DequeueCount > 1,
            settings.IsHome ? new DurableOutbox(durable, deliveries) : null,
            cancellationToken);
    }
}
