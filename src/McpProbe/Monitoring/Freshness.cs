using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// Whether what is known of an endpoint is still news. A result says how a server was; when none has followed for three intervals,
/// nobody knows how it is, whatever the last one said. A maintenance spares alerts, not probes, so it changes nothing here.
/// </summary>
public static class Freshness
{
    /// <summary>A result that has none after it for so many intervals is stale.</summary>
    public const int Intervals = 3;

    /// <summary>What a first probe may take over its interval and its own deadline until its result is stored.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(30);

    /// <param name="last">The slot of the newest result; null before the first.</param>
    /// <param name="since">Since when it is watched as it is now, which a probe needs time to follow; null where nobody knows.</param>
    public static bool IsStale(Endpoint endpoint, DateTimeOffset? last, DateTimeOffset? since, DateTimeOffset now) =>
        !endpoint.Paused && FreshUntil(endpoint, last, since <= now ? since : null) < now;

    /// <summary>
    /// An endpoint as it is known at an instant: a stale result says nothing good any more. A server that was down when it was last
    /// seen is not known to be back, and stays down.
    /// </summary>
    public static EndpointOverview AsOf(EndpointOverview overview, DateTimeOffset now)
    {
        var (registered, state, last) = overview;
        // As of when it was read: results that came since are not among what is known here.
        if (!IsStale(registered.Endpoint, last?.Slot, registered.Since, overview.ReadAt is { } read && read < now ? read : now))
            return overview;
        return overview with { Stale = true, State = state.Verdict is Verdict.Down ? state : state with { Verdict = Verdict.Unknown } };
    }

    private static DateTimeOffset? FreshUntil(Endpoint endpoint, DateTimeOffset? last, DateTimeOffset? since)
    {
        // The first slot comes within an interval.
        var first = since + endpoint.Interval + endpoint.Timeout + Slack;
        var next = last + Intervals * endpoint.Interval;
        return next is null || first > next ? first : next;
    }
}
