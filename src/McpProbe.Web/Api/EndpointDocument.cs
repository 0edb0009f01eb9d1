using System.Text.Json.Serialization;
using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;

namespace McpProbe.Web.Api;

/// <summary>One endpoint: its definition, who owns it, and what is known of it; docs/schema/endpoint.schema.json.</summary>
/// <param name="Source"><c>api</c> or <c>file</c>: an endpoint of the probes file is changed there.</param>
/// <param name="Maintenance">The one it is in; null when nobody would be spared an alert now.</param>
/// <param name="NextMaintenance">The first one that begins later; null when none is planned.</param>
/// <param name="Mistakes">Why its stored definition does not validate any more; absent when it does.</param>
public sealed record EndpointDocument(
    [property: JsonConverter(typeof(EndpointConverter))] Endpoint Endpoint,
    string Source,
    EndpointState State,
    MaintenancePeriod? Maintenance,
    MaintenancePeriod? NextMaintenance,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Mistakes = null)
{
    /// <summary>Its last result is older than three intervals: the state's verdict is unknown, or down if that is what it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stale { get; init; }

    /// <summary>Where the server leaves the specification between one probe and the next; null for nothing. What a deep look finds is in the state.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Specification { get; init; }

    /// <param name="overview">As it is known now: <see cref="Freshness.AsOf"/>.</param>
    internal static EndpointDocument Of(EndpointOverview overview, DateTimeOffset now)
    {
        var (registered, state, _) = overview;
        var maintenance = MaintenanceCalendar.At(registered.Endpoint, state, now);
        return new(
            registered.Endpoint,
            WireNames.Of(registered.Source),
            state with { Sessions = state.Sessions?.ForReaders() },
            maintenance,
            MaintenanceCalendar.Next(registered.Endpoint, state, maintenance?.Until ?? now),
            registered.Mistakes?.Select(mistake => mistake.ToString()).ToList())
        {
            Stale = overview.Stale,
            Specification = WatchedSpecification.Of(state, now) is { Count: > 0 } broken ? broken : null,
        };
    }
}

/// <summary><c>GET /api/endpoints</c>; docs/schema/endpoints.schema.json.</summary>
/// <param name="Next">Send it as <c>after</c> for the next page; null on the last.</param>
public sealed record EndpointsDocument(IReadOnlyList<EndpointDocument> Endpoints, string? Next);
