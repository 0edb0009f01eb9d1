using System.Globalization;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Alerts;

/// <summary>
/// Hands a transition to an orchestration of its own, whose instance id is the transition's id; one that is sent again to a channel
/// has an id for each time. The transition and its rows are in the store before it starts.
/// </summary>
public sealed class DurableOutbox(DurableTaskClient durable, IDeliveryStore deliveries) : IAlertOutbox
{
    /// <remarks>
    /// A second start under the id of one that runs is refused, and one that ended would silently run again. So one that is
    /// there is left alone, unless it ended without delivering; what the history has forgotten runs again and finds its
    /// deliveries final.
    /// </remarks>
    public async Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        // Nobody hears of it: nothing to keep.
        if (transition.Channels.Count == 0)
            return;
        var instance = InstanceOf(transition, await deliveries.KeepAsync(transition, cancellationToken));
        if (await IsTakenAsync(instance, cancellationToken))
            return;
        try
        {
            await durable.ScheduleNewOrchestrationInstanceAsync(
                nameof(DeliverTransition),
                JsonSerializer.Serialize(transition, EngineJson.Default.Transition),
                new StartOrchestrationOptions(InstanceId: instance),
                cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Somebody else was quicker: that is as good.
            if (!await IsTakenAsync(instance, cancellationToken))
                throw;
        }
    }

    // A resend is to one channel. A hand-over to all of them is that of the first time, whatever became of the rows since.
    private static string InstanceOf(Transition transition, IReadOnlyList<Delivery> rows) => rows is [{ Resends: > 0 } again]
        ? string.Create(CultureInfo.InvariantCulture, $"{transition.Id}~{again.Resends + 1}~{again.Channel}")
        : transition.Id;

    private async Task<bool> IsTakenAsync(string instance, CancellationToken cancellationToken) =>
        await durable.GetInstanceAsync(instance, cancellationToken) is
        {
            RuntimeStatus: not (OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated)
        };
}
