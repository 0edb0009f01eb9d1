using McpProbe.Endpoints;
using McpProbe.Model;

namespace McpProbe.Incidents.Rules;

/// <summary>An incident of a kind that the policy does not want (any more) closes.</summary>
internal static class SwitchedOffRule
{
    internal static void Reconcile(Judging judging)
    {
        // The list is replaced, not changed, by what resolves.
        foreach (var incident in judging.State.OpenIncidents)
        {
            if (IsWanted(incident.Kind, judging.Endpoint) || !judging.Resolve(incident, IncidentRules.SwitchedOff))
                continue;
            if (incident.Kind is IncidentKind.Certificate)
                judging.State = judging.State with { Certificate = null };
            else if (incident.Kind is IncidentKind.Suspicious)
                judging.State = judging.State with { Suspicion = null };
        }
    }

    private static bool IsWanted(IncidentKind kind, Endpoint endpoint) => kind switch
    {
        IncidentKind.Degraded => endpoint.Alerts.Degraded,
        IncidentKind.Drift => endpoint.Alerts.Drift is not DriftAlert.Never,
        IncidentKind.Suspicious => endpoint.Alerts.Suspicious is not SuspicionAlert.Never,
        IncidentKind.Certificate => CertificateRule.IsWatched(endpoint),
        IncidentKind.Gated => endpoint.Alerts.Gated,
        IncidentKind.Unwatched => endpoint.Alerts.Unwatched is not null,
        IncidentKind.Slo => endpoint.Slo is not null,
        IncidentKind.Session => endpoint is { Canary: true, Alerts.SessionsCut: not null },
        _ => true,
    };
}
