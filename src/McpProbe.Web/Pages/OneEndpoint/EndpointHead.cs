using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>What every page of an endpoint says on top.</summary>
/// <param name="State">As it is known now.</param>
/// <param name="Latest">The newest results, newest first.</param>
/// <param name="Stale">The newest result is older than three intervals.</param>
public sealed record EndpointHead(
    RegisteredEndpoint Registered, EndpointState State, IReadOnlyList<ProbeRecord> Latest, bool Stale, DateTimeOffset Now)
{
    /// <summary>The newest result; null before the first probe.</summary>
    public ProbeResult? Last => Latest is [{ } newest, ..] ? newest.Result : null;

    public McpProbe.Endpoints.Endpoint Endpoint => Registered.Endpoint;

    public bool IsArchived => Registered.Source is EndpointSource.Archived;

    /// <summary>The one it is in; null when it is in none.</summary>
    public MaintenancePeriod? Maintenance => MaintenanceCalendar.At(Endpoint, State, Now);

    /// <summary>The catalogue that it has now; null before the first.</summary>
    public CatalogVersion? Catalog => State.Drifted?.Version
        ?? (State.Baseline is var (protocol, reference) ? new CatalogVersion(protocol, reference.Hash) : null);

    /// <summary>What it means for who would use it.</summary>
    internal string Sentence => IsArchived ? "It is archived and no longer watched; its history is kept."
        : Endpoint.Paused ? "It is paused and not probed; its history is kept."
        : VerdictText.Sentence(
            State.Verdict, State.OpenIncidents,
            Last?.Findings.Any(finding => finding.Level is FindingLevel.Hard) is true,
            State.Baseline is { Reference: var baseline } && Last?.Catalog?.Hash == baseline.Hash ? baseline.AcceptedBy : null);
}
