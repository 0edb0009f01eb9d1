using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Alerts;

/// <summary>One attempt to send one transition to one channel; it sends nothing that its delivery row calls final.</summary>
public sealed class Deliver(DeliveryWorker deliveries, StoreOpening opening, ILogger<Deliver> log)
{
    [Function(nameof(Deliver))]
    public async Task<DeliveryStep> RunAsync([ActivityTrigger] DeliveryRequest request, CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        var transition = JsonSerializer.Deserialize(request.Transition, EngineJson.Default.Transition)!;
        var row = await deliveries.DeliverAsync(transition, request.Channel, cancellationToken);
        if (row.Status is DeliveryStatus.GaveUp)
            Log.GaveUp(log, row.TransitionId, row.Channel, row.Attempts, row.LastError);
        return new DeliveryStep(row.Status, row.NextAttemptAt);
    }
}

/// <param name="Transition">In the engine's JSON: the platform's serializer must not have a say in it.</param>
public sealed record DeliveryRequest(string Transition, string Channel);

/// <param name="RetryAt">When to try again; null once final.</param>
public sealed record DeliveryStep(DeliveryStatus Status, DateTimeOffset? RetryAt);
