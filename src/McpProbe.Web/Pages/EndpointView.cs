using McpProbe.Drift;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages;

/// <summary>What the page of one endpoint shows.</summary>
/// <param name="Latest">The newest results: the bar, the facts and the timings.</param>
/// <param name="Listed">The results in the table; older ones when <paramref name="Before"/> is set.</param>
public sealed record EndpointView(
    RegisteredEndpoint Registered,
    EndpointState State,
    IReadOnlyList<ProbeRecord> Latest,
    IReadOnlyList<ProbeRecord> Listed,
    DateTimeOffset? Before,
    IReadOnlyList<IncidentDocument> Incidents,
    IReadOnlyList<DriftRecord> Drift,
    DateTimeOffset Now)
{
    /// <summary>The newest result is older than three intervals.</summary>
    public bool Stale { get; init; }

    /// <summary>The one it is in; null when it is in none.</summary>
    public MaintenancePeriod? Maintenance => MaintenanceCalendar.At(Registered.Endpoint, State, Now);

    public MaintenancePeriod? NextMaintenance => MaintenanceCalendar.Next(Registered.Endpoint, State, Maintenance?.Until ?? Now);

    /// <summary>The one that somebody asked for, on or ahead: it can be ended.</summary>
    public AdHocMaintenance? AdHoc => State.Maintenance is { } adHoc && adHoc.Until > Now ? adHoc : null;

    /// <summary>The catalogues that it had, as far back as <see cref="Drift"/> goes.</summary>
    public CatalogTimeline Timeline => new(State, Drift);

    public ProbeResult? Last => Latest is [{ } newest, ..] ? newest.Result : null;

    /// <summary>The newest result that says something of the server: what it is, when it does not answer now.</summary>
    public ProbeResult? LastAnswered => Latest.FirstOrDefault(record => record.Result.ProtocolVersion is not null)?.Result;
}
