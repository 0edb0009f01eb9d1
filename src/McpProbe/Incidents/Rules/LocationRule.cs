using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>What each location saw last: the rows of bad and good probes that outages and degradations are judged by.</summary>
internal static class LocationRule
{
    /// <summary>A location that said nothing in this many slots does not report: in the newest, and the one before, where its turn comes later.</summary>
    private const int SilentSlots = 2;

    internal static void Update(Judging judging, Observation probe)
    {
        var (location, result) = (probe.Location, probe.Result);
        var before = judging.State.Locations.GetValueOrDefault(location);
        var told = judging.Find(IncidentKind.Degraded) is not null;
        var failures = new Streak(before?.Failures ?? 0, before?.Successes ?? 0);
        var slow = new Streak(before?.Slow ?? 0, before?.Swift ?? 0);

        // An unknown probe says nothing: it neither counts nor breaks a row. A failed one says nothing of speed.
        if (result.Verdict is not Verdict.Unknown)
            failures = failures.Next(result.Verdict is Verdict.Down, told || judging.Find(IncidentKind.Outage) is not null, judging.Endpoint);
        var isSlow = IsSlow(result);
        if (result.Verdict is not (Verdict.Unknown or Verdict.Down))
            slow = slow.Next(isSlow, told, judging.Endpoint);

        var said = SaidAfter(judging, before, probe);
        if (before is null || (before.Verdict, before.Failures, before.Successes, before.Slow, before.Swift)
            != (result.Verdict, failures.Bad, failures.Good, slow.Bad, slow.Good)
            || (judging.State.WatchfulSince is not null && before.Said != said))
        {
            Report(judging, location, new LocationState(probe.Slot, result.Verdict, failures.Bad, failures.Good)
            {
                Failure = result.Verdict is Verdict.Down ? result.Failure : failures.Bad > 0 ? before?.Failure : null,
                FailingSince = failures.Bad == 0 ? null : before is { Failures: > 0 } ? before.FailingSince : probe.Slot,
                Slow = slow.Bad,
                Swift = slow.Good,
                SlowSince = slow.Bad == 0 ? null : before is { Slow: > 0 } ? before.SlowSince : probe.Slot,
                Slowness = isSlow ? result.Failure : slow.Bad > 0 ? before?.Slowness : null,
                Before = probe.IsConclusive || before is null or { Counted: Verdict.Unknown } ? null : before.Counted,
                Said = said,
            });
        }

        ForgetSilent(judging, probe, before?.Said);
    }

    /// <summary>After all rules: whether it matters from now on which locations report. It does not while they all see the same, and that is no outage.</summary>
    internal static void Watch(Judging judging, DateTimeOffset slot)
    {
        var state = judging.State;
        var since = IsToBeWatched(state) ? state.WatchfulSince ?? slot : (DateTimeOffset?)null;
        if (since != state.WatchfulSince)
            judging.State = state with { WatchfulSince = since };
    }

    internal static void Touch(Judging judging, string location, DateTimeOffset slot)
    {
        if (judging.State.Locations.TryGetValue(location, out var seen) && seen.LastSlot < slot)
            judging.State = With(judging.State, location, seen with { LastSlot = slot });
    }

    /// <summary>A certificate's days are the certificate's business.</summary>
    private static bool IsSlow(ProbeResult result)
    {
        if (result.Verdict is not Verdict.Degraded)
            return false;
        var old = false;
        foreach (var condition in result.Conditions)
        {
            if (condition is { Passed: false, OnlyDegrades: true })
            {
                if (condition.Name != ConditionResult.CertificateDays)
                    return true;
                old = true;
            }
        }

        return !old;
    }

    /// <summary>When it said something last. A slot that changes nothing is not kept, unless somebody wants to know.</summary>
    private static DateTimeOffset? SaidAfter(Judging judging, LocationState? before, Observation probe)
    {
        if (probe.IsConclusive)
            return before?.Said > probe.Slot ? before.Said : probe.Slot;
        if (before is null or { Verdict: Verdict.Unknown } || judging.State.WatchfulSince is not null)
            return before?.Said;
        // Nobody kept it: it was the slot before this one, as far as anybody can tell.
        var last = probe.Slot - judging.Endpoint.Interval;
        return before.Said > last ? before.Said : last;
    }

    /// <summary>A location that no longer reports counts for nothing, until it says something again; its rows are kept for then.</summary>
    /// <param name="own">When the location of the probe said something before: after a gap that all have, nobody is silent yet.</param>
    private static void ForgetSilent(Judging judging, Observation probe, DateTimeOffset? own)
    {
        var watchful = judging.State.WatchfulSince;
        foreach (var (location, seen) in judging.State.Locations)
        {
            if (seen.Counted is Verdict.Unknown)
                continue;
            // What is not unknown is not known to be silent before every slot was kept for as long as it takes.
            var heard = seen.Verdict is Verdict.Unknown ? seen.Said : seen.Said > watchful ? seen.Said : watchful;
            if (probe.Slot - heard >= SilentSlots * judging.Endpoint.Interval && (location == probe.Location || own > heard))
                Report(judging, location, seen with { Verdict = Verdict.Unknown, Before = null });
        }
    }

    private static bool IsToBeWatched(EndpointState state)
    {
        if (state.Locations.Count < 2)
            return false;
        var counted = state.Locations.Values.Select(seen => seen.Counted).Where(verdict => verdict is not Verdict.Unknown).Distinct().ToList();
        return state.OpenIncidents.Any(incident => incident.Kind is IncidentKind.Outage or IncidentKind.Degraded)
            || counted.Count > 1 || counted.Contains(Verdict.Down)
            // What one of them has, and others have not, holds up the return to the baseline as long as it reports.
            || (state.Catalogs.Values.Any(seen => seen.Settled is not null) && state.Locations.Keys.Any(each => state.SeenAt(each)?.Settled is null));
    }

    private static void Report(Judging judging, string location, LocationState seen)
    {
        var state = With(judging.State, location, seen);
        var verdict = Quorum.VerdictOf(state, judging.Endpoint);
        judging.State = state with { Verdict = verdict, Since = verdict == state.Verdict ? state.Since : judging.At };
    }

    private static EndpointState With(EndpointState state, string location, LocationState seen) =>
        state with { Locations = new Dictionary<string, LocationState>(state.Locations) { [location] = seen } };
}
