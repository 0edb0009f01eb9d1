using McpProbe.Endpoints;

namespace McpProbe.Uptime.Reports;

/// <summary>How many probes ended how, of all locations. Counts can be added up.</summary>
/// <param name="Gated">Alive, but asking for credentials that the endpoint was not given: up, and shown apart.</param>
/// <param name="Unknown">Say nothing of the server; neither up nor down.</param>
/// <param name="Maintenance">In a maintenance, whatever they found; neither up nor down, and not expected.</param>
/// <param name="Expected">What there would be without a gap.</param>
public readonly record struct ReportCounts(long Healthy, long Degraded, long Gated, long Down, long Unknown, long Maintenance, long Expected)
{
    public long Up => Healthy + Degraded + Gated;

    public long Observed => Up + Down;

    /// <summary>Expected, and not there: the prober's own gaps.</summary>
    public long Missing => Math.Max(0, Expected - Observed - Unknown);

    /// <summary>From 0 to 100; null when nothing was observed.</summary>
    public double? UptimePercent => Observed == 0 ? null : 100.0 * Up / Observed;

    /// <summary>From 0 to 100: how much of what was expected says something. Null when nothing was expected.</summary>
    public double? CoveragePercent => Expected == 0 ? null : Math.Min(100, 100.0 * Observed / Expected);

    public static ReportCounts Of(Rollup rollup) => new(
        rollup.Healthy, rollup.Degraded, rollup.Gated, rollup.Down, rollup.Unknown, rollup.Maintenance, rollup.Expected);

    public static ReportCounts operator +(ReportCounts one, ReportCounts other) => new(
        one.Healthy + other.Healthy, one.Degraded + other.Degraded, one.Gated + other.Gated, one.Down + other.Down,
        one.Unknown + other.Unknown, one.Maintenance + other.Maintenance, one.Expected + other.Expected);

    public static ReportCounts Sum(IEnumerable<ReportCounts> all) => all.Aggregate(default(ReportCounts), (sum, each) => sum + each);
}

/// <summary>What an objective allows to fail, and what of it is spent.</summary>
/// <param name="ObjectivePercent">Of a group or a whole report the share that its endpoints' objectives make together.</param>
/// <param name="AllowedProbes">(100 - objective) % of the probes that were up or down.</param>
/// <param name="LeftPercent">Of the budget; below 0 when more is spent than there was. Null when nothing was observed.</param>
/// <param name="AllowedSeconds">The same as time: a probe stands for its interval, shared by the locations.</param>
/// <param name="IsMet">Null when nothing was observed.</param>
public sealed record ErrorBudget(
    double ObjectivePercent, double AllowedProbes, long FailedProbes, double? LeftPercent, double AllowedSeconds, double FailedSeconds, bool? IsMet)
{
    public static ErrorBudget? Of(Endpoint endpoint, ReportCounts counts, double probeSeconds) =>
        endpoint.Slo is not { } slo ? null : Of(slo, (1 - slo / 100) * counts.Observed, counts, (1 - slo / 100) * counts.Observed * probeSeconds, counts.Down * probeSeconds);

    /// <summary>Of several endpoints together; null when none of them has an objective.</summary>
    /// <param name="parts">Those with an objective, with the probes that they are about.</param>
    public static ErrorBudget? Sum(IReadOnlyCollection<(ErrorBudget Budget, ReportCounts Counts)> parts)
    {
        if (parts.Count == 0)
            return null;
        var counts = ReportCounts.Sum(parts.Select(part => part.Counts));
        var allowed = parts.Sum(part => part.Budget.AllowedProbes);
        var objective = counts.Observed == 0
            ? parts.Average(part => part.Budget.ObjectivePercent)
            : parts.Select(part => part.Budget.ObjectivePercent).Distinct().Count() == 1 ? parts.First().Budget.ObjectivePercent
            : 100 * (1 - allowed / counts.Observed);
        return Of(objective, allowed, counts, parts.Sum(part => part.Budget.AllowedSeconds), parts.Sum(part => part.Budget.FailedSeconds));
    }

    private static ErrorBudget Of(double objective, double allowed, ReportCounts counts, double allowedSeconds, double failedSeconds) => new(
        objective, allowed, counts.Down, counts.Observed == 0 ? null : 100 * (1 - counts.Down / allowed), allowedSeconds, failedSeconds,
        counts.Observed == 0 ? null : counts.Down <= allowed);
}

/// <summary>How long a phase took, in milliseconds, at the percentiles; within 4.5 %, as histograms are.</summary>
/// <param name="Samples">Healthy and degraded probes that were neither cold nor in a maintenance.</param>
public sealed record PhaseFigures(LatencyPhase Phase, long Samples, double P50Ms, double P95Ms, double P99Ms)
{
    /// <summary>Of the phases that happened, in their order.</summary>
    public static IReadOnlyList<PhaseFigures> Of(PhaseLatencies latency) =>
    [
        .. PhaseLatencies.Phases.Where(phase => latency[phase].Count > 0).Select(phase => new PhaseFigures(
            phase, latency[phase].Count, latency[phase].Quantile(0.5)!.Value, latency[phase].Quantile(0.95)!.Value, latency[phase].Quantile(0.99)!.Value)),
    ];
}
