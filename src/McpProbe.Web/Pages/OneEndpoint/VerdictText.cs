using McpProbe.Model;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>
/// What a verdict means for who would use the server, in words. It knows what is open: no page says that an agent can work with a
/// server above an incident that says let no agent use it.
/// </summary>
internal static class VerdictText
{
    /// <param name="open">The open incidents.</param>
    /// <param name="hard">Whether the newest catalogue holds hard findings, told or not.</param>
    /// <param name="reviewed">Who accepted that catalogue; null when nobody did.</param>
    internal static string Sentence(Verdict verdict, IReadOnlyList<Incident> open, bool hard = false, string? reviewed = null)
    {
        var distrusted = open.Any(IsDistrusted) || (hard && reviewed is null && !open.Any(one => one.Kind is IncidentKind.Suspicious));
        return verdict switch
        {
            Verdict.Healthy or Verdict.Degraded when distrusted =>
                "It answers, but its texts hold what works on the model: let no agent use it until a person has read them.",
            Verdict.Healthy or Verdict.Degraded when open.FirstOrDefault(one => one.Kind is IncidentKind.Outage) is not null =>
                "It answers again; the outage stays open until it has answered often enough.",
            Verdict.Healthy or Verdict.Degraded when open.FirstOrDefault(one => one.Kind is IncidentKind.Drift) is { } drift =>
                (drift.Class is ChangeClass.Info or ChangeClass.Warning
                    ? "It answers, but its tools are not those that were accepted."
                    : "It answers, but its tools changed: agents that were made for the accepted ones may fail.") + Slow(verdict),
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Suspicious) =>
                "It answers; its texts hold passages that a person should read.",
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Gated) => "It answers; who may use it has changed.",
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Degraded) => "An agent can work with it, slower than usual.",
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Certificate) => "An agent can work with it, until its certificate ends.",
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Slo) => "An agent can work with it, but it fails too often for its objective.",
            Verdict.Healthy when open.Any(one => one.Kind is IncidentKind.Session) => "It answers new clients, but cuts the sessions of those that it has.",
            Verdict.Healthy when open.Count > 0 => "It answers, with an open incident.",
            Verdict.Healthy when hard => $"An agent can work with it. Its texts hold suspicious passages, which {reviewed} accepted.",
            Verdict.Healthy => "An agent can work with it.",
            Verdict.Degraded => "It works, but outside its latency or certificate budget.",
            Verdict.Gated => "It is alive and asks for credentials that this probe does not have.",
            Verdict.Down => "An agent cannot work with it." + (distrusted ? " And none should: its texts hold what works on the model." : ""),
            _ => "Nothing can be said of it yet, or the prober itself is at fault.",
        };
    }

    private static bool IsDistrusted(Incident incident) =>
        incident.Kind is IncidentKind.Suspicious && incident.Findings?.Any(finding => finding.Level is FindingLevel.Hard) is not false;

    private static string Slow(Verdict verdict) => verdict is Verdict.Degraded ? " It is also outside its latency or certificate budget." : "";
}
