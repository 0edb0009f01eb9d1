using System.Text.Json;
using McpProbe.Incidents;
using McpProbe.Monitoring;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Alerts;

/// <summary>Hands a transition to an orchestration of its own, whose instance id is the transition's id.</summary>
public sealed class DurableOutbox(DurableTaskClient durable) : IAlertOutbox
{
    /// <remarks>
    /// A second start under the id of one that runs is refused, and one that ended would silently run again. So one that is
    /// there is left alone, unless it ended without delivering; what the history has forgotten runs again and finds its
    /// deliveries final.
    /// </remarks>
    public async Task HandOverAsync(Transition transition, CancellationToken cancellationToken)
    {
        if (await IsTakenAsync(transition, cancellationToken))
            return;
        try
        {
            await durable.ScheduleNewOrchestrationInstanceAsync(
                nameof(DeliverTransition),
                JsonSerializer.Serialize(transition, EngineJson.Default.Transition),
                new StartOrchestrationOptions(InstanceId: transition.Id),
                cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Somebody else was quicker: that is as good.
            if (!await IsTakenAsync(transition, cancellationToken))
                throw;
        }
    }

    private async Task<bool> IsTakenAsync(Transition transition, CancellationToken cancellationToken) =>
        await durable.GetInstanceAsync(transition.Id, cancellationToken) is
        {
            RuntimeStatus: not (OrchestrationRuntimeStatus.Failed or OrchestrationRuntimeStatus.Terminated)
        };
}
