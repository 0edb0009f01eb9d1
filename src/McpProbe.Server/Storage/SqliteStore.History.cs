using System.Globalization;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Results;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    public Task<IReadOnlyList<EndpointOverview>> ReadOverviewAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EndpointOverview>>(ReadLive(PageOf(_live.Ids, null, int.MaxValue), _ => true) ?? LoadAll());

    public Task<IReadOnlyList<EndpointOverview>> ReadPublicOverviewAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EndpointOverview>>(ReadLive(PageOf(_live.Ids, null, int.MaxValue), each => each.IsPublic)
            ?? _reads.Read(session => Overviews(ReadOverview(session, $"WHERE {IsPublic} ORDER BY e.id"))));

    public Task<IReadOnlyList<EndpointOverview>> ReadEndpointsAsync(string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EndpointOverview>>(ReadLive(PageOf(_live.Ids, after, limit), _ => true)
            ?? _reads.Read(session => Overviews(ReadOverview(
                session, "WHERE e.id > $after ORDER BY e.id LIMIT $limit", ("$after", after ?? ""), ("$limit", limit)))));

    private static ArraySegment<string>? PageOf(string[]? ids, string? after, int limit)
    {
        if (ids is null)
            return null;
        var found = Array.BinarySearch(ids, after ?? "", StringComparer.Ordinal);
        var first = found < 0 ? ~found : found + 1;
        return new ArraySegment<string>(ids, first, Math.Clamp(limit, 0, ids.Length - first));
    }

    /// <summary>Those of the endpoints that <paramref name="wanted"/> takes; null when too many of them are not in memory.</summary>
    private List<EndpointOverview>? ReadLive(ArraySegment<string>? ids, Func<LiveEndpoint, bool> wanted)
    {
        if (ids is not { } some)
            return null;
        var found = new LiveEndpoint?[some.Count];
        for (var i = 0; i < found.Length; i++)
            found[i] = _live.Find(some[i]);
        // One row by itself costs as much as ten of a scan.
        if (found.Count(known => known is null) > 10 + some.Count / 10)
            return null;
        var overviews = new List<EndpointOverview>(some.Count);
        for (var i = 0; i < found.Length; i++)
        {
            if (found[i] is not { } known)
                overviews.AddRange(LoadOne(some[i]).Where(row => row.Live is null || wanted(row.Live)).Select(row => row.Overview));
            else if (wanted(known))
                overviews.Add(known.Overview);
        }
        return overviews;
    }

    private List<OverviewRow> LoadOne(string id)
    {
        using var load = _live.BeginLoad();
        var rows = _reads.ReadAtOnce(session => ReadOverview(session, "WHERE e.id = $id", ("$id", id)));
        load.Fill(rows.Select(row => row.Live).OfType<LiveEndpoint>());
        return rows;
    }

    private List<EndpointOverview> LoadAll()
    {
        using var load = _live.BeginLoad();
        var rows = _reads.ReadAtOnce(session => ReadOverview(session, "ORDER BY e.id"));
        load.Fill(rows.Select(row => row.Live).OfType<LiveEndpoint>(), [.. rows.Select(row => row.Overview.Registered.Endpoint.Id)]);
        return Overviews(rows);
    }

    private static List<EndpointOverview> Overviews(List<OverviewRow> rows) => [.. rows.Select(row => row.Overview)];

    // A location is never empty: with an empty one, the whole slot lies before the cursor.
    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, ResultCursor? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ProbeRecord>>(_reads.Read(session => session.Query(
            limit,
            $"{Readings} AND (r.slot, r.location) < ($slot, $location) ORDER BY r.slot DESC, r.location DESC",
            Readable("results", endpointId, RecordReader(endpointId)),
            ("$id", endpointId), ("$slot", after?.Slot.UtcTicks ?? long.MaxValue), ("$location", after?.Location ?? ""))));

    public Task<IReadOnlyList<Incident>> ReadIncidentsAsync(
        string? endpointId, DateTimeOffset? before, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Incident>>(_reads.Read(session => endpointId is null
            ? session.Query(
                limit,
                "SELECT incident FROM incidents WHERE opened_at < $before ORDER BY opened_at DESC, id DESC",
                Readable("incidents", "all endpoints", row => Incident(row.GetString(0))), ("$before", before?.UtcTicks ?? long.MaxValue))
            : session.Query(
                limit,
                "SELECT incident FROM incidents WHERE endpoint_id = $id AND opened_at < $before ORDER BY opened_at DESC, id DESC",
                Readable("incidents", endpointId, row => Incident(row.GetString(0))),
                ("$id", endpointId), ("$before", before?.UtcTicks ?? long.MaxValue))));

    public Task<StoredIncident?> FindIncidentAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst(
            "SELECT incident FROM incidents WHERE id = $id", row => new StoredIncident(Incident(row.GetString(0)), row.GetString(0)), ("$id", id))));

    public Task<bool> ReplaceIncidentAsync(StoredIncident before, Incident after, CancellationToken cancellationToken)
    {
        // The mark is this moment's, and no part of the row.
        var json = JsonSerializer.Serialize(after with { NotRecorded = false }, EngineJson.Default.Incident);
        return _writes.RunAsync(
            session => session.Execute(
                "UPDATE incidents SET incident = $after WHERE id = $id AND incident = $before",
                ("$id", after.Id), ("$after", json), ("$before", before.Version)) == 1,
            cancellationToken, names: [after.Id]);
    }

    public Task<IReadOnlyList<DriftRecord>> ReadDriftAsync(string endpointId, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<DriftRecord>>(_reads.Read(session => session.Query(
            limit,
            "SELECT drift FROM drift WHERE endpoint_id = $id ORDER BY at DESC, protocol_version DESC",
            Readable("drift", endpointId, row => JsonSerializer.Deserialize(row.GetString(0), EngineJson.Default.DriftRecord)!),
            ("$id", endpointId))));

    public Task<IReadOnlyList<Delivery>> ReadDeliveriesAsync(string incidentId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Delivery>>(_reads.Read(session => session.Query(
            int.MaxValue,
            "SELECT delivery FROM deliveries WHERE incident_id = $id ORDER BY sequence, channel",
            Readable("deliveries", incidentId, row => Delivery(row.GetString(0))),
            ("$id", incidentId))));

    public Task<IReadOnlyList<Delivery>> ReadGivenUpAsync(int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Delivery>>(_reads.Read(session => session.Query(
            limit,
            "SELECT delivery FROM deliveries WHERE given_up ORDER BY at DESC, transition_id, channel",
            Readable("deliveries", "what was given up", row => Delivery(row.GetString(0))))));

    public Task<IReadOnlyList<ChannelStatus>> ReadChannelsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ChannelStatus>>(_reads.Read(session => session.Query(
            """
            SELECT n.name, c.ledger, (SELECT count(*) FROM deliveries d WHERE d.channel = n.name AND d.next_attempt_at IS NOT NULL),
                (SELECT min(d.at) FROM deliveries d WHERE d.channel = n.name AND d.next_attempt_at IS NOT NULL)
            FROM (SELECT name FROM channels UNION SELECT channel FROM deliveries WHERE next_attempt_at IS NOT NULL) n
            LEFT JOIN channels c ON c.name = n.name
            ORDER BY n.name
            """,
            row => new ChannelStatus(
                row.GetString(0),
                row.IsDBNull(1) ? ChannelState.New
                    : Readable("channels", row.GetString(0), each => ChannelOf(each.GetString(1)))(row) ?? ChannelState.New,
                row.GetInt32(2))
            {
                OldestWaiting = row.IsDBNull(3) ? null : Instant(row.GetInt64(3)),
            })));

    /// <summary>The default is private, and is left out of a definition.</summary>
    private const string IsPublic = "(json_valid(e.definition) AND e.definition ->> '$.visibility' = 'public')";

    /// <summary>Endpoints <c>e</c>, each with its state and its newest result; what follows selects among them and orders them.</summary>
    private const string Overview = $"""
        SELECT {Definition}, s.state, r.slot, r.location, r.facts, f.content, r.reading, f.last_day, s.version, e.number, {IsPublic} IS TRUE,
            EXISTS (SELECT 1 FROM pending p WHERE p.endpoint_id = e.id)
        FROM endpoints e
        JOIN state s ON s.endpoint_id = e.id
        LEFT JOIN readings r ON r.endpoint = e.number AND (r.slot, r.location) =
            (SELECT slot, location FROM readings WHERE endpoint = e.number ORDER BY slot DESC, location DESC LIMIT 1)
        LEFT JOIN facts f ON f.number = r.facts
        """;

    /// <param name="Live">What can be kept in memory of it; null when something of it cannot be read, or is pending.</param>
    private readonly record struct OverviewRow(EndpointOverview Overview, LiveEndpoint? Live);

    private List<OverviewRow> ReadOverview(SqliteSession session, string which, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        session.Query($"{Overview} {which}", OverviewOf, parameters);

    // An endpoint is shown in any case: without what cannot be read it is one of which nothing is known.
    private OverviewRow OverviewOf(SqliteDataReader row)
    {
        var registered = Registered(row);
        var id = registered.Endpoint.Id;
        var state = Readable("state", id, each => State(each.GetString(6)))(row);
        var facts = new Dictionary<long, ResultFacts>();
        var last = row.IsDBNull(7) ? null : Readable("results", id, RecordReader(id, first: 7, facts))(row);
        var overview = new EndpointOverview(registered, state ?? EndpointState.New, last);
        if (state is null || last is null && !row.IsDBNull(7) || row.GetBoolean(16))
            return new OverviewRow(overview, null);
        return new OverviewRow(overview, new LiveEndpoint(
            row.GetInt64(14), row.GetBoolean(15), new StoredState(state, row.GetInt64(13).ToString(CultureInfo.InvariantCulture), []), overview,
            last is null ? null : new KnownFacts(facts[row.GetInt64(9)], row.GetInt64(9), row.GetInt64(12))));
    }

    private Incident Incident(string json)
    {
        var incident = JsonSerializer.Deserialize(json, EngineJson.Default.Incident)!;
        return Failure is not null && _writes.IsUnrecorded(incident.Id) ? incident with { NotRecorded = true } : incident;
    }
}
