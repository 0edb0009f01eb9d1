using McpProbe.CrashTest.Truth;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.CrashTest.Soak;

/// <summary>What was true of an endpoint, and what a head has recorded of it.</summary>
internal sealed record WatchedTruth(
    Endpoint Definition, IReadOnlyList<Outage> Outages, IReadOnlyList<Outage> Drifts, IReadOnlyList<Attention> Attentions, IReadOnlyList<Recorded> Results);

/// <param name="StartedAt">By the prober's clock.</param>
/// <param name="TimedOut">Its failure is a time-out.</param>
internal sealed record Recorded(DateTimeOffset Slot, DateTimeOffset StartedAt, Verdict Verdict, bool TimedOut)
{
    public static Recorded Of(ProbeRecord record) => new(
        record.Slot, record.Result.StartedAt, record.Result.Verdict, record.Result.Failure?.Kind is FailureKind.Timeout or FailureKind.ConnectTimeout);
}

/// <param name="GapAfter">So long after a death slots may be left out, unprobed.</param>
internal sealed record SlotPromise(TimeSpan GapAfter)
{
    /// <summary>When the store was away: a slot that waits for it for longer than its interval stays a gap, probed or not.</summary>
    public IReadOnlyList<Excuse> Away { get; init; } = [];
}

/// <summary>
/// Holds the results against the lives of the processes and what the endpoints saw: every slot of a life has its result, but for the one
/// in flight when it was killed; no slot has two; each result says what was true.
/// </summary>
internal sealed class SlotCheck(Comparison comparison, IReadOnlyList<Stretch> stretches, IReadOnlyList<Excuse> forgotten, SlotPromise promise)
{
    /// <summary>From the end of a probe's last request to its result on disk.</summary>
    private static readonly TimeSpan ToRecord = TimeSpan.FromSeconds(1);

    /// <summary>From a slot to its probe: by then it has begun, or its process was killed before.</summary>
    private static readonly TimeSpan ToBegin = TimeSpan.FromSeconds(5);

    /// <summary>By which what a prober notes as its beginning may lie after its first request is seen.</summary>
    private static readonly TimeSpan ToAsk = TimeSpan.FromSeconds(0.5);

    /// <summary>See docs/operations.md: what lies at most so far ahead is no clock that was wrong.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromMinutes(1);

    /// <summary>Of the slots, at most this share may be left out where the machine is too slow.</summary>
    private const double MostMissed = 0.001;

    private readonly List<string> _examples = [];
    private int _expected, _recorded, _lost, _inFlight, _forgotten, _aroundAClock, _judgedAhead, _gaps, _missed, _doubled, _unknown, _timedOut, _wrong;

    public void Check(IReadOnlyList<WatchedTruth> all)
    {
        foreach (var watched in all)
            Check(watched);
        if (_missed > _expected * MostMissed)
            comparison.Fail($"{_missed} of {_expected} slots were not probed, although the process lived, such as {string.Join(", ", _examples)}");
        comparison.Count("slots of the processes' lives", _expected);
        comparison.Count("  recorded", _recorded);
        comparison.Count("  lost", _lost);
        comparison.Count("  in flight when the process was killed", _inFlight);
        comparison.Count("  in memory when it was killed on a full disk", _forgotten);
        comparison.Count("  too near to a clock that was set", _aroundAClock);
        comparison.Count("  before one judged when the clock was ahead", _judgedAhead);
        comparison.Count("  gaps: after a death, or the store was away", _gaps);
        comparison.Count("  not probed in time", _missed);
        comparison.Count("results", all.Sum(watched => watched.Results.Count));
        comparison.Count("  of one slot twice", _doubled);
        comparison.Count("  unknown: the prober's own trouble", _unknown);
        comparison.Count("  a time-out that nobody scripted", _timedOut);
        comparison.Count("  wrong", _wrong);
    }

    private void Check(WatchedTruth watched)
    {
        var (id, interval) = (watched.Definition.Id, watched.Definition.Interval);
        var results = watched.Results.ToLookup(result => result.Slot);
        foreach (var twice in results.Where(each => each.Count() > 1))
        {
            _doubled++;
            comparison.Fail($"{id} has two results of {twice.Key:O}");
        }
        foreach (var off in results.Where(each => Schedule.SlotAt(watched.Definition, each.Key) != each.Key))
        {
            _doubled++;
            comparison.Fail($"{id} has a result of {off.Key:O}, which is no slot");
        }

        var attentions = watched.Attentions.OrderBy(each => each.From).ToList();
        foreach (var result in watched.Results)
            CheckVerdict(watched, result, attentions);
        var seen = new HashSet<DateTimeOffset>();
        foreach (var stretch in stretches)
        {
            foreach (var slot in Schedule.SlotsIn(watched.Definition, stretch.From + stretch.Ahead, stretch.Until + stretch.Ahead))
            {
                // A clock that was set back finds the slot worked.
                if (!seen.Add(slot))
                    continue;
                _expected++;
                if (results.Contains(slot))
                {
                    _recorded++;
                }
                else
                {
                    var begins = stretch.Real(slot);
                    if (WasJudgedAhead(watched, slot, stretch))
                        _judgedAhead++;
                    else
                        Explain(id, slot, begins, stretch, attentions.Where(each => each.From >= begins - ToRecord && each.From < begins + interval - ToRecord).ToList(), interval);
                }
            }
        }
    }

    /// <summary>
    /// A clock that ran ahead jumped over the slot, and was set back: a slot within a minute after it was judged before it came. What is older than
    /// the last judged one is not judged, unless that lies further ahead than clocks may differ.
    /// </summary>
    private bool WasJudgedAhead(WatchedTruth watched, DateTimeOffset slot, Stretch stretch) => watched.Results.Any(result =>
        result.Slot > slot && result.Slot <= slot + ClocksDiffer
        && stretches.TakeWhile(each => each != stretch).Any(each => each.Ahead > stretch.Ahead && each.MayShow(result.StartedAt)));

    private void Explain(string id, DateTimeOffset slot, DateTimeOffset begins, Stretch stretch, List<Attention> probe, TimeSpan interval)
    {
        var ended = probe.Count == 0 ? (DateTimeOffset?)null : probe.Max(each => each.Until);
        // What had been probed a while before the disk was full was on it.
        if (forgotten.Any(excuse => begins < excuse.Until && (ended ?? begins + interval) > excuse.From - ToRecord))
            _forgotten++;
        else if (stretches.Any(each => !each.Fresh && (each.From - begins).Duration() < Stretch.AroundAClock))
            _aroundAClock++;
        else if (stretch.End is not StretchEnd.ClockSet
            && (ended is null ? stretch.Until - begins < ToBegin : stretch.Until - ended < ToRecord))
            _inFlight++;
        else if (promise.Away.Any(away => begins > away.From - interval && begins < away.Until + promise.GapAfter))
            _gaps++;
        else if (ended is null && stretches.Any(each => each.End is StretchEnd.Killed && begins >= each.Until - interval && begins < each.Until + promise.GapAfter))
            _gaps++;
        else if (ended is null)
        {
            _missed++;
            if (_examples.Count < 5)
                _examples.Add($"{id} at {begins:O}");
        }
        else
        {
            _lost++;
            comparison.Fail($"{id} was probed at {probe[0].From:O} until {ended:O} for its slot {slot:O}, and has no result of it; the process lived until {stretch.Until:O}");
        }
    }

    /// <summary>A clock that was set back shows a time more than once: a result is of one of the probes that began then.</summary>
    private void CheckVerdict(WatchedTruth watched, Recorded result, List<Attention> attentions)
    {
        if (result.Verdict is Verdict.Unknown)
        {
            _unknown++;
            return;
        }
        var probes = stretches.Where(each => each.MayShow(result.StartedAt)).Select(each => each.Real(result.StartedAt))
            .Select(began => attentions.Where(each => each.From > began - ToAsk && each.From < began + watched.Definition.Timeout).ToList())
            .Where(asked => asked.Count > 0).Select(asked => (asked[0].From, Until: asked.Max(each => each.Until))).Distinct().ToList();
        // What was not reached was not asked.
        if (probes.Count == 0 && result.Verdict is Verdict.Down)
            return;
        var wrong = probes.Where(probe => result.Verdict is Verdict.Down ? IsUp(watched, probe.From, probe.Until) : IsDown(watched, probe.From, probe.Until)).ToList();
        if (wrong.Count < probes.Count)
            return;
        if (result.TimedOut)
        {
            _timedOut++;
            return;
        }
        _wrong++;
        var (from, until) = wrong.Count > 0 ? wrong[0] : (result.StartedAt, result.StartedAt);
        comparison.Fail($"{watched.Definition.Id} was {(wrong.Count == 0 ? "not asked" : result.Verdict is Verdict.Down ? "up" : "down")} from {from:O} to {until:O}, and its result of {result.Slot:O} says {result.Verdict}{Story.Of(watched, new Outage(from, until), [], stretches)}");
    }

    private static bool IsUp(WatchedTruth watched, DateTimeOffset from, DateTimeOffset until) => !watched.Outages.Any(outage => outage.Start <= until && !(outage.End < from));

    private static bool IsDown(WatchedTruth watched, DateTimeOffset from, DateTimeOffset until) => watched.Outages.Any(outage => outage.Start < from && !(outage.End <= until));
}
