using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>What the first page of one endpoint shows.</summary>
/// <param name="Series">Its past, for the charts.</param>
/// <param name="Phase">The phase whose latency is drawn.</param>
/// <param name="Incidents">The newest ones.</param>
/// <param name="Drift">The newest ones.</param>
public sealed record EndpointView(
    EndpointHead Head,
    UptimeSeries Series,
    LatencyPhase Phase,
    IReadOnlyList<IncidentDocument> Incidents,
    IReadOnlyList<DriftRecord> Drift)
{
    public RegisteredEndpoint Registered => Head.Registered;

    public EndpointState State => Head.State;

    public DateTimeOffset Now => Head.Now;

    public MaintenancePeriod? Maintenance => Head.Maintenance;

    public MaintenancePeriod? NextMaintenance => MaintenanceCalendar.Next(Registered.Endpoint, State, Maintenance?.Until ?? Now);

    /// <summary>The one that somebody asked for, on or ahead: it can be ended.</summary>
    public AdHocMaintenance? AdHoc => State.Maintenance is { } adHoc && adHoc.Until > Now ? adHoc : null;

    /// <summary>The newest results: the bar, the facts, the timings and the table.</summary>
    public IReadOnlyList<ProbeRecord> Latest => Head.Latest;

    public ProbeResult? Last => Head.Last;

    /// <summary>The newest result that says something of the server: what it is, when it does not answer now.</summary>
    public ProbeResult? LastAnswered => Latest.FirstOrDefault(record => record.Result.ProtocolVersion is not null)?.Result;
}
