using System.Text.Json.Serialization;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Api;

/// <summary>
/// <c>GET /api/health</c> when the head can do its work; otherwise the answer is 503 and a <see cref="Problem"/> with the reasons. Nothing
/// is said of what it watches.
/// </summary>
public sealed record HealthDocument(string Status)
{
    internal static readonly HealthDocument Ok = new("ok");
}

/// <summary><c>GET /api/status</c>; docs/schema/status.schema.json.</summary>
/// <param name="Verdict">Over all endpoints that the asker sees, on whatever page; see <see cref="Tally.Verdict"/>.</param>
/// <param name="Counts">Of all of them too.</param>
/// <param name="Endpoints">By id.</param>
/// <param name="Next">Send it as <c>after</c> for the next page; null on the last.</param>
public sealed record StatusDocument(Verdict Verdict, DateTimeOffset At, StatusCounts Counts, IReadOnlyList<EndpointStatus> Endpoints, string? Next)
{
    /// <param name="overview">All that the asker sees, by id.</param>
    /// <param name="after">The last id of the page before; null for the first page.</param>
    internal static StatusDocument Of(IReadOnlyList<EndpointOverview> overview, string? after, int limit, DateTimeOffset now)
    {
        var tally = Tally.Of(overview);
        var page = overview.Where(one => after is null || string.CompareOrdinal(one.Registered.Endpoint.Id, after) > 0).Take(limit + 1).ToList();
        return new(
            tally.Verdict, now, tally.Counts, [.. page.Take(limit).Select(one => EndpointStatus.Of(one, now))],
            page.Count > limit ? page[limit - 1].Registered.Endpoint.Id : null);
    }
}

/// <summary>
/// Endpoints by verdict; a paused one counts as paused only. A stale one counts as unknown, or as down if that is what it was, and
/// under <see cref="Stale"/> too.
/// </summary>
public sealed record StatusCounts(int Total, int Healthy, int Degraded, int Gated, int Down, int Unknown, int Paused, int OpenIncidents)
{
    /// <summary>Endpoints whose last result is older than three intervals.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Stale { get; init; }
}

/// <param name="Since">Since when the verdict stands; null before the first probe.</param>
/// <param name="HandshakeMs">Of the last probe; null when it did not get that far.</param>
/// <param name="Maintenance">The one it is in; null when it is in none.</param>
public sealed record EndpointStatus(
    string Id,
    string Name,
    string? Group,
    Verdict Verdict,
    bool Paused,
    DateTimeOffset? Since,
    DateTimeOffset? LastProbeAt,
    double? HandshakeMs,
    IReadOnlyList<Incident> OpenIncidents,
    MaintenancePeriod? Maintenance)
{
    /// <summary>Its last result is older than three intervals: the verdict is unknown, or down if that is what it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stale { get; init; }

    internal static EndpointStatus Of(EndpointOverview overview, DateTimeOffset now)
    {
        var endpoint = overview.Registered.Endpoint;
        return new(
            endpoint.Id,
            endpoint.DisplayName,
            endpoint.Group,
            overview.State.Verdict,
            endpoint.Paused,
            overview.State.Since,
            overview.Last?.Result.StartedAt,
            overview.Last?.Result.Timings.HandshakeMs,
            [.. overview.State.OpenIncidents.Select(incident => incident.ForThePublic())],
            MaintenanceCalendar.At(endpoint, overview.State, now))
        {
            Stale = overview.Stale,
        };
    }
}
