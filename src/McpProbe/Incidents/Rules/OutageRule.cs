using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// An agent cannot work with the endpoint, at enough of the locations that report. One that goes up and down too often flaps:
/// its incident stays open, and a digest a window takes the place of each change.
/// </summary>
internal static class OutageRule
{
    /// <summary>Each of them is written.</summary>
    private const int MostNeeded = 60;

    internal static void Reconcile(Judging judging)
    {
        var quorum = Quorum.Of(judging.State, judging.Endpoint);
        var open = judging.Find(IncidentKind.Outage);
        if (open is { Flapping: true })
            SettleFlapping(judging, open, quorum);
        else if (quorum.Reporting == 0)
            return;
        else if (open is null && quorum.IsDown)
            Open(judging, quorum);
        else if (open is not null && !quorum.IsStillDown)
            Recover(judging, open, quorum);
    }

    /// <summary>When a flapping incident is steady, or tells its next digest.</summary>
    internal static DateTimeOffset? DueAt(Judging judging, Incident incident)
    {
        if (!incident.Flapping || judging.State.Outages is not { } history)
            return null;
        var (steady, digest) = (ChangedAt(history, incident) + Window(judging), DigestAt(judging, incident));
        // Too little was seen yet: no time makes it steady, the probes that are missing do.
        return history.Seen >= Needed(judging) ? (digest < steady ? digest : steady)
            : digest < steady && judging.At < steady ? digest
            : null;
    }

    private static void Open(Judging judging, Quorum quorum)
    {
        var (where, failure, since) = quorum.Describe(judging.State, judging.Endpoint);
        var what = failure?.Message ?? "The probe failed.";
        var opened = quorum.Reporting == 1
            ? judging.Open(IncidentKind.Outage, IncidentRules.FailuresInARow, what, failure, since: since)
            : judging.Open(IncidentKind.Outage, IncidentRules.QuorumDown, where + what, failure, since: since);
        if (opened)
            Remember(judging, new OutageHistory(Lately(judging)));
    }

    private static void Recover(Judging judging, Incident open, Quorum quorum)
    {
        var changes = Lately(judging);
        if (judging.Policy.Flapping is { } policy && changes.Count > policy.Changes)
        {
            var flapping = open with
            {
                Flapping = true,
                Summary = $"It goes up and down: {changes.Count} changes within {Durations.Format(policy.Within)}. The last failure was: {open.Summary}",
            };
            if (judging.Remind(flapping, IncidentRules.Flapping))
                Remember(judging, new OutageHistory(changes, Down: false));
        }
        else if (judging.Resolve(open, quorum.Reporting == 1 ? IncidentRules.SuccessesInARow : IncidentRules.QuorumUp))
        {
            Remember(judging, new OutageHistory(changes));
        }
    }

    private static void SettleFlapping(Judging judging, Incident open, Quorum quorum)
    {
        var history = judging.State.Outages ?? new OutageHistory([open.OpenedAt]);
        var down = history.Down ? quorum.IsStillDown : quorum.IsDown;
        if (quorum.Reporting > 0 && down != history.Down)
        {
            history = new OutageHistory(Lately(judging), down, history.Untold + 1);
            Remember(judging, history);
        }

        if (judging.Probe is { IsConclusive: true, Slot: var slot } && !(slot <= history.SeenSlot) && history.Seen < Needed(judging))
        {
            history = history with { Seen = history.Seen + 1, SeenSlot = slot };
            Remember(judging, history);
        }

        var window = Window(judging);
        if (judging.At - ChangedAt(history, open) >= window)
        {
            if (history.Seen < Needed(judging))
                return;
            if (!history.Down && judging.Resolve(open, IncidentRules.Steady))
                Remember(judging, new OutageHistory([judging.At]));
            else if (history.Down && judging.Remind(
                open with { Flapping = false, Summary = OutageSummary(judging, quorum, open) }, IncidentRules.NoLongerFlapping))
                Remember(judging, null);
        }
        else if (judging.At >= DigestAt(judging, open))
        {
            var digest = open with
            {
                Summary = $"It still goes up and down: {history.Untold} more {(history.Untold == 1 ? "change" : "changes")} since the last alert; now it is {(history.Down ? "down" : "up")}.",
            };
            if (judging.Remind(digest, IncidentRules.FlappingDigest))
                Remember(judging, history with { Untold = 0 });
        }
    }

    private static string OutageSummary(Judging judging, Quorum quorum, Incident open) =>
        $"It no longer goes up and down, and stays down: {quorum.Describe(judging.State, judging.Endpoint).Failure?.Message ?? open.Failure?.Message ?? "the probe failed."}";

    /// <summary>The changes within the window with the one that happens now, no more than it takes to see that they are too many.</summary>
    private static List<DateTimeOffset> Lately(Judging judging)
    {
        var most = (judging.Policy.Flapping?.Changes ?? 0) + 1;
        var since = judging.At - Window(judging);
        return [.. (judging.State.Outages?.Changes ?? []).Where(change => change > since).Append(judging.At).TakeLast(most)];
    }

    private static void Remember(Judging judging, OutageHistory? history) => judging.State = judging.State with { Outages = history };

    private static TimeSpan Window(Judging judging) => judging.Policy.Flapping?.Within ?? TimeSpan.Zero;

    /// <summary>
    /// Slots without a change that say something before it is steady: half of those in the window. A prober that was blind for most
    /// of it has not seen that nothing changed.
    /// </summary>
    private static int Needed(Judging judging) => judging.Policy.Flapping is null ? 0 : (int)Math.Clamp(Window(judging) / judging.Endpoint.Interval / 2, 1, MostNeeded);

    private static DateTimeOffset ChangedAt(OutageHistory history, Incident incident) =>
        history.Changes is [.., var last] ? last : incident.OpenedAt;

    private static DateTimeOffset DigestAt(Judging judging, Incident incident) =>
        TimeRule.NotBefore(judging, incident, ToldAt(incident) + Window(judging))!.Value;

    private static DateTimeOffset ToldAt(Incident incident) => incident.ToldAt ?? incident.OpenedAt;
}
