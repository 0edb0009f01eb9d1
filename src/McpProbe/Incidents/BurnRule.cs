using McpProbe.Model;

namespace McpProbe.Incidents;

/// <summary>
/// When an error budget is spent too fast (Google's SRE workbook, chapter 5: multiwindow, multi-burn-rate alerts): the burn rate is at
/// least <paramref name="Rate"/> over the long window, so that it matters, and over the short one, so that it still goes on. A rate of 1
/// spends just the budget: the share of failed probes is what the objective allows.
/// </summary>
/// <param name="Name">In <see cref="IncidentRules"/>.</param>
/// <param name="Severity">How bad the incident is that it opens.</param>
public sealed record BurnRule(string Name, double Rate, TimeSpan LongWindow, TimeSpan ShortWindow, IncidentSeverity Severity)
{
    /// <summary>The worst first.</summary>
    public static readonly IReadOnlyList<BurnRule> All =
    [
        new(IncidentRules.BurnRateFast, 14.4, TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), IncidentSeverity.Critical),
        new(IncidentRules.BurnRateMedium, 6, TimeSpan.FromHours(6), TimeSpan.FromMinutes(30), IncidentSeverity.Error),
        new(IncidentRules.BurnRateSlow, 1, TimeSpan.FromDays(3), TimeSpan.FromHours(2), IncidentSeverity.Warning),
    ];

    /// <summary>Every window that a rule looks at, the shortest first.</summary>
    public static readonly IReadOnlyList<TimeSpan> Windows = [.. All.SelectMany(rule => new[] { rule.ShortWindow, rule.LongWindow }).Order()];

    /// <summary>Fewer probes in the long window say nothing of a share.</summary>
    public const int FewestLong = 10;

    /// <summary>Fewer probes in the short window say nothing: at 60 s, five minutes hold five.</summary>
    public const int FewestShort = 3;

    /// <summary>One failed probe spends nobody's sleep, whatever share of few it is.</summary>
    public const int FewestFailures = 2;

    public static BurnRule? Find(string? name) => All.FirstOrDefault(rule => rule.Name == name);

    /// <summary>How many times faster than allowed the budget is spent; null when there was no probe.</summary>
    /// <param name="slo">The objective, in per cent.</param>
    public static double? RateOf(WindowCounts? counts, double slo) =>
        counts is { Total: > 0 } ? (double)counts.Down / counts.Total / (1 - slo / 100) : null;

    /// <summary>Whether both windows say so, and hold enough to say it.</summary>
    public bool Fires(IReadOnlyList<WindowCounts> counts, double slo) =>
        Of(counts, LongWindow) is { Total: >= FewestLong } over && RateOf(over, slo) >= Rate
        && Of(counts, ShortWindow) is { Total: >= FewestShort, Down: >= FewestFailures } && StillBurns(counts, slo);

    /// <summary>Whether the short window alone says so: an incident stays open until it does not. A window without a probe tells nothing, and ends nothing.</summary>
    public bool StillBurns(IReadOnlyList<WindowCounts> counts, double slo) => RateOf(Of(counts, ShortWindow), slo) is not { } rate || rate >= Rate;

    internal static WindowCounts? Of(IReadOnlyList<WindowCounts> counts, TimeSpan window) => counts.FirstOrDefault(each => each.Window == window);
}
