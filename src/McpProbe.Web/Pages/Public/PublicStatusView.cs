using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;

namespace McpProbe.Web.Pages.Public;

/// <summary>
/// What people outside may know, and nothing else: no address, no failure's text, no name of anybody. It is made once for all of them,
/// so it holds no instant that it is read at but its own.
/// </summary>
/// <param name="Services">What was chosen, the worst first.</param>
/// <param name="Incidents">Of the last days, the newest first.</param>
/// <param name="Maintenances">On or ahead, the first first.</param>
/// <param name="IsMore">Whether more was chosen than a page shows.</param>
public sealed record PublicStatusView(
    PublicPage Page, IReadOnlyList<PublicService> Services, IReadOnlyList<PublicIncident> Incidents, IReadOnlyList<PublicMaintenance> Maintenances,
    bool IsMore, DateTimeOffset Now)
{
    public PublicState State => Services.Count == 0 ? PublicState.Unknown : Services.Max(service => service.State);

    public string Headline => Services.Count == 0 ? "Nothing is shown here yet" : State switch
    {
        PublicState.Operational => "All systems work",
        PublicState.Maintenance => "Maintenance is under way",
        PublicState.Unknown => Services.All(service => service.State is PublicState.Unknown) ? "Nothing is known at the moment" : "Not everything is known at the moment",
        PublicState.Degraded => "Some systems do not work as well as they should",
        _ => Services.Count(service => service.State is PublicState.Outage) == Services.Count ? "Nothing works at the moment" : "Some systems are down",
    };

    public IEnumerable<IGrouping<string?, PublicService>> Groups => Services.GroupBy(service => service.Group)
        .OrderByDescending(group => group.Max(service => service.State)).ThenBy(group => group.Key is null).ThenBy(group => group.Key, StringComparer.OrdinalIgnoreCase);
}

/// <param name="Host">Null where the page does not show hosts.</param>
public sealed record PublicService(string Id, string Name, string? Group, string? Host, PublicState State, UptimeSummary Summary)
{
    internal static PublicState StateOf(EndpointOverview one, DateTimeOffset now) =>
        MaintenanceCalendar.Covers(one.Registered.Endpoint, one.State, now) ? PublicState.Maintenance
        : one.Registered.Endpoint.Paused ? PublicState.Unknown
        : one.State.Verdict switch
        {
            Verdict.Down => PublicState.Outage,
            Verdict.Degraded => PublicState.Degraded,
            Verdict.Healthy or Verdict.Gated when one.State.OpenIncidents.Any(incident => incident.Kind is IncidentKind.Degraded) => PublicState.Degraded,
            Verdict.Healthy or Verdict.Gated => PublicState.Operational,
            _ => PublicState.Unknown,
        };

    /// <summary>The host of a URL as everybody may read it; null for a command.</summary>
    internal static string? HostOf(McpProbe.Endpoints.Endpoint endpoint) => endpoint.Url is null ? null : (endpoint with { HideUrl = true }).PublicTarget;
}

/// <summary>From what is well to what is worst.</summary>
public enum PublicState
{
    Operational,
    Maintenance,
    Unknown,
    Degraded,
    Outage,
}

/// <param name="Notes">Those that were written for everybody, oldest first.</param>
public sealed record PublicIncident(
    string EndpointId, string Service, string What, DateTimeOffset Since, DateTimeOffset? ResolvedAt, IReadOnlyList<IncidentNote> Notes)
{
    /// <summary>What is of interest outside: that something does not work, and whatever somebody wrote about for everybody.</summary>
    internal static PublicIncident? Of(Incident incident, string service)
    {
        var notes = incident.ForThePublic().Notes ?? [];
        return incident.Kind is IncidentKind.Outage or IncidentKind.Degraded || notes.Count > 0
            ? new(incident.EndpointId, service, incident.Kind switch { IncidentKind.Outage => "Outage", IncidentKind.Degraded => "Slower or less complete than usual", _ => "Notice" },
                incident.Since, incident.ResolvedAt, notes)
            : null;
    }
}

public sealed record PublicMaintenance(string EndpointId, string Service, DateTimeOffset From, DateTimeOffset Until);
