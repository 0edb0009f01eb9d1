using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// Judges what happens to an endpoint other than a probe: reads its state, judges, commits, hands over. When somebody else was
/// quicker, all of it again.
/// </summary>
/// <param name="outbox">Null leaves transitions pending: another process of this store hands them over.</param>
public sealed class EndpointJudge(IMonitorStore store, IAlertOutbox? outbox)
{
    /// <summary>Lets the state know of a definition, where it does not yet: closes what the one before it had open.</summary>
    /// <param name="before">What the definition before it watched, for a state that does not say; null when that is not known.</param>
    public Task<Judgement?> DefineAsync(
        Endpoint endpoint, long generation, string? before, TimeProvider time, CancellationToken cancellationToken) =>
        JudgeAsync(
            endpoint,
            state => state.Generation < generation ? new EndpointDefined(time.GetUtcNow(), generation, before) : null,
            delete: false, cancellationToken);

    /// <param name="eventOf">What happens to an endpoint in this state; null for nothing.</param>
    /// <param name="delete">Deletes the endpoint together with the commit.</param>
    /// <returns>Null when nothing happened, or the endpoint is gone.</returns>
    public async Task<Judgement?> JudgeAsync(
        Endpoint endpoint, Func<EndpointState, EndpointEvent?> eventOf, bool delete, CancellationToken cancellationToken)
    {
        while (await store.ReadStateAsync(endpoint.Id, cancellationToken) is { } before)
        {
            if (eventOf(before.State) is not { } happened)
                return null;
            var judgement = IncidentMachine.Judge(before.State, happened, endpoint);
            if (!delete && ReferenceEquals(judgement.State, before.State))
                return judgement;

            var outcome = await store.CommitAsync(
                new StateChange
                {
                    EndpointId = endpoint.Id,
                    Before = before,
                    After = judgement.State,
                    DeleteEndpoint = delete,
                    Durable = happened is BaselineAccepted or MaintenanceChanged,
                    Incidents = judgement.Incidents,
                    Transitions = judgement.Transitions,
                },
                cancellationToken);
            if (outcome.Status is CommitStatus.Conflict)
                continue;
            if (outcome.Status is not CommitStatus.Committed)
                return null;
            if (outbox is not null)
                await PendingTransitions.HandOverAsync([.. before.Pending, .. judgement.Transitions], store, outbox, cancellationToken);
            return judgement;
        }

        return null;
    }
}
