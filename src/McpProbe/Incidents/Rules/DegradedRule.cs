using System.Globalization;
using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// It works, but not as well as it should: budgets are exceeded, some locations see it down, or an hour is much slower than the
/// week before. One incident, open while any of these holds.
/// </summary>
internal static class DegradedRule
{
    // Fewer say nothing of a 95th percentile.
    internal const int FewestOfAnHour = 20;
    internal const int FewestOfAWeek = 200;

    internal static bool IsRegression(LatencyMeasured measured, LatencyRegressionRule rule) =>
        measured.HourP95 >= measured.WeekP95 * rule.Factor
        && measured.HourP95 - measured.WeekP95 >= rule.AtLeast.TotalMilliseconds;

    internal static void Update(Judging judging, LatencyMeasured measured)
    {
        if (measured.HourSamples < FewestOfAnHour || measured.WeekSamples < FewestOfAWeek)
            return;
        var regressed = judging.Policy.Latency is { } rule && IsRegression(measured, rule);
        // The first hour that was slow is kept: the next ones are no news.
        if (regressed != judging.State.Regression is not null)
            judging.State = judging.State with { Regression = regressed ? measured : null };
    }

    internal static void Reconcile(Judging judging)
    {
        var open = judging.Find(IncidentKind.Degraded);
        if (!judging.Policy.Degraded)
            return;
        var quorum = Quorum.Of(judging.State, judging.Endpoint);
        if (quorum.Reporting == 0)
            return;
        if (open is null)
            Open(judging, quorum);
        else if (!Holds(judging, quorum))
            judging.Resolve(open, quorum.IsDown ? IncidentRules.BecameOutage : IncidentRules.WithinLimitsAgain);
    }

    private static void Open(Judging judging, Quorum quorum)
    {
        if (judging.Find(IncidentKind.Outage) is null && quorum.IsDownAtSome)
        {
            var (where, failure, since) = quorum.Describe(judging.State, judging.Endpoint);
            judging.Open(IncidentKind.Degraded, IncidentRules.DownAtSomeLocations, where + (failure?.Message ?? "the probe failed."), failure, since: since);
        }
        else if (judging.State.Locations.Values.FirstOrDefault(seen => Reports(seen) && SlowOf(seen).IsOver(judging.Endpoint)) is { } slow)
        {
            judging.Open(
                IncidentKind.Degraded, slow.Slowness?.Kind is FailureKind.ToolsUsable ? IncidentRules.ToolsUnusableInARow : IncidentRules.BudgetExceededInARow, slow.Slowness?.Message ?? "The server works, outside its budgets.", slow.Slowness,
                since: slow.SlowSince);
        }
        else if (judging.Policy.Latency is not null && judging.State.Regression is { } hour)
        {
            judging.Open(IncidentKind.Degraded, IncidentRules.P95Regression, string.Create(
                CultureInfo.InvariantCulture,
                $"The handshake has become slower: in the last hour 95 of 100 took up to {hour.HourP95:0} ms, in the 7 days before up to {hour.WeekP95:0} ms; look at the server's load and at what was deployed lately."));
        }
    }

    private static bool Holds(Judging judging, Quorum quorum)
    {
        if (judging.Policy.Latency is not null && judging.State.Regression is not null)
            return true;
        if (judging.Find(IncidentKind.Outage) is null && !quorum.IsDown && quorum.IsStillDownAtSome)
            return true;
        foreach (var seen in judging.State.Locations.Values)
        {
            if (Reports(seen) && seen.Slow > 0)
                return true;
        }

        return false;
    }

    private static bool Reports(LocationState seen) => seen.Counted is not Verdict.Unknown;

    private static Streak SlowOf(LocationState seen) => new(seen.Slow, seen.Swift);
}
