using System.Globalization;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Results;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) =>
        Task.FromResult(_live.Find(endpointId)?.Stored ?? LoadState(endpointId));

    private StoredState? LoadState(string endpointId)
    {
        using var load = _live.BeginLoad();
        var (stored, live) = _reads.ReadAtOnce(session =>
        {
            var stored = session.QueryFirst(
                "SELECT state, version FROM state WHERE endpoint_id = $id",
                row => new StoredState(
                    State(row.GetString(0)),
                    row.GetInt64(1).ToString(CultureInfo.InvariantCulture),
                    [
                        .. session.Query(
                            "SELECT transition_id, transition FROM pending WHERE endpoint_id = $id ORDER BY number",
                            pending => ReadPending(pending.GetString(0), pending.GetString(1)).Transition,
                            ("$id", endpointId)).OfType<Transition>(),
                    ]),
                ("$id", endpointId));
            return (stored, stored is null ? null : ReadOverview(session, "WHERE e.id = $id", ("$id", endpointId)).FirstOrDefault().Live);
        });
        if (live is not null)
            load.Fill([live]);
        return stored;
    }

    public Task<ProbeResult?> FindResultAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => FindResult(session, endpointId, slot, location)));

    public async Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken)
    {
        // All that costs time is done here, on the caller's thread; the writer is everybody's.
        var packed = change.Record is null ? null : Pack(change.Record, _live.Find(change.EndpointId)?.Facts);
        var state = change.After is null ? null : JsonSerializer.Serialize(change.After, EngineJson.Default.EndpointState);
        var commit = new Commit(
            change,
            packed,
            packed is null ? null : change.Record! with { Result = CompactResult.Join(packed.Content, packed.Reading, change.Record.Slot) },
            state,
            state is null ? null : State(state),
            change.Catalog is null ? null : Gzip.Compress(change.Catalog.Canonical.Span),
            [.. change.Transitions.Select(transition => JsonSerializer.Serialize(transition, EngineJson.Default.Transition))]);
        // Whoever is told that it is kept, or gone, is told so for good. A result that changed nothing is the first that can be done without.
        var kind = change.DeleteEndpoint || change.Durable ? WriteKind.Durable
            : change is { Record: not null, After: null, Catalog: null, Drift: null, Transitions.Count: 0, Incidents.Count: 0 } ? WriteKind.Result
            : WriteKind.Needed;
        var outcome = await _writes.RunAsync(session => Write(session, commit), cancellationToken, kind, NamesOf(change));
        if (change.DeleteEndpoint && outcome.Status is CommitStatus.Committed)
        {
            _definitions.Forget(change.EndpointId);
            EndpointChanged(change.EndpointId);
        }
        return outcome;
    }

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken)
    {
        var content = _reads.Read(session => session.QueryFirst(
            "SELECT content FROM catalogs WHERE hash = $hash", row => row.GetFieldValue<byte[]>(0), ("$hash", hash)));
        return Task.FromResult(content is null ? null : (ReadOnlyMemory<byte>?)Gzip.Decompress(new MemoryStream(content)));
    }

    public Task<IReadOnlyList<string>> ReadDueAsync(
        DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([
            .. _reads.Read(session => session.Query(
                "SELECT endpoint_id FROM state WHERE due_at <= $now ORDER BY due_at LIMIT $limit",
                row => row.GetString(0),
                ("$now", now.UtcTicks), ("$limit", limit + except.Count))).Where(id => !except.Contains(id)).Take(limit),
        ]);

    public Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken)
    {
        var (transitions, unreadable) = (new List<Transition>(), new List<string>());
        var after = 0L;
        while (transitions.Count < limit)
        {
            var rows = _reads.Read(session => session.Query(
                "SELECT number, transition_id, transition FROM pending WHERE number > $after ORDER BY number LIMIT $limit",
                row => (Number: row.GetInt64(0), Id: row.GetString(1), Json: row.GetString(2)),
                ("$after", after), ("$limit", limit)));
            foreach (var (_, id, json) in rows.Where(row => !except.Contains(row.Id)))
            {
                var (transition, reason) = ReadPending(id, json);
                if (transition is null)
                    unreadable.Add(reason!);
                else if (transitions.Count < limit)
                    transitions.Add(transition);
            }

            if (rows.Count < limit)
                break;
            after = rows[^1].Number;
        }

        return Task.FromResult(new PendingPage(transitions, unreadable));
    }

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) =>
        _writes.RunAsync(
            session =>
            {
                foreach (var transition in transitions)
                    session.Execute("DELETE FROM pending WHERE transition_id = $id", ("$id", transition.Id));
                return true;
            },
            cancellationToken);

    private static object[] NamesOf(StateChange change) =>
    [
        .. change.Record is { } record ? new object[] { (change.EndpointId, record.Slot.UtcTicks, record.Location) } : [],
        .. change.Incidents.Select(incident => (object)incident.Id),
    ];

    /// <summary>A change with its values as they are stored.</summary>
    /// <param name="Record">The result as it will be read.</param>
    /// <param name="After">The state as it will be read.</param>
    private sealed record Commit(
        StateChange Change, PackedResult? Result, ProbeRecord? Record, string? State, EndpointState? After, byte[]? Catalog, IReadOnlyList<string> Transitions);

    // Everything that can turn the commit down is looked at before the first write: a commit that is turned down changed nothing.
    private CommitOutcome Write(SqliteSession session, Commit commit)
    {
        var change = commit.Change;
        var id = change.EndpointId;
        var stands = _live.FindUnchanged(id) is { } live
            ? (live.Stored.Version, live.Registered.Generation)
            : session.QueryFirst<(string Version, long Generation)?>(
                "SELECT s.version, e.generation FROM state s JOIN endpoints e ON e.id = s.endpoint_id WHERE s.endpoint_id = $id",
                row => (row.GetInt64(0).ToString(CultureInfo.InvariantCulture), row.GetInt64(1)),
                ("$id", id));
        if (stands is not var (version, generation))
            return CommitOutcome.Gone;
        // Somebody has put another definition since, whether the state knows of it already or not.
        if (change.Generation < generation)
            return CommitOutcome.Outdated;

        // Only what was judged from the state depends on it; a result stands for itself.
        var judged = change.After is not null || change.DeleteEndpoint || change.Transitions.Count > 0;
        if (judged && version != change.Before.Version)
            return CommitOutcome.Conflict;

        KnownFacts? facts = null;
        if (change.Record is { } record)
        {
            (facts, var other) = InsertResult(session, id, record, commit.Result!);
            if (other is not null)
                return CommitOutcome.ResultExists(other);
        }

        if (change.Catalog is { } catalog)
        {
            session.Execute(
                """
                INSERT INTO catalogs (hash, content, touched_at) VALUES ($hash, $content, $now)
                ON CONFLICT (hash) DO UPDATE SET touched_at = excluded.touched_at
                """,
                ("$hash", catalog.Hashes.Hash), ("$content", commit.Catalog), ("$now", _time.GetUtcNow().UtcTicks));
        }
        foreach (var incident in change.Incidents)
            WriteIncident(session, incident);
        if (change.Drift is { } drift)
        {
            session.Execute(
                "INSERT OR REPLACE INTO drift (endpoint_id, at, protocol_version, drift) VALUES ($id, $at, $protocol, $drift)",
                ("$id", id), ("$at", drift.At.UtcTicks), ("$protocol", drift.ProtocolVersion),
                ("$drift", JsonSerializer.Serialize(drift, EngineJson.Default.DriftRecord)));
        }
        for (var i = 0; i < commit.Transitions.Count; i++)
        {
            session.Execute(
                "INSERT INTO pending (transition_id, endpoint_id, transition) VALUES ($id, $endpoint, $transition) ON CONFLICT DO NOTHING",
                ("$id", change.Transitions[i].Id), ("$endpoint", id), ("$transition", commit.Transitions[i]));
        }
        if (change.DeleteEndpoint)
        {
            session.Execute("DELETE FROM endpoints WHERE id = $id", ("$id", id));
            _live.NoteChange(id, listToo: true);
        }
        else if (judged)
        {
            // Transitions without a new state move the version too: judged twice from the same state, they commit once.
            var next = _live.NextVersion();
            session.Execute(
                "UPDATE state SET version = $version, state = coalesce($state, state), due_at = $due WHERE endpoint_id = $id",
                ("$id", id), ("$version", next), ("$state", commit.State), ("$due", (change.After ?? change.Before.State).DueAt?.UtcTicks));
            if (commit.After is null || change.Transitions.Count > 0)
                _live.NoteChange(id);
            else
                _live.NoteState(id, new StoredState(commit.After, next.ToString(CultureInfo.InvariantCulture), []), commit.Record, facts);
        }
        else if (commit.Record is not null)
        {
            _live.NoteResult(id, commit.Record, facts!);
        }
        return CommitOutcome.Committed;
    }

    private static void WriteIncident(SqliteSession session, Incident incident) => session.Execute(
        """
        INSERT INTO incidents (id, endpoint_id, opened_at, incident) VALUES ($id, $endpoint, $opened, $incident)
        ON CONFLICT (id) DO UPDATE SET incident = excluded.incident
        """,
        ("$id", incident.Id), ("$endpoint", incident.EndpointId), ("$opened", incident.OpenedAt.UtcTicks),
        ("$incident", JsonSerializer.Serialize(incident, EngineJson.Default.Incident)));

    private static EndpointState State(string json) => (JsonSerializer.Deserialize(json, EngineJson.Default.EndpointState) ?? throw Nothing()).Slim();

    private static InvalidDataException Nothing() => new("The row holds nothing.");

    /// <summary>A row that cannot be read, because a newer version wrote it, say, must not keep back the others, nor the endpoint's judging.</summary>
    private static (Transition? Transition, string? Unreadable) ReadPending(string id, string json)
    {
        try
        {
            return (Transition(json), null);
        }
        catch (JsonException mistake)
        {
            return (null, $"{id} ({mistake.Message})");
        }
    }

    private static Transition Transition(string json) => JsonSerializer.Deserialize(json, EngineJson.Default.Transition)!;
}
