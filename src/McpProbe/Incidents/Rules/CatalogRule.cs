using System.Globalization;
using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>The catalogue left its baseline, by as much as the policy asks for; <see cref="DriftWatch"/> says when it did.</summary>
internal static class CatalogRule
{
    internal static void Update(Judging judging, Observation probe)
    {
        var (kind, to, from) = probe.Drift;
        var (state, location) = (judging.State, probe.Location);
        var seen = state.SeenAt(location) ?? new SeenCatalog();
        judging.State = kind switch
        {
            DriftStepKind.FirstBaseline => state.WithBaseline(
                to.ProtocolVersion, new(to.Hash, probe.Slot, AcceptedBy: null) { Provisional = state.Baseline is null }),
            DriftStepKind.SeenAgain => Confirmed(state),
            DriftStepKind.Back => state.WithSeen(location, seen with { Unsettled = seen.Unsettled! with { Back = true } }),
            DriftStepKind.Settled => (seen.Settled is null ? Confirmed(state) : state).WithSeen(location, seen with { Unsettled = null }),
            DriftStepKind.Joined => Joined(state, location, to),
            DriftStepKind.Returned => Confirmed(state).WithSeen(location, null).WithoutSettled() with { Drifted = null },
            DriftStepKind.Drifted or DriftStepKind.DriftedAgain when IsAcceptedByPolicy(judging.Endpoint, probe) =>
                state.WithBaseline(to.ProtocolVersion, new(to.Hash, probe.Slot, BaselineReference.ByPolicy)),
            DriftStepKind.Drifted or DriftStepKind.DriftedAgain => state.WithSeen(location, new SeenCatalog { Settled = to }) with
            {
                Drifted = new(to.ProtocolVersion, to.Hash, seen.Unsettled?.Last is { } first && first.Version == to ? first.Slot : probe.Slot)
                {
                    Class = WorstOf(probe.Changes),
                    Untold = true,
                },
            },
            _ => state,
        };

        if (probe.Drift.IsConfirmed)
        {
            judging.Drift = new DriftRecord(
                judging.Endpoint.Id, probe.Slot, to.ProtocolVersion, from!.Hash, to.Hash, probe.Changes,
                from.ProtocolVersion == to.ProtocolVersion ? null : from.ProtocolVersion)
            {
                Tokens = probe.Tokens,
            };
        }
    }

    internal static void Update(Judging judging, BaselineAccepted accepted)
    {
        if (judging.State.Baseline is not { } baseline)
            return;
        // Rows of catalogues that do not repeat go on against the same baseline; what they saw before it was reviewed is no evidence.
        judging.State = judging.State.Drifted is { } drifted
            ? judging.State.WithBaseline(drifted.ProtocolVersion, new BaselineReference(drifted.Hash, accepted.At, accepted.By))
            : judging.State.WithBaseline(
                baseline.ProtocolVersion, new BaselineReference(baseline.Reference.Hash, accepted.At, accepted.By)) with
            {
                Catalogs = judging.State.Catalogs.ToDictionary(
                    each => each.Key,
                    each => each.Value.Unsettled is { } row
                        ? each.Value with { Unsettled = row with { Back = true, Suspicious = null } }
                        : each.Value),
            };
    }

    internal static void Reconcile(Judging judging)
    {
        UnsettledRule.SettleStable(judging);
        var open = judging.Find(IncidentKind.Drift);
        if (judging.State.Drifted is not { } drifted)
        {
            if (open is not null && !UnsettledRule.IsHeld(judging))
                judging.Resolve(open, RuleOfEnd(judging, open));
        }
        else if (!IsTold(judging.Policy.Drift, drifted))
        {
            if (open is not null && judging.Policy.Drift is not DriftAlert.Never && !UnsettledRule.IsHeld(judging))
                judging.Resolve(open, IncidentRules.DriftWithinPolicy);
        }
        else if (judging.Probe is { } probe && !judging.IsQuiet && (open is null || drifted.Untold))
        {
            var summary = WhereOf(judging.State, drifted.Version) + SummaryOf(probe.Changes) + GrowthOf(probe.Tokens);
            if (open is null)
                judging.Open(IncidentKind.Drift, RuleOf(drifted.Class), summary, changes: probe.Changes, since: drifted.Slot, worst: drifted.Class);
            else
                judging.Remind(open with { Summary = summary }, IncidentRules.CatalogChangedAgain, probe.Changes, worst: drifted.Class);
            judging.State = judging.State with { Drifted = drifted with { Untold = false } };
        }
    }

    /// <summary>Whether an incident should be open, or told again, about a catalogue that drifted before.</summary>
    internal static bool IsOwed(EndpointState state, Endpoint endpoint) =>
        state.Drifted is { } drifted && IsTold(endpoint.Alerts.Drift, drifted)
        && (drifted.Untold || !state.OpenIncidents.Any(incident => incident.Kind is IncidentKind.Drift));

    /// <summary>Whether a lasting change of a catalogue that does not repeat opens an incident.</summary>
    internal static bool IsTold(Endpoint endpoint, ChangeClass change) =>
        IsTold(endpoint.Alerts.Drift, change)
        && (endpoint.DriftPolicy is not DriftPolicy.AcceptCompatible || change is ChangeClass.Unknown or ChangeClass.Breaking);

    internal static string RuleOf(ChangeClass? worst) => worst switch
    {
        ChangeClass.Info => IncidentRules.CatalogChangedInfo,
        ChangeClass.Warning => IncidentRules.CatalogChangedWarning,
        ChangeClass.Breaking => IncidentRules.CatalogChangedBreaking,
        _ => IncidentRules.CatalogChangedUnknown,
    };

    /// <summary>The class that a rule of an opening names; null for another rule.</summary>
    internal static ChangeClass? ClassOf(string rule) => rule switch
    {
        IncidentRules.CatalogChangedInfo => ChangeClass.Info,
        IncidentRules.CatalogChangedWarning => ChangeClass.Warning,
        IncidentRules.CatalogChangedBreaking => ChangeClass.Breaking,
        IncidentRules.CatalogChangedUnknown => ChangeClass.Unknown,
        _ => null,
    };

    internal static string RuleOfEnd(Judging judging, Incident open) =>
        judging.Probe?.Drift.Kind is not (DriftStepKind.Returned or DriftStepKind.Settled)
        && judging.State.Baseline?.Reference is { AcceptedBy: { } by, At: var at } && at >= open.OpenedAt
            ? by == BaselineReference.ByPolicy ? IncidentRules.AcceptedByPolicy : IncidentRules.BaselineAccepted
            : IncidentRules.BaselineReturned;

    /// <summary>The locations that see it, for a sentence; empty when all that report do.</summary>
    internal static string WhereOf(EndpointState state, Func<SeenCatalog?, bool> sees)
    {
        var reporting = state.Locations.Keys.Where(state.Reports).Order(StringComparer.Ordinal).ToList();
        var there = reporting.FindAll(location => sees(state.SeenAt(location)));
        return there.Count == reporting.Count ? "" : $"At {there.Count} of {reporting.Count} locations ({string.Join(", ", there)}): ";
    }

    /// <summary>Such as <c>1 breaking, 2 warning</c>.</summary>
    internal static string CountsOf(IReadOnlyList<Change> changes) => string.Join(", ", changes
        .GroupBy(change => change.Class).OrderByDescending(group => group.Key)
        .Select(group => $"{group.Count()} {WireNames.Of(group.Key)}"));

    private static bool IsTold(DriftAlert policy, DriftCandidate drifted) => IsTold(policy, drifted.Class);

    private static bool IsTold(DriftAlert policy, ChangeClass? worst) => policy switch
    {
        DriftAlert.Info => true,
        DriftAlert.Warning => worst is not ChangeClass.Info,
        DriftAlert.Breaking => worst is null or ChangeClass.Unknown or ChangeClass.Breaking,
        _ => false,
    };

    private static string WhereOf(EndpointState state, CatalogVersion drifted) => WhereOf(state, seen =>
        seen is { Unsettled: { Back: false } row } ? row.Last.Version == drifted : seen?.Settled == drifted);

    /// <summary>The baseline was seen twice: it is no accident.</summary>
    private static EndpointState Confirmed(EndpointState state) => state.Baseline is { Reference.Provisional: true } baseline
        ? state with
        {
            Baselines = new Dictionary<string, BaselineReference>(state.Baselines)
            {
                [baseline.ProtocolVersion] = baseline.Reference with { Provisional = false },
            },
        }
        : state;

    /// <summary>A location sees what others see: the drifted catalogue, or the baseline while others have drifted.</summary>
    private static EndpointState Joined(EndpointState state, string location, CatalogVersion to)
    {
        if (to == state.Drifted?.Version)
            return state.WithSeen(location, new SeenCatalog { Settled = to });
        state = state.WithSeen(location, null);
        var left = state.Catalogs.Where(seen => state.Reports(seen.Key)).Select(seen => seen.Value.Settled).OfType<CatalogVersion>().ToList();
        // Its own drift is over; that of another location, which was told before it, stands. Where none reports any more, the next probe says so.
        return left.Count == 0 || left.Contains(state.Drifted!.Version)
            ? state
            : state with { Drifted = new(left[0].ProtocolVersion, left[0].Hash, state.Drifted.Slot) };
    }

    /// <summary>What a gate would let pass too. Without changes to look at (the baseline's content is gone), nothing is proved.</summary>
    private static bool IsAcceptedByPolicy(Endpoint endpoint, Observation probe) =>
        endpoint.DriftPolicy is DriftPolicy.AcceptCompatible
        && probe.Changes.Count > 0
        && probe.Changes.All(change => change.Class is ChangeClass.Info or ChangeClass.Warning)
        && probe.Result.Findings.All(finding => finding.Level is not FindingLevel.Hard);

    private static ChangeClass WorstOf(IReadOnlyList<Change> changes) =>
        changes.Count == 0 ? ChangeClass.Unknown : changes.Max(change => change.Class);

    /// <summary>What the change costs: every conversation that the tools are offered in. Empty for a small one.</summary>
    internal static string GrowthOf(TokenChange? tokens)
    {
        const int least = 100;
        const double share = 0.1;
        if (tokens is not ({ } before, { } after) || Math.Abs(after - before) < least || Math.Abs(after - before) < share * before)
            return "";
        var percent = before == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" by {Math.Abs(after - before) * 100.0 / before:0} %");
        return string.Create(CultureInfo.InvariantCulture, $" It {(after > before ? "grew" : "shrank")}{percent} ({(after > before ? "+" : "−")}{Math.Abs(after - before):N0} tokens).");
    }

    private static string SummaryOf(IReadOnlyList<Change> changes)
    {
        if (changes.Count == 0)
            return "The catalogue changed; the baseline's content is not stored any more, so the changes are not known.";
        return $"The catalogue changed ({CountsOf(changes)}): {changes[0].Message}";
    }
}
