using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>The definition is another one, or there is none to judge by any more: what was open about the old one ends with it.</summary>
internal static class DefinitionRule
{
    /// <summary>
    /// Another target is another server: it starts with nothing, its first catalogue is its baseline. Otherwise what is known is kept,
    /// and nothing opens because of the change alone.
    /// </summary>
    internal static void Apply(Judging judging, EndpointDefined defined)
    {
        var state = judging.State;
        if (defined.Generation <= state.Generation)
            return;
        var endpoint = judging.Endpoint;
        // One that cannot be read, and is archived now, watches what it did.
        var target = endpoint.HasTarget ? WatchedTarget.Of(endpoint) : state.Target;
        var moved = endpoint.HasTarget && (state.Target ?? defined.Before) is { } before && before != target;
        if (moved || endpoint.Paused)
            Close(judging, endpoint.Paused ? IncidentRules.EndpointPaused : IncidentRules.TargetChanged);
        else
            Keep(judging, endpoint);
        if (moved)
        {
            judging.State = judging.State with
            {
                Baselines = EndpointState.New.Baselines,
                BaselineProtocol = null,
                Access = null,
                Sessions = null,
                ColdStarts = null,
                ChangedEarly = null,
                TargetSince = judging.At,
            };
        }
        else if (state.Generation > 0)
        {
            judging.State = judging.State with { DefinedAt = judging.At };
        }

        judging.State = judging.State with { Generation = defined.Generation, Target = target, Channels = EndpointState.ChannelsOf(endpoint) };
    }

    // Not held back by a maintenance: the receiver would keep the incident open for ever.
    internal static void Close(Judging judging, string rule)
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
            WatchfulSince = null,
            Catalogs = EndpointState.New.Catalogs,
            Drifted = null,
            UnstableTold = false,
            Suspicion = null,
            Shadowing = null,
            Deep = null,
            Certificate = null,
            Sessions = state.Sessions is { } sessions ? sessions with { Held = SessionHistory.Empty.Held, Cut = 0 } : null,
            Access = state.Access is { } access ? access with { Others = 0, Back = 0, Slot = null } : null,
            Regression = null,
            Unknown = null,
            Budget = null,
            Outages = null,
            DueAt = null,
        };
    }

    private static void Keep(Judging judging, Endpoint endpoint)
    {
        var state = judging.State;
        var (outage, degraded, gated) = (
            judging.Find(IncidentKind.Outage) is not null,
            judging.Find(IncidentKind.Degraded) is not null,
            judging.Find(IncidentKind.Gated) is not null);
        // Rows that a smaller threshold would end at once need one more bad probe; a smaller interval makes nobody silent.
        var most = endpoint.FailureThreshold - 1;
        judging.State = state with
        {
            WatchfulSince = null,
            Locations = state.Locations.ToDictionary(each => each.Key, each => each.Value with
            {
                Failures = outage || degraded ? each.Value.Failures : Math.Min(each.Value.Failures, most),
                Slow = degraded ? each.Value.Slow : Math.Min(each.Value.Slow, most),
                Said = each.Value.Verdict is Verdict.Unknown ? Later(each.Value.Said, judging.At) : each.Value.Said,
            }),
            // Another interval has another patience, which begins now.
            Unknown = state.Unknown is { } unknown && judging.Find(IncidentKind.Unwatched) is null ? unknown with { Since = Later(unknown.Since, judging.At) } : state.Unknown,
            Access = state.Access is { } access && !gated ? access with { Others = Math.Min(access.Others, most) } : state.Access,
        };
        judging.BeginReconciling();
        SwitchedOffRule.Reconcile(judging);
        TimeRule.ReconcileAlone(judging);
    }

    private static DateTimeOffset Later(DateTimeOffset? one, DateTimeOffset other) => one > other ? one.Value : other;
}
