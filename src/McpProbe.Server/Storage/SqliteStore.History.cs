using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    public Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EndpointOverview>>(_reads.Read(session => session.Query(
            """
            SELECT e.id, e.source, e.definition, s.state, r.slot, r.location, r.result, e.generation
            FROM endpoints e
            JOIN state s ON s.endpoint_id = e.id
            LEFT JOIN results r ON r.endpoint_id = e.id AND (r.slot, r.location) =
                (SELECT slot, location FROM results WHERE endpoint_id = e.id ORDER BY slot DESC, location DESC LIMIT 1)
            ORDER BY e.id
            """,
            row => new EndpointOverview(
                Registered(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(7)),
                State(row.GetString(3)),
                row.IsDBNull(4) ? null : Record(row.GetString(0), row.GetInt64(4), row.GetString(5), row.GetString(6))))));

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ProbeRecord>>(_reads.Read(session => session.Query(
            """
            SELECT slot, location, result FROM results WHERE endpoint_id = $id AND slot < $before
            ORDER BY slot DESC, location DESC LIMIT $limit
            """,
            row => Record(endpointId, row.GetInt64(0), row.GetString(1), row.GetString(2)),
            ("$id", endpointId), ("$before", before?.UtcTicks ?? long.MaxValue), ("$limit", limit))));

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(
        string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Incident>>(_reads.Read(session => endpointId is null
            ? session.Query(
                "SELECT incident FROM incidents WHERE opened_at < $before ORDER BY opened_at DESC, id DESC LIMIT $limit",
                row => Incident(row.GetString(0)), ("$before", before?.UtcTicks ?? long.MaxValue), ("$limit", limit))
            : session.Query(
                "SELECT incident FROM incidents WHERE endpoint_id = $id AND opened_at < $before ORDER BY opened_at DESC, id DESC LIMIT $limit",
                row => Incident(row.GetString(0)),
                ("$id", endpointId), ("$before", before?.UtcTicks ?? long.MaxValue), ("$limit", limit))));

    public Task<StoredIncident?> FindIncidentAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT incident FROM incidents WHERE id = $id", row => new StoredIncident(Incident(row.GetString(0)), row.GetString(0)), ("$id", id))));

    public Task<bool> ReplaceIncidentAsync(StoredIncident before, Incident after, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.Serialize(after, EngineJson.Default.Incident);
        return _writes.RunAsync(
            session => session.Execute(
                "UPDATE incidents SET incident = $after WHERE id = $id AND incident = $before",
                ("$id", after.Id), ("$after", json), ("$before", before.Version)) == 1,
            cancellationToken);
    }

    public Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DriftRecord>>(_reads.Read(session => session.Query(
            "SELECT drift FROM drift WHERE endpoint_id = $id ORDER BY at DESC, protocol_version DESC LIMIT $limit",
            row => JsonSerializer.Deserialize(row.GetString(0), EngineJson.Default.DriftRecord)!,
            ("$id", endpointId), ("$limit", limit))));

    public Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Delivery>>(_reads.Read(session => session.Query(
            "SELECT delivery FROM deliveries WHERE incident_id = $id ORDER BY sequence, channel",
            row => Delivery(row.GetString(0)),
            ("$id", incidentId))));

    public Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Delivery>>(_reads.Read(session => session.Query(
            "SELECT delivery FROM deliveries WHERE given_up ORDER BY at DESC, transition_id, channel LIMIT $limit",
            row => Delivery(row.GetString(0)),
            ("$limit", limit))));

    public Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ChannelStatus>>(_reads.Read(session => session.Query(
            """
            SELECT n.name, c.ledger, (SELECT count(*) FROM deliveries d WHERE d.channel = n.name AND d.next_attempt_at IS NOT NULL),
                (SELECT min(d.at) FROM deliveries d WHERE d.channel = n.name AND d.next_attempt_at IS NOT NULL)
            FROM (SELECT name FROM channels UNION SELECT channel FROM deliveries WHERE next_attempt_at IS NOT NULL) n
            LEFT JOIN channels c ON c.name = n.name
            ORDER BY n.name
            """,
            row => new ChannelStatus(row.GetString(0), row.IsDBNull(1) ? ChannelState.New : ChannelOf(row.GetString(1)), row.GetInt32(2))
            {
                OldestWaiting = row.IsDBNull(3) ? null : Instant(row.GetInt64(3)),
            })));

    private ProbeRecord Record(string endpointId, long slot, string location, string result) =>
        new(Instant(slot), location, Result(result)) { NotRecorded = Failure is not null && _writes.IsUnrecorded((endpointId, slot, location)) };

    private Incident Incident(string json)
    {
        var incident = JsonSerializer.Deserialize(json, EngineJson.Default.Incident)!;
        return Failure is not null && _writes.IsUnrecorded(incident.Id) ? incident with { NotRecorded = true } : incident;
    }
}
