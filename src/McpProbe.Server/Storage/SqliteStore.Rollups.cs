using System.Text;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore
{
    private const string RolledThrough = "rolled-through";

    public Task<DateTimeOffset?> ReadRolledThroughAsync(CancellationToken cancellationToken) =>
        Task.FromResult(_reads.Read(session => session.QueryFirst<DateTimeOffset?>(
            "SELECT at FROM marks WHERE name = $name", row => Instant(row.GetInt64(0)), ("$name", RolledThrough))));

    public Task WriteRolledThroughAsync(DateTimeOffset through, CancellationToken cancellationToken) =>
        _writes.RunAsync(
            session => session.Execute(
                "INSERT OR REPLACE INTO marks (name, at) VALUES ($name, $at)", ("$name", RolledThrough), ("$at", through.UtcTicks)),
            cancellationToken, WriteKind.Durable);

    public Task<IReadOnlyList<ProbeRecord>> ReadResultsAsync(
        string endpointId, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ProbeRecord>>(_reads.Read(session => session.Query(
            int.MaxValue,
            $"{Readings} AND r.slot >= $from AND r.slot < $until",
            Readable("results", endpointId, RecordReader(endpointId)),
            ("$id", endpointId), ("$from", from.UtcTicks), ("$until", until.UtcTicks))));

    public Task WriteRollupsAsync(string endpointId, IReadOnlyList<RollupRecord> rollups, CancellationToken cancellationToken)
    {
        var rows = rollups.Select(record => (record, Stored: CompactRollup.Write(record.Rollup))).ToList();
        return _writes.RunAsync(
            session =>
            {
                foreach (var (record, stored) in rows)
                {
                    // Not of an endpoint that was deleted meanwhile.
                    session.Execute(
                        """
                        INSERT OR REPLACE INTO rollups (endpoint_id, period, start, location, rollup)
                        SELECT id, $period, $start, $location, $rollup FROM endpoints WHERE id = $id
                        """,
                        ("$id", endpointId), ("$period", WireNames.Of(record.Period)), ("$start", record.Start.UtcTicks),
                        ("$location", record.Location), ("$rollup", stored));
                }
                return true;
            },
            cancellationToken, WriteKind.Durable);
    }

    public Task<IReadOnlyList<RollupRecord>> ReadRollupsAsync(
        string endpointId, RollupPeriod period, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RollupRecord>>(_reads.Read(session => session.Query(
            int.MaxValue,
            """
            SELECT start, location, rollup FROM rollups
            WHERE endpoint_id = $id AND period = $period AND start >= $from AND start < $until ORDER BY start, location
            """,
            Readable("rollups", endpointId, row => new RollupRecord(period, Instant(row.GetInt64(0)), row.GetString(1), RollupIn(row, 2))),
            ("$id", endpointId), ("$period", WireNames.Of(period)), ("$from", from.UtcTicks), ("$until", until.UtcTicks))));

    public Task<IReadOnlySet<string>> ReadRegressedAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlySet<string>>(_reads.Read(session => session.Query(
            "SELECT endpoint_id FROM state WHERE json_valid(state) AND json_type(state, '$.regression') = 'object'", row => row.GetString(0))).ToHashSet());

    // A former version stored text.
    private static Rollup RollupIn(SqliteDataReader row, int column) =>
        CompactRollup.Read(row.GetValue(column) is byte[] stored ? stored : Encoding.UTF8.GetBytes(row.GetString(column)));
}
