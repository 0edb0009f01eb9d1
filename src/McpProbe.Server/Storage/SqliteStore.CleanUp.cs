namespace McpProbe.Server.Storage;

// Each call is one small step, and says how much it removed: zero when nothing is left. The writer is everybody's.
internal sealed partial class SqliteStore
{
    private const int MostInAStep = 500;

    public IReadOnlyList<string> ReadEndpointIds() =>
        _reads.Read(session => session.Query("SELECT id FROM endpoints ORDER BY id", row => row.GetString(0)));

    /// <summary>Some of an endpoint's results before <paramref name="before"/>, the oldest first.</summary>
    public Task<int> RemoveResultsAsync(string endpointId, DateTimeOffset before, CancellationToken cancellationToken)
    {
        // Most endpoints have nothing to remove: a look costs the writer nothing.
        if (!_reads.Read(session => session.QueryFirst(
            "SELECT EXISTS (SELECT 1 FROM results WHERE endpoint_id = $id AND slot < $before)",
            row => row.GetBoolean(0),
            ("$id", endpointId), ("$before", before.UtcTicks))))
            return Task.FromResult(0);
        return _writes.RunAsync(
            session => session.Execute(
                """
                DELETE FROM results WHERE (endpoint_id, slot, location) IN (
                    SELECT endpoint_id, slot, location FROM results WHERE endpoint_id = $id AND slot < $before
                    ORDER BY slot, location LIMIT $most)
                """,
                ("$id", endpointId), ("$before", before.UtcTicks), ("$most", MostInAStep)),
            cancellationToken, WriteKind.Durable);
    }

    /// <summary>Some transitions with their deliveries, all final, from before <paramref name="before"/>.</summary>
    public Task<int> RemoveTransitionsAsync(DateTimeOffset before, CancellationToken cancellationToken) => _writes.RunAsync(
        session =>
        {
            var old = session.Query(
                """
                SELECT DISTINCT transition_id FROM deliveries d WHERE at < $before AND NOT EXISTS (
                    SELECT 1 FROM deliveries o WHERE o.transition_id = d.transition_id AND o.next_attempt_at IS NOT NULL)
                LIMIT $most
                """,
                row => row.GetString(0),
                ("$before", before.UtcTicks), ("$most", MostInAStep));
            foreach (var id in old)
            {
                session.Execute("DELETE FROM deliveries WHERE transition_id = $id", ("$id", id));
                session.Execute("DELETE FROM transitions WHERE id = $id", ("$id", id));
            }
            return old.Count;
        },
        cancellationToken, WriteKind.Durable);

    /// <summary>Some incidents that opened before <paramref name="before"/> and are resolved.</summary>
    public Task<int> RemoveIncidentsAsync(DateTimeOffset before, CancellationToken cancellationToken) => _writes.RunAsync(
        session => session.Execute(
            """
            DELETE FROM incidents WHERE id IN (
                SELECT id FROM incidents WHERE opened_at < $before AND incident ->> '$.resolvedAt' IS NOT NULL
                ORDER BY opened_at LIMIT $most)
            """,
            ("$before", before.UtcTicks), ("$most", MostInAStep)),
        cancellationToken, WriteKind.Durable);
}
