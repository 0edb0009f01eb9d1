using McpProbe.Model;

namespace McpProbe.Web.Pages;

/// <summary>Verdicts in words.</summary>
internal static class VerdictText
{
    internal static string Sentence(Verdict verdict) => verdict switch
    {
        Verdict.Healthy => "An agent can work with it.",
        Verdict.Degraded => "It works, but outside its latency or certificate budget.",
        Verdict.Gated => "It is alive and asks for credentials that this probe does not have.",
        Verdict.Down => "An agent cannot work with it.",
        _ => "Nothing can be said of it yet, or the prober itself is at fault.",
    };
}
