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
/// <param name="Verdict">Over all endpoints that the asker sees; see <see cref="OverallVerdict"/>.</param>
public sealed record StatusDocument(Verdict Verdict, DateTimeOffset At, StatusCounts Counts, IReadOnlyList<EndpointStatus> Endpoints)
{
    internal static StatusDocument Of(IReadOnlyList<EndpointOverview> overview, DateTimeOffset now) =>
        new(OverallVerdict.Of(overview), now, StatusCounts.Of(overview), [.. overview.Select(one => EndpointStatus.Of(one, now))]);
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

    internal static StatusCounts Of(IReadOnlyList<EndpointOverview> overview)
    {
        int Count(Verdict verdict) => overview.Count(one => !one.Registered.Endpoint.Paused && one.State.Verdict == verdict);
        return new(
            overview.Count,
            Count(Verdict.Healthy),
            Count(Verdict.Degraded),
            Count(Verdict.Gated),
            Count(Verdict.Down),
            Count(Verdict.Unknown),
            overview.Count(one => one.Registered.Endpoint.Paused),
            overview.Sum(one => one.State.OpenIncidents.Count))
        {
            Stale = overview.Count(one => one.Stale),
        };
    }
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

/// <summary>One verdict for many endpoints.</summary>
public static class OverallVerdict
{
    /// <summary>
    /// Down if any endpoint is; else degraded if any is or has an open incident; else unknown if any is, or if there is none
    /// to speak of. A gated endpoint is alive and does not lower the whole. Paused endpoints do not count.
    /// </summary>
    public static Verdict Of(IReadOnlyList<EndpointOverview> overview)
    {
        var watched = overview.Where(one => !one.Registered.Endpoint.Paused).ToList();
        bool Any(Verdict verdict) => watched.Exists(one => one.State.Verdict == verdict);
        return Any(Verdict.Down) ? Verdict.Down
            : Any(Verdict.Degraded) || watched.Exists(one => one.State.OpenIncidents.Count > 0) ? Verdict.Degraded
            : Any(Verdict.Unknown) || watched.Count == 0 ? Verdict.Unknown
            : Verdict.Healthy;
    }
}
