using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace McpProbe.Functions.Alerts;

/// <summary>
/// One transition to all of its channels, each until its delivery is final. It runs again from the top after each step, so it
/// is deterministic: every clock and every byte of I/O is in <see cref="Deliver"/>.
/// </summary>
public static class DeliverTransition
{
    /// <summary>For a store that does not answer; what a receiver does is a value, not an exception. About a week in all.</summary>
    private static readonly TaskOptions StoreRetries = TaskOptions.FromRetryPolicy(new RetryPolicy(
        maxNumberOfAttempts: 1000,
        firstRetryInterval: TimeSpan.FromSeconds(5),
        backoffCoefficient: 2,
        maxRetryInterval: TimeSpan.FromMinutes(10)));

    [Function(nameof(DeliverTransition))]
    public static async Task RunAsync([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var json = context.GetInput<string>() ?? throw new InvalidOperationException($"Instance {context.InstanceId} has no transition.");
        var transition = JsonSerializer.Deserialize(json, EngineJson.Default.Transition)!;
        await Task.WhenAll(transition.Channels.Select(channel => DeliverAsync(context, new DeliveryRequest(json, channel))));
    }

    private static async Task DeliverAsync(TaskOrchestrationContext context, DeliveryRequest request)
    {
        while (await context.CallActivityAsync<DeliveryStep>(nameof(Deliver), request, StoreRetries) is { RetryAt: { } retryAt })
            await context.CreateTimer(retryAt.UtcDateTime, CancellationToken.None);
    }
}
