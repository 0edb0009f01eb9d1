using McpProbe.Drift;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <param name="Lasting">Changes that this catalogue and the one before it in the row have in common.</param>
/// <param name="Moving">Changes that the one before it did not have.</param>
/// <param name="WasSuspicious">Whether the one before it held suspicious text; null when it is not known.</param>
internal sealed record UnsettledStep(IReadOnlyList<Change> Lasting, IReadOnlyList<Change> Moving, bool? WasSuspicious);

/// <summary>
/// A catalogue that does not repeat, and so never becomes a drift that is seen twice: what two different ones in a row have in common
/// is judged at once, and after some of them the change itself is the news. It is told by the endpoint's drift incident.
/// </summary>
internal static class UnsettledRule
{
    /// <summary>Named in an alert.</summary>
    private const int MostPlaces = 10;

    private const int LongestPlace = 120;

    internal static void Update(Judging judging, Observation probe)
    {
        if (probe.Drift is not { Kind: DriftStepKind.Candidate, To: var to })
            return;
        var seen = judging.State.SeenAt(probe.Location) ?? new SeenCatalog();
        var before = seen.Unsettled;
        var step = StepOf(judging.State, before, probe);
        judging.Unsettled = step;
        judging.State = judging.State.WithSeen(probe.Location, seen with
        {
            Unsettled = new UnsettledCatalog(
                new DriftCandidate(to.ProtocolVersion, to.Hash, probe.Slot),
                (before?.Unlike ?? 0) + 1,
                probe.Unsettled is { } changes ? ChangeKeys.Of(changes) : before?.Changes ?? [])
            {
                Since = before is null ? probe.Slot : before.Since,
                Several = before is not null && (before.Several || before.Last.Version != to),
                Places = [.. (before?.Places ?? []).Concat(step.Moving.Select(PlaceOf)).Distinct().Take(MostPlaces)],
                Told = before?.Told ?? [],
                Suspicious = SuspicionRule.IsSuspicious(judging, to.ProtocolVersion, to.Hash, probe.Result),
            },
        });
    }

    internal static void Reconcile(Judging judging)
    {
        if (judging.Unsettled is not { } step || judging.IsQuiet || judging.Policy.Drift is DriftAlert.Never)
            return;
        TellLasting(judging, step);
        TellUnstable(judging, step);
    }

    /// <summary>Nothing is unstable any more: the incident ends, or goes on as what it was before.</summary>
    internal static void SettleStable(Judging judging)
    {
        var state = judging.State;
        if (!state.UnstableTold || IsUnstable(judging))
            return;
        // What was told before it became unstable still stands.
        var open = state.Drifted is { Untold: false } || IsLastingTold(state) ? null : judging.Find(IncidentKind.Drift);
        if (open is null || judging.Resolve(open, RuleOfEnd(judging, open)))
            judging.State = judging.State with { UnstableTold = false };
    }

    /// <summary>Whether an unsettled location has something open: a drift incident does not end before its row does.</summary>
    internal static bool IsHeld(Judging judging) => IsLastingTold(judging.State) || (judging.State.UnstableTold && IsUnstable(judging));

    private static UnsettledStep StepOf(EndpointState state, UnsettledCatalog? before, Observation probe)
    {
        if (before is null || before.Changes.Count == 0 || probe.Unsettled is not { } changes)
            return new UnsettledStep([], [], before?.Suspicious);
        var known = before.Changes.ToHashSet();
        // Of two replicas that answer in turns all that differs would last. And what the first catalogue of all held says nothing, as
        // long as it was seen only once: it may be one of many.
        var lasts = !before.Back && state.Baseline is not { Reference.Provisional: true };
        return new UnsettledStep(
            lasts ? [.. changes.Where(change => known.Contains(ChangeKeys.Lasting(change)))] : [],
            [.. changes.Take(ChangeKeys.Most).Where(change => !known.Contains(ChangeKeys.Exact(change)))],
            before.Suspicious);
    }

    private static void TellLasting(Judging judging, UnsettledStep step)
    {
        var open = judging.Find(IncidentKind.Drift);
        var row = RowOf(judging);
        var told = row.Told.ToHashSet();
        var lasting = step.Lasting.Where(change => CatalogRule.IsTold(judging.Endpoint, change.Class)).ToList();
        var isNews = open is null ? lasting.Count > 0
            : row.Told.Count < ChangeKeys.Most && lasting.Exists(change => !told.Contains(ChangeKeys.Lasting(change)));
        if (!isNews)
            return;
        var summary = WhereOf(judging, row.Last.Version)
            + $"The catalogue is another one in each probe, and has this in common ({CatalogRule.CountsOf(lasting)}): {lasting[0].Message}";
        if (open is null)
            judging.Open(IncidentKind.Drift, CatalogRule.RuleOf(lasting[0].Class), summary, changes: lasting, since: row.Since);
        else
            judging.Remind(open with { Summary = summary }, IncidentRules.CatalogChangedAgain, lasting);
        Remember(judging, row with
        {
            Told = [.. row.Told.Concat(lasting.Select(ChangeKeys.Lasting)).Distinct().Take(ChangeKeys.Most)],
        });
    }

    private static void TellUnstable(Judging judging, UnsettledStep step)
    {
        var open = judging.Find(IncidentKind.Drift);
        var row = RowOf(judging);
        if (!IsUnstable(row, judging.Policy) || (judging.State.UnstableTold && open is not null))
            return;
        var summary = WhereOf(judging, row.Last.Version)
            + $"The catalogue does not repeat: {row.Unlike} probes saw others than before, and none of them twice in a row. "
            + (row.Places.Count > 0 ? $"It keeps changing at {string.Join(", ", row.Places)}." : "Where it changes is not known: the catalogue it is compared with is not stored any more.");
        if (open is null)
            judging.Open(IncidentKind.Drift, IncidentRules.CatalogUnstable, summary, changes: step.Moving, since: row.Since);
        else
            judging.Remind(open with { Summary = summary }, IncidentRules.CatalogUnstable, step.Moving);
        judging.State = judging.State with { UnstableTold = true };
    }

    private static UnsettledCatalog RowOf(Judging judging) => judging.State.SeenAt(judging.Probe!.Location)!.Unsettled!;

    private static void Remember(Judging judging, UnsettledCatalog row)
    {
        var location = judging.Probe!.Location;
        judging.State = judging.State.WithSeen(location, judging.State.SeenAt(location)! with { Unsettled = row });
    }

    private static bool IsUnstable(Judging judging) => judging.State.Catalogs.Any(seen =>
        seen.Value.Unsettled is { } row && judging.State.Stands(seen.Key) && IsUnstable(row, judging.Policy));

    private static bool IsUnstable(UnsettledCatalog row, AlertPolicy policy) =>
        policy.UnstableAfter is { } probes && row.Unlike >= probes && row.Several;

    private static bool IsLastingTold(EndpointState state) => state.Catalogs.Any(seen =>
        seen.Value.Unsettled is { Told.Count: > 0 } && state.Stands(seen.Key));

    private static string RuleOfEnd(Judging judging, Incident open) =>
        judging.State.Drifted is not null || judging.Probe is { Drift.Kind: DriftStepKind.FirstBaseline }
            ? IncidentRules.CatalogStable
            : CatalogRule.RuleOfEnd(judging, open);

    private static string WhereOf(Judging judging, CatalogVersion last) => CatalogRule.WhereOf(judging.State, seen =>
        seen is { Unsettled.Back: false } && (seen.Unsettled.Several || seen.Unsettled.Last.Version == last));

    private static string PlaceOf(Change change)
    {
        var place = change.Path.Length == 0 ? "" : $"'{change.Path}'";
        return ForeignText.OneLine(change.Tool is null ? place : $"{change.Tool} {place}".TrimEnd(), LongestPlace);
    }
}
