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
    /// <summary>Whether a slot was judged already, or belongs to another target: only newer slots are judged.</summary>
    public static bool IsJudged(EndpointState state, string location, DateTimeOffset slot) =>
        slot <= state.TargetSince || (state.Locations.TryGetValue(location, out var seen) && slot <= seen.LastSlot);

    /// <summary>Judges one event. A slot that was judged already changes nothing.</summary>
    public static Judgement Judge(EndpointState state, EndpointEvent occurred, Endpoint endpoint)
    {
        var judging = new Judging(state, occurred, endpoint);
        switch (occurred)
        {
            case Observation probe when IsJudged(state, probe.Location, probe.Slot):
                return judging.Judgement();
            case EndpointClosed closed:
                DefinitionRule.Close(judging, closed.Rule);
                return judging.Judgement();
            case EndpointDefined defined:
                DefinitionRule.Apply(judging, defined);
                return judging.Judgement();
            case Observation { IsConclusive: false } blind:
                // It decides nothing of the server: all that can follow is that nothing is known of it, and what time does.
                LocationRule.Update(judging, blind);
                UnknownRule.Update(judging, blind);
                judging.BeginReconciling();
                SwitchedOffRule.Reconcile(judging);
                UnknownRule.Reconcile(judging);
                TimeRule.ReconcileAlone(judging);
                End(judging, blind, state);
                return judging.Judgement();
            case Observation probe:
                LocationRule.Update(judging, probe);
                UnsettledRule.Update(judging, probe);
                CatalogRule.Update(judging, probe);
                AccessRule.Update(judging, probe);
                CertificateRule.Update(judging, probe);
                UnknownRule.Update(judging, probe);
                ObjectiveRule.Update(judging, probe);
                TimeToLiveRule.Update(judging, probe);
                SessionRule.Update(judging, probe);
                if (probe.ColdStart is { } cold && endpoint.ColdStart is { After: var silence })
                    judging.State = judging.State with { ColdStarts = (judging.State.ColdStarts ?? ColdStartSeries.Empty).With(cold, silence) };
                break;
            case LatencyMeasured measured:
                DegradedRule.Update(judging, measured);
                break;
            case ToolsCompared compared:
                SuspicionRule.Update(judging, compared);
                break;
            case DeepLooked looked:
                judging.State = state with { Deep = looked.Look.After(state.Deep) };
                break;
            case BaselineAccepted accepted:
                CatalogRule.Update(judging, accepted);
                AccessRule.Update(judging);
                break;
            case MaintenanceChanged changed:
                judging.State = state with { Maintenance = changed.Maintenance };
                break;
            case IncidentAcknowledged acknowledged:
                AcknowledgementRule.Update(judging, acknowledged);
                break;
            case IncidentNoted noted:
                AcknowledgementRule.Update(judging, noted);
                break;
            case TimePassed or BudgetMeasured:
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
        ObjectiveRule.Reconcile(judging);
        SessionRule.Reconcile(judging);
        TimeRule.Reconcile(judging);
        if (occurred is Observation seen)
            End(judging, seen, state);
        return judging.Judgement();
    }

    private static void End(Judging judging, Observation probe, EndpointState before)
    {
        LocationRule.Watch(judging, probe.Slot);
        // The slot counts as judged when it moved anything: a repeat must not be taken for a second observation.
        if (!ReferenceEquals(judging.State, before))
            LocationRule.Touch(judging, probe.Location, probe.Slot);
    }

    /// <summary>
    /// Whether a probe that confirms no drift wants the changes between the baseline and <see cref="EndpointState.Drifted"/> all
    /// the same: an incident is to be told that was held back.
    /// </summary>
    public static bool WantsChanges(EndpointState state, Endpoint endpoint, DateTimeOffset slot, DateTimeOffset now) =>
        CatalogRule.IsOwed(state, endpoint)
        && !MaintenanceCalendar.Covers(endpoint, state, slot) && !MaintenanceCalendar.Covers(endpoint, state, now);
}
