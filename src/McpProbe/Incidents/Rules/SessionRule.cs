using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Incidents.Rules;

/// <summary>The server cuts sessions: its clients are not told that they are over, and do not begin anew.</summary>
internal static class SessionRule
{
    /// <summary>Enough of a hash to tell two catalogues apart.</summary>
    private const int HashLength = 8;

    internal static void Update(Judging judging, Observation probe)
    {
        var before = judging.State.Sessions ?? SessionHistory.Empty;
        var result = probe.Result;
        var after = probe.Session is { } look
            ? SessionJudge.Next(before, probe.Location, probe.Slot, look, HostOf(result), counts: !result.Maintenance)
            : result.Verdict is Verdict.Down && result.Era is null ? SessionJudge.Unreached(before, probe.Location)
            : before;
        if (!ReferenceEquals(after, before))
            judging.State = judging.State with { Sessions = judging.Endpoint.Canary || after.Held.Count > 0 ? after : null };
    }

    internal static void Reconcile(Judging judging)
    {
        if (judging.State.Sessions is not { } sessions)
            return;
        var open = judging.Find(IncidentKind.Session);
        if (open is not null)
        {
            if (sessions.Cut == 0)
                judging.Resolve(open, IncidentRules.SessionsSurvive);
        }
        else if (judging.Endpoint.Canary && sessions.Cut >= judging.Policy.SessionsCut && sessions.Ended is [.., var last])
        {
            judging.Open(IncidentKind.Session, IncidentRules.SessionsCutInARow, SummaryOf(sessions, last), since: sessions.Ended[^Math.Min(sessions.Cut, sessions.Ended.Count)].At);
        }
    }

    private static SessionHost HostOf(ProbeResult result) => new(
        result.Server?.Version,
        result.Catalog is { } catalog ? ToolsOf(catalog) : null,
        Address: null,
        result.Certificate?.NotAfter);

    /// <summary>A mark of the tools alone: of other instructions no server tells its clients.</summary>
    private static string ToolsOf(CatalogSummary catalog) => string.Concat(Short(catalog.Contract), Short(catalog.Text), Short(catalog.Annotations));

    private static string Short(string hash) => hash[^Math.Min(hash.Length, HashLength)..];

    private static string SummaryOf(SessionHistory sessions, EndedSession last) =>
        $"The server cut {(sessions.Cut == 1 ? "a session" : $"{sessions.Cut} sessions in a row")}, the last one after {Durations.Format(last.Life)}: {WordsOf(last)} "
        + "Clients are not told that such a session is over, and do not begin anew; an unknown session is HTTP 404 (specification, Streamable HTTP, Session Management).";

    private static string WordsOf(EndedSession last) => last.End switch
    {
        SessionEnd.Hang => $"its requests are not answered, while those of new sessions are ({last.Detail}).",
        SessionEnd.Dropped => $"its stream broke without a word ({last.Detail}).",
        _ => $"the server answered its requests with {last.Detail}.",
    };
}
