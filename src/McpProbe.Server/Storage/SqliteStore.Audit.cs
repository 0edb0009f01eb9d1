using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Server.Storage;

internal sealed partial class SqliteStore : IAuditStore
{
    /// <summary>Lines that are kept at most, so that a script gone wild does not fill the disk: some 60 MB.</summary>
    internal const int MostAuditLines = 200_000;

    public Task AddAuditLineAsync(AuditLine line, CancellationToken cancellationToken) => _writes.RunAsync(
        session => session.Execute(
            "INSERT INTO audit (id, line) VALUES ($id, $line)",
            ("$id", line.Id), ("$line", JsonSerializer.Serialize(line, EngineJson.Default.AuditLine))),
        cancellationToken);

    public Task<IReadOnlyList<AuditLine>> ReadAuditAsync(string? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<AuditLine>>(_reads.Read(session => session.Query(
            "SELECT line FROM audit WHERE id > $after ORDER BY id LIMIT $limit",
            row => JsonSerializer.Deserialize(row.GetString(0), EngineJson.Default.AuditLine)!,
            ("$after", after ?? ""), ("$limit", limit))));

    /// <summary>The first of the lines that go: those from before an instant, and the oldest beyond <paramref name="most"/>.</summary>
    public string FirstOldAuditLine(DateTimeOffset before, int most = MostAuditLines)
    {
        var old = AuditLine.IdAt(before.AddTicks(-1));
        var tooMany = _reads.Read(session => session.QueryFirst(
            "SELECT id FROM audit ORDER BY id LIMIT 1 OFFSET $most", row => row.GetString(0), ("$most", most)));
        return tooMany is not null && string.CompareOrdinal(tooMany, old) < 0 ? tooMany : old;
    }

    /// <summary>Some of the lines from an id on, the oldest first.</summary>
    public Task<int> RemoveAuditAsync(string from, CancellationToken cancellationToken) => _writes.RunAsync(
        session => session.Execute(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id >= $from ORDER BY id DESC LIMIT $most)",
            ("$from", from), ("$most", MostInAStep)),
        cancellationToken);
}
