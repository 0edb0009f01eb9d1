using McpProbe.Endpoints;
using McpProbe.Incidents.Rules;
using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>
/// The only place that opens, reminds, escalates and resolves incidents: (state, what happened, endpoint) → (state,
/// transitions). Pure: the same input gives the same ids, so a repeat after a crash is recognised. Every transition names the
/// rule that fired (<see cref="IncidentRules"/>). A rule compares what should be open with what is open, so that what a
/// maintenance held back happens with the first event after it.
/// </summary>
public static class IncidentMachine
{
    /// <summary>Whether a slot was judged already: only newer slots are.</summary>
    public static bool IsJudged(EndpointState state, string location, DateTimeOffset slot) =>
        state.Locations.TryGetValue(location, out var seen) && slot <= seen.LastSlot;

    /// <summary>Judges one event. A slot that was judged already changes nothing.</summary>
    public static Judgement Judge(EndpointState state, EndpointEvent occurred, Endpoint endpoint)
    {
        var judging = new Judging(state, occurred, endpoint);
        switch (occurred)
        {
            case Observation probe when IsJudged(state, probe.Location, probe.Slot):
                return judging.Judgement();
            case EndpointClosed closed:
                Close(judging, closed.Rule);
                return judging.Judgement();
            case Observation probe:
                LocationRule.Update(judging, probe);
                UnsettledRule.Update(judging, probe);
                CatalogRule.Update(judging, probe);
                AccessRule.Update(judging, probe);
                CertificateRule.Update(judging, probe);
                UnknownRule.Update(judging, probe);
                break;
            case LatencyMeasured measured:
                DegradedRule.Update(judging, measured);
                break;
            case ToolsCompared compared:
                SuspicionRule.Update(judging, compared);
                break;
            case BaselineAccepted accepted:
                CatalogRule.Update(judging, accepted);
                AccessRule.Update(judging);
                break;
            case MaintenanceChanged changed:
                judging.State = state with { Maintenance = changed.Maintenance };
                break;
            case TimePassed:
                break;
        }

        if (judging.State.Maintenance?.Until <= occurred.At)
            judging.State = judging.State with { Maintenance = null };

        judging.BeginReconciling();
        SwitchedOffRule.Reconcile(judging);
        OutageRule.Reconcile(judging);
        DegradedRule.Reconcile(judging);
        CatalogRule.Reconcile(judging);
        UnsettledRule.Reconcile(judging);
        SuspicionRule.Reconcile(judging);
        CertificateRule.Reconcile(judging);
        AccessRule.Reconcile(judging);
        UnknownRule.Reconcile(judging);
        TimeRule.Reconcile(judging);

        // The slot counts as judged when it moved anything: a repeat must not be taken for a second observation.
        if (occurred is Observation { Slot: var slot, Location: var location } && !ReferenceEquals(judging.State, state))
            LocationRule.Touch(judging, location, slot);
        return judging.Judgement();
    }

    /// <summary>
    /// Whether it matters for a probe which other locations report: it does not while all of them, and this one, are well. Looking
    /// costs reads of the store.
    /// </summary>
    public static bool WantsReporting(EndpointState state, string location, ProbeResult result)
    {
        if (state.Locations.Count == 0 || (state.Locations.Count == 1 && state.Locations.ContainsKey(location)))
            return false;
        if (result.Verdict is Verdict.Down)
            return true;
        foreach (var incident in state.OpenIncidents)
        {
            if (incident.Kind is IncidentKind.Outage or IncidentKind.Degraded)
                return true;
        }

        foreach (var (other, seen) in state.Locations)
        {
            if (other != location && seen.Verdict is Verdict.Degraded or Verdict.Gated or Verdict.Down)
                return true;
            // It holds up the return to the baseline, as long as it reports.
            if (other != location && state.SeenAt(other)?.Settled is not null && state.SeenAt(location)?.Settled is null)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a probe that confirms no drift wants the changes between the baseline and <see cref="EndpointState.Drifted"/> all
    /// the same: an incident is to be told that was held back.
    /// </summary>
    public static bool WantsChanges(EndpointState state, Endpoint endpoint, DateTimeOffset slot, DateTimeOffset now) =>
        CatalogRule.IsOwed(state, endpoint)
        && !MaintenanceCalendar.Covers(endpoint, state, slot) && !MaintenanceCalendar.Covers(endpoint, state, now);

    // Not held back by a maintenance: the receiver would keep the incident open for ever.
    private static void Close(Judging judging, string rule)
    {
        foreach (var incident in judging.State.OpenIncidents)
            judging.Resolve(incident, rule);
        var state = judging.State;
        if (state.Locations.Count == 0 && state.Verdict is Verdict.Unknown && state.DueAt is null)
            return;
        judging.State = state with
        {
            Locations = EndpointState.New.Locations,
            Verdict = Verdict.Unknown,
            Since = judging.At,
            Catalogs = EndpointState.New.Catalogs,
            Drifted = null,
            UnstableTold = false,
            Suspicion = null,
            Shadowing = null,
            Certificate = null,
            Access = state.Access is { } access ? access with { Others = 0, Back = 0, Slot = null } : null,
            Regression = null,
            Unknown = null,
            Outages = null,
            DueAt = null,
        };
    }
}
