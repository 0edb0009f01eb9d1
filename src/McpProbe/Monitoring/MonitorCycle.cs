using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Probing;

namespace McpProbe.Monitoring;

/// <summary>
/// The path of the data, from a due slot to the alert handed over. Both heads run it, and it can be run again for the same
/// slot at any point after a crash: it then finishes what is missing and does nothing twice.
/// </summary>
/// <param name="outbox">Null leaves transitions pending: another process of this store hands them over.</param>
/// <param name="guard">Looks at every result before it is recorded; null takes each as it is.</param>
public sealed class MonitorCycle(
    McpProber prober, IMonitorStore store, IAlertOutbox? outbox, TimeProvider time, ConnectivityGuard? guard = null)
{
    /// <summary>Works one slot of one endpoint. Throws only what the store or the outbox throw, and when cancelled.</summary>
    public async Task<CycleOutcome> RunAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var (endpoint, slot, location, repeat) = request;

        if (endpoint.Paused || await store.ReadStateAsync(endpoint.Id, cancellationToken) is not { } before)
            return CycleOutcome.Gone;
        if (IncidentMachine.IsJudged(before.State, location, slot))
            return await HandOverAsync(before.Pending, CycleOutcome.AlreadyJudged, cancellationToken);

        var result = repeat ? await store.FindResultAsync(endpoint.Id, slot, location, cancellationToken) : null;
        if (result is null && Schedule.IsGap(endpoint, slot, time.GetUtcNow()))
            return await HandOverAsync(before.Pending, CycleOutcome.Gap, cancellationToken);

        result ??= await ProbeAsync(endpoint, before.State, cancellationToken);
        if (result.Failure is { Kind: FailureKind.Cancelled })
            return CycleOutcome.Cancelled;

        while (true)
        {
            var change = await JudgeAsync(before, request, result, cancellationToken);
            var outcome = await store.CommitAsync(change, cancellationToken);
            switch (outcome.Status)
            {
                case CommitStatus.Committed:
                    return await HandOverAsync(
                        [.. before.Pending, .. change.Transitions], CycleOutcome.Recorded, cancellationToken);
                case CommitStatus.Gone:
                    return CycleOutcome.Gone;
                case CommitStatus.ResultExists:
                    // Somebody else worked this slot: what stands is judged, ours is dropped.
                    result = outcome.Recorded!;
                    break;
                case CommitStatus.Conflict:
                    break;
            }

            if (await store.ReadStateAsync(endpoint.Id, cancellationToken) is not { } now)
                return CycleOutcome.Gone;
            if (IncidentMachine.IsJudged(now.State, location, slot))
                return await HandOverAsync(now.Pending, CycleOutcome.AlreadyJudged, cancellationToken);
            before = now;
        }
    }

    private async Task<ProbeResult> ProbeAsync(Endpoint endpoint, EndpointState state, CancellationToken cancellationToken)
    {
        var result = await prober.ProbeConfirmedAsync(
            endpoint, version => DriftWatch.CurrentHash(state, version), cancellationToken);
        return guard is null ? result : await guard.CheckAsync(endpoint, result, cancellationToken);
    }

    private async Task<StateChange> JudgeAsync(
        StoredState before, ProbeRequest request, ProbeResult result, CancellationToken cancellationToken)
    {
        var state = before.State;
        var step = DriftWatch.Next(state, request.Slot, result);
        var needsContent = step.Kind is DriftStepKind.FirstBaseline or DriftStepKind.Candidate;

        // The state changed since the probe began (the endpoint was made anew, say), and now needs a content that was recognised
        // rather than read. If it is not stored any more, the next probe brings it.
        if (needsContent && result.Snapshot is null && await store.ReadCatalogAsync(step.To.Hash, cancellationToken) is null)
            (step, needsContent) = (DriftStep.None, false);

        var changes = step.IsConfirmed ? await ChangesAsync(step, result, cancellationToken) : [];
        var judgement = IncidentMachine.Judge(
            state, new Observation(request.Slot, request.Location, result, step, changes), request.Endpoint);

        return new StateChange
        {
            EndpointId = request.Endpoint.Id,
            Before = before,
            After = ReferenceEquals(judgement.State, state) ? null : judgement.State,
            Record = new ProbeRecord(request.Slot, request.Location, result),
            // A content that the state begins to refer to is stored before it.
            Catalog = needsContent ? result.Snapshot?.Catalog : null,
            Incidents = judgement.Incidents,
            Drift = judgement.Drift,
            Transitions = judgement.Transitions,
        };
    }

    private async Task<IReadOnlyList<Change>> ChangesAsync(
        DriftStep step, ProbeResult result, CancellationToken cancellationToken)
    {
        var before = await store.ReadCatalogAsync(step.From!.Hash, cancellationToken);
        var after = result.Snapshot?.Catalog.Canonical ?? await store.ReadCatalogAsync(step.To.Hash, cancellationToken);
        return before is { } from && after is { } to
            ? RevisionDiffer.Compare(from, to, step.From.ProtocolVersion, step.To.ProtocolVersion)
            : [];
    }

    private async Task<CycleOutcome> HandOverAsync(
        IReadOnlyList<Transition> pending, CycleOutcome outcome, CancellationToken cancellationToken)
    {
        if (outbox is not null)
            await PendingTransitions.HandOverAsync(pending, store, outbox, cancellationToken);
        return outcome;
    }
}

public enum CycleOutcome
{
    /// <summary>Probed, or found probed, and judged.</summary>
    Recorded,

    /// <summary>The slot was judged before; what was pending is handed over.</summary>
    AlreadyJudged,

    /// <summary>Too late: the slot is a gap in the coverage.</summary>
    Gap,

    /// <summary>The endpoint was deleted or paused.</summary>
    Gone,

    /// <summary>The prober stopped before the probe ended; nothing was recorded.</summary>
    Cancelled,
}
