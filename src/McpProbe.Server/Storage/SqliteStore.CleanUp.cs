using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Server.Storage;

// Each call is one small step, and says how much it removed: zero when nothing is left. The writer is everybody's.
internal sealed partial class SqliteStore
{
    private const int MostInAStep = 500;

    /// <summary>Pages that are left free for what comes next, so that a file that breathes from day to day is not cut each night.</summary>
    private const int PagesKeptFree = 1000;

    public IReadOnlyList<string> ReadEndpointIds() =>
        _reads.Read(session => session.Query("SELECT id FROM endpoints ORDER BY id", row => row.GetString(0)));

    /// <summary>Some of an endpoint's results before <paramref name="before"/>, the oldest first.</summary>
    public Task<int> RemoveResultsAsync(string endpointId, DateTimeOffset before, CancellationToken cancellationToken) => RemoveAsync(
        "SELECT EXISTS (SELECT 1 FROM readings WHERE endpoint = (SELECT number FROM endpoints WHERE id = $id) AND slot < $before)",
        """
        DELETE FROM readings WHERE (endpoint, slot, location) IN (
            SELECT endpoint, slot, location FROM readings
            WHERE endpoint = (SELECT number FROM endpoints WHERE id = $id) AND slot < $before
            ORDER BY slot, location LIMIT $most)
        """,
        endpointId, before, cancellationToken);

    /// <summary>Some of an endpoint's rollups that begin before <paramref name="before"/>.</summary>
    public Task<int> RemoveRollupsAsync(
        string endpointId, RollupPeriod period, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var name = WireNames.Of(period);
        return HasAny(
            "SELECT EXISTS (SELECT 1 FROM rollups WHERE endpoint_id = $id AND period = $period AND start < $before)",
            ("$id", endpointId), ("$period", name), ("$before", before.UtcTicks))
            ? _writes.RunAsync(
                session => session.Execute(
                    """
                    DELETE FROM rollups WHERE (endpoint_id, period, start, location) IN (
                        SELECT endpoint_id, period, start, location FROM rollups
                        WHERE endpoint_id = $id AND period = $period AND start < $before LIMIT $most)
                    """,
                    ("$id", endpointId), ("$period", name), ("$before", before.UtcTicks), ("$most", MostInAStep)),
                cancellationToken, WriteKind.Durable)
            : Task.FromResult(0);
    }

    /// <summary>Some of an endpoint's drift from before <paramref name="before"/>.</summary>
    public Task<int> RemoveDriftAsync(string endpointId, DateTimeOffset before, CancellationToken cancellationToken) => RemoveAsync(
        "SELECT EXISTS (SELECT 1 FROM drift WHERE endpoint_id = $id AND at < $before)",
        """
        DELETE FROM drift WHERE (endpoint_id, at, protocol_version) IN (
            SELECT endpoint_id, at, protocol_version FROM drift WHERE endpoint_id = $id AND at < $before LIMIT $most)
        """,
        endpointId, before, cancellationToken);

    /// <summary>
    /// Some incidents that were resolved before <paramref name="before"/>, with their alerts; none of which something is still to be
    /// handed over or delivered. One that cannot be read goes when it opened before.
    /// </summary>
    public Task<int> RemoveIncidentsAsync(DateTimeOffset before, CancellationToken cancellationToken) => _writes.RunAsync(
        session =>
        {
            var old = session.Query(
                """
                SELECT id FROM incidents i
                WHERE opened_at < $before
                    AND CASE WHEN json_valid(incident) THEN unixepoch(incident ->> '$.resolvedAt') ELSE 0 END < $seconds
                    AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.endpoint_id = i.endpoint_id)
                    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.incident_id = i.id AND d.next_attempt_at IS NOT NULL)
                ORDER BY opened_at LIMIT $most
                """,
                row => row.GetString(0),
                ("$before", before.UtcTicks), ("$seconds", before.ToUnixTimeSeconds()), ("$most", MostInAStep / 5));
            foreach (var id in old)
            {
                session.Execute("DELETE FROM transitions WHERE id IN (SELECT transition_id FROM deliveries WHERE incident_id = $id)", ("$id", id));
                session.Execute("DELETE FROM deliveries WHERE incident_id = $id", ("$id", id));
                session.Execute("DELETE FROM incidents WHERE id = $id", ("$id", id));
            }
            return old.Count;
        },
        cancellationToken, WriteKind.Durable);

    /// <summary>Some alerts from before <paramref name="before"/>, all final, whose incident is not kept.</summary>
    public Task<int> RemoveAlertsAsync(DateTimeOffset before, CancellationToken cancellationToken) => _writes.RunAsync(
        session =>
        {
            var old = session.Query(
                """
                SELECT DISTINCT transition_id FROM deliveries d
                WHERE at < $before
                    AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.id = d.incident_id)
                    AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.transition_id = d.transition_id AND o.next_attempt_at IS NOT NULL)
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

    /// <summary>Some transitions that no delivery belongs to.</summary>
    public Task<int> RemoveTransitionsAsync(CancellationToken cancellationToken)
    {
        const string Orphans = "SELECT id FROM transitions t WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.transition_id = t.id)";
        return HasAny($"SELECT EXISTS ({Orphans})")
            ? _writes.RunAsync(
                session => session.Execute($"DELETE FROM transitions WHERE id IN ({Orphans} LIMIT $most)", ("$most", MostInAStep)),
                cancellationToken, WriteKind.Durable)
            : Task.FromResult(0);
    }

    /// <summary>Ledgers of channels that are not configured any more and that no alert of the history went to.</summary>
    public Task<int> RemoveChannelsAsync(IReadOnlyCollection<string> configured, CancellationToken cancellationToken)
    {
        var gone = _reads.Read(session => session.Query(
            "SELECT name FROM channels EXCEPT SELECT channel FROM deliveries", row => row.GetString(0))).Except(configured).ToList();
        return gone.Count == 0
            ? Task.FromResult(0)
            : _writes.RunAsync(
                session => gone.Sum(name => session.Execute(
                    "DELETE FROM channels WHERE name = $name AND NOT EXISTS (SELECT 1 FROM deliveries WHERE channel = $name)", ("$name", name))),
                cancellationToken, WriteKind.Durable);
    }

    /// <summary>
    /// Catalogues that nothing refers to and nobody touched since <paramref name="untouchedSince"/>: one that a commit begins to refer to
    /// is touched by it. What they are is found before what is referred to, and both without the writer.
    /// </summary>
    public IReadOnlyList<string> FindUnreferencedCatalogs(DateTimeOffset untouchedSince) => _reads.Read(session =>
    {
        var old = session.Query(
            "SELECT hash FROM catalogs WHERE touched_at < $since", row => row.GetString(0), ("$since", untouchedSince.UtcTicks));
        var referred = new CatalogReferences();
        foreach (var table in old.Count == 0 ? [] : Referring)
            session.Query(int.MaxValue, table, row => { referred.AddIn(row.GetString(0)); return (string?)null; });
        return old.Where(hash => !referred.Contains(hash)).ToList();
    });

    /// <summary>Every text that names catalogues.</summary>
    private static readonly IReadOnlyList<string> Referring = ["SELECT state FROM state", "SELECT drift FROM drift"];

    /// <summary>Removes those of <paramref name="hashes"/> that were not touched meanwhile.</summary>
    public Task<int> RemoveCatalogsAsync(IReadOnlyList<string> hashes, DateTimeOffset untouchedSince, CancellationToken cancellationToken) =>
        _writes.RunAsync(
            session => hashes.Sum(hash => session.Execute(
                "DELETE FROM catalogs WHERE hash = $hash AND touched_at < $since", ("$hash", hash), ("$since", untouchedSince.UtcTicks))),
            cancellationToken, WriteKind.Durable);

    /// <summary>Gives some of the pages that are free back to the file system.</summary>
    /// <returns>How many; zero when few are left, or the file is of a kind that cannot give any back.</returns>
    public Task<int> GiveBackAsync(CancellationToken cancellationToken)
    {
        var (free, canGive) = _reads.Read(session => (
            session.QueryFirst("PRAGMA freelist_count", row => row.GetInt32(0)),
            session.QueryFirst("PRAGMA auto_vacuum", row => row.GetInt32(0)) == SqliteSession.IncrementalVacuum));
        return !canGive || free <= PagesKeptFree
            ? Task.FromResult(0)
            : _writes.RunAsync(
                session =>
                {
                    session.Execute($"PRAGMA incremental_vacuum({MostInAStep})");
                    return free - session.QueryFirst("PRAGMA freelist_count", row => row.GetInt32(0));
                },
                cancellationToken, WriteKind.Durable);
    }

    // Most endpoints have nothing to remove: a look costs the writer nothing.
    private Task<int> RemoveAsync(string look, string delete, string endpointId, DateTimeOffset before, CancellationToken cancellationToken) =>
        HasAny(look, ("$id", endpointId), ("$before", before.UtcTicks))
            ? _writes.RunAsync(
                session =>
                {
                    _live.NoteChange(endpointId);
                    return session.Execute(delete, ("$id", endpointId), ("$before", before.UtcTicks), ("$most", MostInAStep));
                },
                cancellationToken, WriteKind.Durable)
            : Task.FromResult(0);

    private bool HasAny(string look, params (string Name, object? Value)[] parameters) =>
        _reads.Read(session => session.QueryFirst(look, row => row.GetBoolean(0), parameters));
}
