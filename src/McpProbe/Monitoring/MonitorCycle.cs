using McpProbe.Alerts.Deliveries;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Protocol;
using McpProbe.Probing.Sessions;

namespace McpProbe.Monitoring;

/// <summary>
/// The path of the data, from a due slot to the alert handed over. Both heads run it, and it can be run again for the same
/// slot at any point after a crash: it then finishes what is missing and does nothing twice. It reads all that a judgement needs,
/// then judges without I/O (<see cref="ProbeJudge"/>), then commits.
/// </summary>
/// <param name="outbox">Null leaves transitions pending: another process of this store hands them over.</param>
/// <param name="guard">Looks at every result before it is recorded; null takes each as it is.</param>
/// <param name="overload">Does so before <paramref name="guard"/>: a server is not silent because the prober was.</param>
/// <param name="metrics">Hears of what is done; null for nobody.</param>
/// <param name="turns">Keeps the servers of strangers apart, and canaries of one host; null visits them as all others.</param>
/// <param name="streams">Holds the streams of canaries; null where no process lives on between two probes.</param>
public sealed class MonitorCycle(
    McpProber prober, IMonitorStore store, IAlertOutbox? outbox, TimeProvider time, ConnectivityGuard? guard = null, OverloadGuard? overload = null,
    MonitorMetrics? metrics = null, HostTurns? turns = null, HeldStreams? streams = null)
{
    /// <summary>Works one slot of one endpoint. Throws only what the store or the outbox throw, and when cancelled.</summary>
    public async Task<CycleOutcome> RunAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        if (metrics is null)
            return await WorkAsync(request, cancellationToken);
        CycleOutcome? outcome = null;
        metrics.Begun(request.Location);
        try
        {
            outcome = await WorkAsync(request, cancellationToken);
            return outcome.Value;
        }
        finally
        {
            metrics.Ended(request.Location, request.Unprobed is null ? outcome : null);
        }
    }

    private async Task<CycleOutcome> WorkAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var (endpoint, slot, location, repeat) = request;

        if (endpoint.Paused)
            return CycleOutcome.Gone;
        var (found, reason) = await ReadStateAsync(request, cancellationToken);
        if (found is not { } before)
            return reason;
        if (IncidentMachine.IsJudged(before.State, location, slot))
            return await HandOverAsync(before.Pending, CycleOutcome.AlreadyJudged, cancellationToken);

        var recorded = repeat ? await store.FindResultAsync(endpoint.Id, slot, location, cancellationToken) : null;
        if (recorded is not null && IsForeign(recorded, endpoint))
            return await HandOverAsync(before.Pending, CycleOutcome.AlreadyJudged, cancellationToken);
        // The clock shows this time for the second time: the slot keeps its result, and the server is judged by how it is now.
        var again = recorded is not null && await IsClockSetBackAsync(request, cancellationToken);
        if (again)
            recorded = null;
        // What will not be probed is never too late to be told.
        if (recorded is null && request.Unprobed is null && Schedule.IsGap(endpoint, slot, time.GetUtcNow()))
            return await HandOverAsync(before.Pending, CycleOutcome.Gap, cancellationToken);

        var begun = time.GetTimestamp();
        var (observed, cold) = recorded is not null ? (recorded, null)
            : request.Unprobed is { } why ? (Unprobed(endpoint, why), null)
            : endpoint is { ColdStart: not null, IsStrangers: false } ? await WakeAsync(endpoint, location, before.State, slot, cancellationToken)
            : (await ProbeAsync(endpoint, location, before.State, cancellationToken), null);
        if (observed is not { } result)
            return cancellationToken.IsCancellationRequested ? CycleOutcome.Cancelled : await HandOverAsync(before.Pending, CycleOutcome.Gap, cancellationToken);
        if (result.Failure is { Kind: FailureKind.Cancelled })
            return CycleOutcome.Cancelled;
        // Decided once, here: the record stays as it is, also when a maintenance begins or ends before the commit.
        if (recorded is null && MaintenanceCalendar.Covers(endpoint, before.State, slot))
            result = result with { Maintenance = true };
        var look = recorded is null ? await LookAsync(request, before.State, result, time.GetElapsedTime(begun), cancellationToken) : null;
        var (outcome, kept) = await JudgeAsync(request, before, result, look, cold, again, cancellationToken);
        // Another worker was quicker: what the state knows of is its session.
        if (!kept && look?.Opened is { } orphan)
            await prober.CloseAsync(endpoint, orphan, streams, cancellationToken);
        return outcome;
    }

    /// <summary>Judges and commits, again with a state that is read anew where another one was quicker.</summary>
    /// <returns>What came of it, and whether the state took what the look says.</returns>
    private async Task<(CycleOutcome Outcome, bool Kept)> JudgeAsync(
        ProbeRequest request, StoredState before, ProbeResult result, SessionLook? look, ColdStartLook? cold, bool again, CancellationToken cancellationToken)
    {
        var (endpoint, slot, location, _) = request;
        while (true)
        {
            var evidence = await ReadEvidenceAsync(before.State, request, result, cancellationToken) with { Session = look, ColdStart = cold };
            var change = ProbeJudge.Judge(before, request, result, evidence);
            if (again)
                change = change with { Record = null };
            var committing = time.GetTimestamp();
            var outcome = await store.CommitAsync(change, cancellationToken);
            metrics?.Stored("commit", time.GetElapsedTime(committing));
            switch (outcome.Status)
            {
                case CommitStatus.Committed:
                    if (look is not null)
                        metrics?.Looked(endpoint, location, look, before.State.Sessions, (change.After ?? before.State).Sessions);
                    return (await HandOverAsync([.. before.Pending, .. change.Transitions], CycleOutcome.Recorded, cancellationToken), look is not null);
                case CommitStatus.Gone:
                    return (CycleOutcome.Gone, false);
                case CommitStatus.Outdated:
                    return (CycleOutcome.Outdated, false);
                case CommitStatus.ResultExists when IsForeign(outcome.Recorded!, endpoint):
                    return (await HandOverAsync(before.Pending, CycleOutcome.AlreadyJudged, cancellationToken), false);
                case CommitStatus.ResultExists when await IsClockSetBackAsync(request, cancellationToken):
                    again = true;
                    break;
                case CommitStatus.ResultExists:
                    // Another worker recorded this slot first: its result is judged, ours is dropped.
                    result = outcome.Recorded!;
                    break;
                case CommitStatus.Conflict:
                    break;
            }

            var (found, reason) = await ReadStateAsync(request, cancellationToken);
            if (found is not { } now)
                return (reason, false);
            if (IncidentMachine.IsJudged(now.State, location, slot))
                return (await HandOverAsync(now.Pending, CycleOutcome.AlreadyJudged, cancellationToken), false);
            // It opened a session because there was none; meanwhile the slot before has one.
            if (look?.Opened is not null && HeldIn(now.State) != HeldIn(before.State))
                look = null;
            before = now;
        }

        HeldSession? HeldIn(EndpointState state) => state.Sessions?.Held.GetValueOrDefault(location);
    }

    /// <summary>
    /// The state to judge by. A definition that it does not know of yet is judged first: a crash came between its storing and its
    /// judging, or this probe was quicker.
    /// </summary>
    /// <returns>Null, and why, when the request is not to be judged.</returns>
    private async Task<(StoredState? State, CycleOutcome Reason)> ReadStateAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reading = time.GetTimestamp();
            var stored = await store.ReadStateAsync(request.Endpoint.Id, cancellationToken);
            metrics?.Stored("read", time.GetElapsedTime(reading));
            if (stored is not { } read)
                return (null, CycleOutcome.Gone);

            if (request.Generation < read.State.Generation)
                return (null, CycleOutcome.Outdated);
            // A definition that cannot be read says nothing of what it watches: the next one that can is judged.
            if (request.Generation == read.State.Generation || !request.Endpoint.HasTarget)
                return (read with { State = ClockSetBack.Rebase(read.State, request.Slot, time.GetUtcNow()) }, default);
            await new EndpointJudge(store, outbox).DefineAsync(request.Endpoint, request.Generation, before: null, time, cancellationToken);
        }
    }

    /// <summary>Whether a slot that has yet to come has a result.</summary>
    private async Task<bool> IsClockSetBackAsync(ProbeRequest request, CancellationToken cancellationToken) =>
        await store.FindResultAsync(
            request.Endpoint.Id, ClockSetBack.SlotAhead(request, time.GetUtcNow()), request.Location, cancellationToken) is not null;

    /// <summary>A result of the slot that was recorded before the endpoint watched what it watches now.</summary>
    private static bool IsForeign(ProbeResult recorded, Endpoint endpoint) => recorded.Target != TargetOf(endpoint);

    private static string TargetOf(Endpoint endpoint) => endpoint.HasTarget ? endpoint.Target : endpoint.Id;

    private ProbeResult Unprobed(Endpoint endpoint, Failure why) => new()
    {
        Target = TargetOf(endpoint),
        Verdict = why.VerdictOf(),
        Failure = why,
        Attempts = 0,
        Timings = new Timings(null, null, null, null, null, null, TotalMs: 0),
        StartedAt = time.GetUtcNow(),
    };

    /// <returns>Null when a stranger's host had no time for it.</returns>
    /// <param name="measured">Whether its times count.</param>
    private async Task<ProbeResult?> ProbeAsync(
        Endpoint endpoint, string location, EndpointState state, CancellationToken cancellationToken, bool measured = true)
    {
        using var turn = turns is not null && endpoint is { IsStrangers: true, Url: { } url } ? await turns.EnterAsync(url, cancellationToken) : null;
        if (turn is null && turns is not null && endpoint is { IsStrangers: true, Url: not null })
            return null;
        var begun = overload?.Begin();
        var result = await prober.ProbeConfirmedAsync(
            endpoint, version => DriftWatch.CurrentHash(state, location, version), cancellationToken,
            state.Baseline is { ProtocolVersion: var version } ? ProtocolVersions.EraOf(version) : null);
        if (begun is { } since)
            result = overload!.Check(endpoint, since, result);
        if (guard is not null)
            result = await guard.CheckAsync(endpoint, result, cancellationToken);
        if (measured)
            metrics?.Probed(endpoint, location, result);
        return result;
    }

    /// <summary>
    /// Probes twice: as the first client after a silence, and right after it. Recorded is the second probe, which says how the server is
    /// awake; of the first one its time is kept. One that fails is what is recorded: so it is for clients.
    /// </summary>
    private async Task<(ProbeResult? Result, ColdStartLook? Look)> WakeAsync(
        Endpoint endpoint, string location, EndpointState state, DateTimeOffset slot, CancellationToken cancellationToken)
    {
        var began = time.GetUtcNow();
        var (result, sample) = await MeasureAsync();
        return (result, new ColdStartLook(began, time.GetUtcNow(), sample));

        async Task<(ProbeResult?, ColdStartSample?)> MeasureAsync()
        {
            var silence = endpoint.ColdStart!.After;
            // We have asked it ourselves a moment ago, or the daily look has: it is awake.
            if (!(state.ColdStarts ?? ColdStartSeries.Empty).IsSilence(began, silence) || state.Deep?.At > began - silence)
                return (await ProbeAsync(endpoint, location, state, cancellationToken), null);
            var first = await ProbeAsync(endpoint with { Smoke = null }, location, state, cancellationToken, measured: false);
            // A process that is cold itself measures nothing.
            if (first is not { Cold: false, Verdict: Verdict.Healthy or Verdict.Degraded, Timings.HandshakeMs: { } took })
                return (first, null);
            return await ProbeAsync(endpoint, location, state, cancellationToken) is { } awake
                ? ColdStartJudge.Judge(endpoint, awake, new ColdStartSample(slot, took, WarmMs: 0))
                : (first, null);
        }
    }

    /// <summary>
    /// The canary, where the probe has reached the server: what it is told then is about its session. Within what is left of the probe's
    /// time, one at a time per host, never at a stranger's.
    /// </summary>
    private async Task<SessionLook?> LookAsync(
        ProbeRequest request, EndpointState state, ProbeResult result, TimeSpan taken, CancellationToken cancellationToken)
    {
        var endpoint = request.Endpoint;
        var held = state.Sessions?.Held.GetValueOrDefault(request.Location);
        var patience = endpoint.Timeout - taken;
        // A slow answer in half the time would be no slow answer in all of it.
        if (!(endpoint.Canary || held is not null) || endpoint is not { Url: { } url, IsStrangers: false }
            || result is not { Era: not null, Verdict: not Verdict.Unknown } || patience < endpoint.Timeout / 2)
            return null;
        using var waiting = new CancellationTokenSource(patience / 4, time);
        using var turning = CancellationTokenSource.CreateLinkedTokenSource(waiting.Token, cancellationToken);
        using var turn = turns is null ? null : await turns.EnterAsync(url, turning.Token);
        if (turns is not null && turn is null)
            return null;
        var begun = overload?.Begin();
        var look = await prober.LookAsync(endpoint, held, result, request.Slot, patience * 0.75, streams, cancellationToken);
        return look is { Answer: SessionAnswer.Silent or SessionAnswer.Doubtful } && begun is { } since && overload!.StoodStill(endpoint, since)
            ? null
            : look;
    }

    private async Task<Evidence> ReadEvidenceAsync(
        EndpointState state, ProbeRequest request, ProbeResult result, CancellationToken cancellationToken)
    {
        var step = DriftWatch.Next(state, request.Location, result);
        var evidence = new Evidence(time.GetUtcNow())
        {
            HasContent = !step.NeedsContent || result.Snapshot is not null
                || await store.ReadCatalogAsync(step.To.Hash, cancellationToken) is not null,
            Settled = ProbeJudge.IsUnsettled(step, result) ? await store.ReadCatalogAsync(step.From!.Hash, cancellationToken) : null,
            Previous = ProbeJudge.IsAnother(step, result)
                ? await store.FindResultAsync(request.Endpoint.Id, request.Slot - request.Endpoint.Interval, request.Location, cancellationToken)
                : null,
        };
        step = ProbeJudge.Step(state, request, result, evidence);
        if (ProbeJudge.ToCompare(state, step, request, evidence.ReadAt) is not var (before, after))
            return evidence;

        var old = await store.ReadCatalogAsync(before.Hash, cancellationToken);
        var @new = step.IsConfirmed && result.Snapshot is { } snapshot
            ? snapshot.Catalog.Canonical
            : await store.ReadCatalogAsync(after.Hash, cancellationToken);
        return evidence with
        {
            Before = old,
            After = @new,
            Tokens = old is { } one && @new is { } other ? new(prober.CountTokens(one), prober.CountTokens(other)) : null,
        };
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

    /// <summary>There is a newer definition than the request's, so it is not judged by this one.</summary>
    Outdated,

    /// <summary>The prober stopped before the probe ended; nothing was recorded.</summary>
    Cancelled,
}
