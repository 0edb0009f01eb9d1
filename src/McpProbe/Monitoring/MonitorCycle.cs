using McpProbe.Alerts.Deliveries;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;

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

        var recorded = repeat ? await store.FindResultAsync(endpoint.Id, slot, location, cancellationToken) : null;
        if (recorded is null && Schedule.IsGap(endpoint, slot, time.GetUtcNow()))
            return await HandOverAsync(before.Pending, CycleOutcome.Gap, cancellationToken);

        var result = recorded ?? await ProbeAsync(endpoint, location, before.State, cancellationToken);
        if (result.Failure is { Kind: FailureKind.Cancelled })
            return CycleOutcome.Cancelled;
        // Said once: what is recorded stays as it is, also when a maintenance begins or ends before the commit.
        if (recorded is null && MaintenanceCalendar.Covers(endpoint, before.State, slot))
            result = result with { Maintenance = true };

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

    private async Task<ProbeResult> ProbeAsync(Endpoint endpoint, string location, EndpointState state, CancellationToken cancellationToken)
    {
        var result = await prober.ProbeConfirmedAsync(
            endpoint, version => DriftWatch.CurrentHash(state, location, version), cancellationToken,
            state.Baseline is { ProtocolVersion: var version } ? ProtocolVersions.EraOf(version) : null);
        return guard is null ? result : await guard.CheckAsync(endpoint, result, cancellationToken);
    }

    private async Task<StateChange> JudgeAsync(
        StoredState before, ProbeRequest request, ProbeResult result, CancellationToken cancellationToken)
    {
        var state = before.State;
        var step = DriftWatch.Next(state, request.Location, result);

        // The state changed since the probe began (the endpoint was made anew, say), and now needs a content that was recognised
        // rather than read. If it is not stored any more, the next probe brings it.
        if (step.NeedsContent && result.Snapshot is null && await store.ReadCatalogAsync(step.To.Hash, cancellationToken) is null)
            step = DriftStep.None;

        var now = time.GetUtcNow();
        var observation = new Observation(
            request.Slot, request.Location, result, step, await ChangesAsync(state, step, request, result, now, cancellationToken))
        {
            JudgedAt = now,
            Unsettled = await UnsettledAsync(step, result, cancellationToken),
            Reporting = await ReportingAsync(state, request, result, cancellationToken),
        };
        var judgement = IncidentMachine.Judge(state, observation, request.Endpoint);

        return new StateChange
        {
            EndpointId = request.Endpoint.Id,
            Before = before,
            After = ReferenceEquals(judgement.State, state) ? null : judgement.State,
            Record = new ProbeRecord(request.Slot, request.Location, result),
            // A content that the state begins to refer to is stored before it.
            Catalog = step.NeedsContent ? result.Snapshot?.Catalog : null,
            Incidents = judgement.Incidents,
            Drift = judgement.Drift,
            Transitions = judgement.Transitions,
        };
    }

    private async Task<IReadOnlyList<Change>> ChangesAsync(
        EndpointState state, DriftStep step, ProbeRequest request, ProbeResult result, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (step.IsConfirmed)
        {
            var after = result.Snapshot?.Catalog.Canonical ?? await store.ReadCatalogAsync(step.To.Hash, cancellationToken);
            return await CompareAsync(step.From!, step.To, after, cancellationToken);
        }

        // A drift that was confirmed earlier, in a maintenance, and is to be told now.
        if (state is not { Drifted: { } drifted, Baseline: { } baseline }
            || !IncidentMachine.WantsChanges(state, request.Endpoint, request.Slot, now))
            return [];
        return await CompareAsync(
            new CatalogVersion(baseline.ProtocolVersion, baseline.Reference.Hash), new CatalogVersion(drifted.ProtocolVersion, drifted.Hash),
            await store.ReadCatalogAsync(drifted.Hash, cancellationToken), cancellationToken);
    }

    /// <summary>What a catalogue that was seen once differs in. Its content is not stored: a server that makes up a new one each time would fill the store.</summary>
    private async Task<IReadOnlyList<Change>?> UnsettledAsync(DriftStep step, ProbeResult result, CancellationToken cancellationToken) =>
        step.Kind is DriftStepKind.Candidate && result.Snapshot is { } snapshot
            ? await TryCompareAsync(step.From!, step.To, snapshot.Catalog.Canonical, cancellationToken)
            : null;

    private async Task<IReadOnlyList<Change>> CompareAsync(
        CatalogVersion before, CatalogVersion after, ReadOnlyMemory<byte>? content, CancellationToken cancellationToken) =>
        content is { } to && await TryCompareAsync(before, after, to, cancellationToken) is { } changes ? changes : [];

    private async Task<IReadOnlyList<Change>?> TryCompareAsync(
        CatalogVersion before, CatalogVersion after, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await store.ReadCatalogAsync(before.Hash, cancellationToken) is { } from
            ? RevisionDiffer.Compare(from, content, before.ProtocolVersion, after.ProtocolVersion)
            : null;

    /// <summary>Who else reports: has a result for this slot or, where its turn comes later, for the one before it.</summary>
    private async Task<IReadOnlyCollection<string>?> ReportingAsync(
        EndpointState state, ProbeRequest request, ProbeResult result, CancellationToken cancellationToken)
    {
        var (endpoint, slot, location, _) = request;
        if (!IncidentMachine.WantsReporting(state, location, result))
            return null;

        var reporting = new List<string>();
        foreach (var (other, seen) in state.Locations)
        {
            if (other != location && seen.Verdict is not Verdict.Unknown
                && (await store.FindResultAsync(endpoint.Id, slot, other, cancellationToken)
                    ?? await store.FindResultAsync(endpoint.Id, slot - endpoint.Interval, other, cancellationToken)) is not null)
                reporting.Add(other);
        }

        return reporting;
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
