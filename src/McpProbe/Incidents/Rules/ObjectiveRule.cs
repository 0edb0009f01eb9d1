using System.Globalization;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// The error budget is spent too fast (<see cref="BurnRule"/>). A failed probe begins the watch: from then on time alone has the probes
/// counted again and again, until two hours were without a failure. Nothing is counted, or written, for an endpoint that is well.
/// </summary>
internal static class ObjectiveRule
{
    private static readonly TimeSpan ShortestPace = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPace = TimeSpan.FromMinutes(5);

    internal static void Update(Judging judging, Observation probe)
    {
        if (judging.Endpoint.Slo is not null && judging.State.Budget is null && probe.Result is { Verdict: Verdict.Down, Maintenance: false })
            judging.State = judging.State with { Budget = new BudgetWatch(probe.Slot) };
    }

    internal static void Reconcile(Judging judging)
    {
        if (judging.State.Budget is not { } watch)
            return;
        if (judging.Endpoint.Slo is not { } slo)
            judging.State = judging.State with { Budget = null };
        else if (judging.Measured is { } measured)
            Judge(judging, watch, measured.Counts, slo);
    }

    /// <summary>When the probes are to be counted next.</summary>
    internal static DateTimeOffset? DueAt(Judging judging) => judging.Endpoint.Slo is null ? null : judging.State.Budget?.LookAt;

    private static void Judge(Judging judging, BudgetWatch watch, IReadOnlyList<WindowCounts> counts, double slo)
    {
        var open = judging.Find(IncidentKind.Slo);
        var told = open is null ? null : BurnRule.Find(watch.Rule);
        var fires = BurnRule.All.FirstOrDefault(rule => rule.Fires(counts, slo));
        if (open is null && fires is not null)
        {
            if (judging.Open(IncidentKind.Slo, fires.Name, SummaryOf(fires, counts, slo), severity: fires.Severity))
                told = fires;
        }
        else if (open is not null && fires is not null && (told is null || fires.Rate > told.Rate))
        {
            if (judging.Remind(open with { Summary = SummaryOf(fires, counts, slo) }, fires.Name, worse: true, severity: fires.Severity))
                told = fires;
        }
        else if (open is not null && fires is null && told?.StillBurns(counts, slo) is not true && judging.Resolve(open, IncidentRules.BurnRateRecovered))
        {
            told = null;
        }

        var pace = TimeSpan.FromTicks(Math.Clamp(judging.Endpoint.Interval.Ticks, ShortestPace.Ticks, LongestPace.Ticks));
        var over = judging.Find(IncidentKind.Slo) is null && BurnRule.Of(counts, BurnRule.All[^1].ShortWindow) is not { Down: > 0 };
        judging.State = judging.State with { Budget = over ? null : new BudgetWatch(judging.At + pace, told?.Name) };
    }

    private static string SummaryOf(BurnRule rule, IReadOnlyList<WindowCounts> counts, double slo)
    {
        var (over, lately) = (BurnRule.Of(counts, rule.LongWindow)!, BurnRule.Of(counts, rule.ShortWindow)!);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The objective is {slo:0.###} %, and its error budget is spent {BurnRule.RateOf(over, slo):0.#} times as fast as it allows: {over.Down} of {over.Total} probes failed in the last {Durations.Format(rule.LongWindow)}, {lately.Down} of {lately.Total} in the last {Durations.Format(rule.ShortWindow)}.");
    }
}
