using System.Globalization;
using McpProbe.Drift.Specification;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents;

/// <summary>
/// Where a server leaves the specification between one probe and the next, from what the state remembers. Pure. No probe can be told of it,
/// so it belongs to no result (docs/specification.md).
/// </summary>
public static class WatchedSpecification
{
    /// <summary>What was not seen again for so long is not held against a server.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    public static IReadOnlyList<Finding> Of(EndpointState state, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        if (state.ChangedEarly is { } early && IsNews(early.Last))
        {
            findings.Add(SpecRules.TimeToLive.Broken(
                early.Method,
                $": {early.Method} gave {Durations.Format(TimeSpan.FromMilliseconds(early.TtlMs))}, and was another one after {Durations.Format(TimeSpan.FromSeconds(Math.Ceiling(early.AfterMs / 1000.0)))} at most. "
                + $"Clients that keep it go on with what is gone. Seen {Times(early.Times, early.Last)}."));
        }

        if (state.Sessions?.Untold is { } untold && IsNews(untold.Last))
            findings.Add(SpecRules.ListChangedUntold.Broken("subscriptions/listen", $". Clients that keep the list go on with tools that are gone. Seen {Times(untold.Times, untold.Last)}."));
        if (state.Sessions?.Needless is { } needless && IsNews(needless.Last))
            findings.Add(SpecRules.ListChangedNeedless.Broken("subscriptions/listen", $". Clients read the list anew for nothing. Seen {Times(needless.Times, needless.Last)}."));
        return findings;

        bool IsNews(DateTimeOffset last) => now - last < Remembered;
    }

    private static string Times(int times, DateTimeOffset last) => string.Create(
        CultureInfo.InvariantCulture, $"{(times == 1 ? "once" : $"{times} times")}, last at {last.UtcDateTime:yyyy-MM-dd HH:mm} UTC");
}
