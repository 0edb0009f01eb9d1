using System.Text.Json.Serialization;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Monitoring;

namespace McpProbe.Web.Api;

/// <summary>One endpoint: its definition, who owns it, and what is known of it; docs/schema/endpoint.schema.json.</summary>
/// <param name="Source"><c>api</c> or <c>file</c>: an endpoint of the probes file is changed there.</param>
/// <param name="Mistakes">Why its stored definition does not validate any more; absent when it does.</param>
public sealed record EndpointDocument(
    [property: JsonConverter(typeof(EndpointConverter))] Endpoint Endpoint,
    string Source,
    EndpointState State,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Mistakes = null)
{
    internal static EndpointDocument Of(RegisteredEndpoint registered, EndpointState state) =>
        new(registered.Endpoint, WireNames.Of(registered.Source), state, registered.Mistakes?.Select(mistake => mistake.ToString()).ToList());
}

/// <summary><c>GET /api/endpoints</c>; docs/schema/endpoints.schema.json.</summary>
/// <param name="Next">Send it as <c>after</c> for the next page; null on the last.</param>
public sealed record EndpointsDocument(IReadOnlyList<EndpointDocument> Endpoints, string? Next);
