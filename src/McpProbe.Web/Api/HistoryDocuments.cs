using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Api;

/// <summary><c>GET /api/endpoints/{id}/results</c>, newest first; docs/schema/results.schema.json.</summary>
/// <param name="Next">Send it as <c>before</c> for the next page; null on the last.</param>
public sealed record ResultsDocument(IReadOnlyList<ProbeRecord> Results, string? Next);

/// <summary><c>GET /api/endpoints/{id}/incidents</c>, newest first; docs/schema/incidents.schema.json.</summary>
/// <param name="Next">Send it as <c>before</c> for the next page; null on the last.</param>
public sealed record IncidentsDocument(IReadOnlyList<IncidentDocument> Incidents, string? Next);

/// <summary>An incident and what became of its alerts.</summary>
public sealed record IncidentDocument(Incident Incident, IReadOnlyList<Delivery> Deliveries);

/// <summary><c>GET /api/endpoints/{id}/drift</c>, newest first; docs/schema/drift.schema.json.</summary>
/// <param name="Next">Send it as <c>before</c> for the next page; null on the last.</param>
public sealed record DriftDocument(IReadOnlyList<DriftRecord> Drift, string? Next);
