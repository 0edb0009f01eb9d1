using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>What each location saw last: the rows of bad and good probes that outages and degradations are judged by.</summary>
internal static class LocationRule
{
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

        if (before is null || (before.Verdict, before.Failures, before.Successes, before.Slow, before.Swift)
            != (result.Verdict, failures.Bad, failures.Good, slow.Bad, slow.Good))
        {
            Report(judging, location, new LocationState(probe.Slot, result.Verdict, failures.Bad, failures.Good)
            {
                Failure = result.Verdict is Verdict.Down ? result.Failure : failures.Bad > 0 ? before?.Failure : null,
                FailingSince = failures.Bad == 0 ? null : before is { Failures: > 0 } ? before.FailingSince : probe.Slot,
                Slow = slow.Bad,
                Swift = slow.Good,
                SlowSince = slow.Bad == 0 ? null : before is { Slow: > 0 } ? before.SlowSince : probe.Slot,
                Slowness = isSlow ? result.Failure : slow.Bad > 0 ? before?.Slowness : null,
            });
        }

        if (probe.Reporting is { } reporting)
            ForgetSilent(judging, location, reporting);
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

    /// <summary>A location that no longer reports counts for nothing, until it reports again; its rows are kept for then.</summary>
    private static void ForgetSilent(Judging judging, string location, IReadOnlyCollection<string> reporting)
    {
        foreach (var (other, seen) in judging.State.Locations)
        {
            if (other != location && seen.Verdict is not Verdict.Unknown && !reporting.Contains(other))
                Report(judging, other, seen with { Verdict = Verdict.Unknown });
        }
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
