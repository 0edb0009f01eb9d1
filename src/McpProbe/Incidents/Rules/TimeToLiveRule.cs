using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>
/// The server changed what it had said may be kept for longer (specification 2026-07-28, Caching): clients that keep it go on with tools
/// that are gone. A change that it told the canary is none: who keeps a list and listens is told too. No incident; drift is one.
/// </summary>
internal static class TimeToLiveRule
{
    internal static void Update(Judging judging, Observation probe)
    {
        var state = judging.State;
        if (probe.Previous is not { } before || before.StartedAt < state.DefinedAt || Broken(before, probe.Result) is not var (method, ttl, after)
            || probe.Session is { ListChanges: > 0 } || state.Sessions?.Held.GetValueOrDefault(probe.Location) is { Told: true })
            return;
        judging.State = state with { ChangedEarly = new EarlyChange((state.ChangedEarly?.Times ?? 0) + 1, probe.Slot, method, ttl, after) };
    }

    /// <summary>What changed, how long it was to be kept, and after how many milliseconds at most it was another one; null for nothing.</summary>
    private static (string Method, long TtlMs, long AfterMs)? Broken(ProbeResult before, ProbeResult now)
    {
        // Of another protocol version other tools may be seen.
        if (before.Catalog is not { } old || now.Catalog is not { } @new || before.ProtocolVersion != now.ProtocolVersion)
            return null;
        // From the earliest instant that the old one can have been read at, to the latest of the new one.
        var after = (long)Math.Ceiling((now.StartedAt - before.StartedAt).TotalMilliseconds + now.Timings.TotalMs);
        if (old.Cache is { } list && after < list.TtlMs && (old.Contract, old.Text, old.Annotations) != (@new.Contract, @new.Text, @new.Annotations))
            return ("tools/list", list.TtlMs, after);
        return old.ServerCache is { } server && after < server.TtlMs && old.Server != @new.Server ? ("server/discover", server.TtlMs, after) : null;
    }
}
