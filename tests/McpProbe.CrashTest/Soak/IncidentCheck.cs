using McpProbe.CrashTest.Truth;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Soak;

/// <summary>
/// Holds the incidents against what was true: what was down, or drifted, in enough recorded slots has its incident, nothing else has one,
/// and at the end exactly those are open that should be.
/// </summary>
internal sealed class IncidentCheck(Comparison comparison, IReadOnlyList<Stretch> stretches, IReadOnlyList<Excuse> forgotten)
{
    // A drift is told at its second look.
    private const int LooksAtADrift = 2;

    public void Check(IReadOnlyList<WatchedTruth> all, IReadOnlyList<Incident> incidents, IReadOnlyList<Arrival> arrivals)
    {
        var byEndpoint = incidents.ToLookup(incident => incident.EndpointId);
        var timedOut = 0;
        var (outages, certainOutages) = (0, 0);
        var (drifts, certainDrifts) = (0, 0);
        foreach (var watched in all)
        {
            var (id, of) = (watched.Definition.Id, byEndpoint[watched.Definition.Id].ToList());
            outages += watched.Outages.Count;
            drifts += watched.Drifts.Count;
            certainOutages += Require(
                watched, watched.Outages, of, IncidentKind.Outage, result => result.Verdict is Verdict.Down, watched.Definition.FailureThreshold);
            certainDrifts += Require(
                watched, watched.Drifts, of, IncidentKind.Drift, result => result.Verdict is Verdict.Healthy or Verdict.Degraded, LooksAtADrift);
            foreach (var incident in of)
            {
                var windows = incident.Kind switch
                {
                    IncidentKind.Outage => watched.Outages,
                    IncidentKind.Drift => watched.Drifts,
                    _ => [],
                };
                if (windows.Any(window => MayOpenIn(incident, window, watched.Definition.Interval)))
                    continue;
                if (incident.Kind is IncidentKind.Outage && OutageCheck.IsTimeout(
                    arrivals.FirstOrDefault(arrival => arrival.Id == IncidentIds.OfTransition(incident.Id, 1) && arrival.Body is not null)))
                {
                    timedOut++;
                }
                else
                {
                    var at = JudgedAt(incident.OpenedAt, watched.Definition.Interval).FirstOrDefault(incident.OpenedAt);
                    comparison.Fail($"{incident.Id} ({incident.Summary}) opened, and nothing was wrong{Story.Of(watched, new Outage(at, at), incidents, stretches)}");
                }
            }
            CheckEnd(id, of, IncidentKind.Outage, watched.Outages);
            CheckEnd(id, of, IncidentKind.Drift, watched.Drifts);
        }
        comparison.Count("outages of the script", outages);
        comparison.Count("  seen for long enough: each has its incident", certainOutages);
        comparison.Count("drifts of the script", drifts);
        comparison.Count("  seen for long enough: each has its incident", certainDrifts);
        comparison.Count("incidents of time-outs that nobody scripted", timedOut);
    }

    private int Require(WatchedTruth watched, IReadOnlyList<Outage> windows, List<Incident> incidents, IncidentKind kind, Func<Recorded, bool> shows, int threshold)
    {
        var certain = 0;
        foreach (var window in windows)
        {
            if (LongestRun(watched, window, shows) <= threshold)
                continue;
            certain++;
            if (!incidents.Any(incident => incident.Kind == kind && (MayOpenIn(incident, window, watched.Definition.Interval) || WasOpenIn(incident, window, watched.Definition.Interval))))
                comparison.Fail($"{watched.Definition.Id} was not well from {window.Start:O} to {window.End:O}, was seen so for long enough, and no incident of {kind} opened{Story.Of(watched, window, incidents, stretches)}");
        }
        return certain;
    }

    /// <summary>Slots in a row that were recorded as the window makes them, by processes that could judge them: none that a clock showed twice.</summary>
    private int LongestRun(WatchedTruth watched, Outage window, Func<Recorded, bool> shows)
    {
        var results = watched.Results.DistinctBy(result => result.Slot).ToDictionary(result => result.Slot);
        var (longest, run) = (0, 0);
        var newest = DateTimeOffset.MinValue;
        foreach (var stretch in stretches)
        {
            foreach (var slot in Schedule.SlotsIn(watched.Definition, stretch.From + stretch.Ahead, stretch.Until + stretch.Ahead))
            {
                var begins = stretch.Real(slot);
                // The probe of a slot may begin as late as its successor.
                if (slot <= newest || begins < window.Start || begins + watched.Definition.Interval > (window.End ?? DateTimeOffset.MaxValue))
                    continue;
                var counts = results.TryGetValue(slot, out var result) && shows(result)
                    && !forgotten.Any(excuse => begins >= excuse.From - watched.Definition.Interval && begins <= excuse.Until);
                run = counts ? run + 1 : 0;
                longest = Math.Max(longest, run);
            }
            newest = stretch.Until + stretch.Ahead > newest ? stretch.Until + stretch.Ahead : newest;
        }
        return longest;
    }

    private void CheckEnd(string id, List<Incident> incidents, IncidentKind kind, IReadOnlyList<Outage> windows)
    {
        var open = incidents.Any(incident => incident.Kind == kind && incident.ResolvedAt is null);
        var should = windows is [.., { End: null }];
        if (open != should)
            comparison.Fail($"{id} {(should ? "is" : "is not")} in a state of {kind} at the end, and its incident is {(open ? "open" : "not open")}");
    }

    /// <summary>An incident is named after its slot, by the clock of a process; that may have shown one time more than once.</summary>
    private bool MayOpenIn(Incident incident, Outage window, TimeSpan interval) =>
        JudgedAt(incident.OpenedAt, interval).Any(real => real >= window.Start - interval && !(real > window.End));

    private bool WasOpenIn(Incident incident, Outage window, TimeSpan interval) =>
        JudgedAt(incident.OpenedAt, interval).Any(real => real <= window.Start)
        && (incident.ResolvedAt is not { } resolved || JudgedAt(resolved, interval).Any(real => real >= window.Start));

    /// <summary>When it was this slot, in each stretch of a life that may have judged it.</summary>
    private IEnumerable<DateTimeOffset> JudgedAt(DateTimeOffset slot, TimeSpan interval) =>
        stretches.Where(each => each.MayWork(slot, interval)).Select(each => each.Real(slot));
}
