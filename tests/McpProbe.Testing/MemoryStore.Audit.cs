using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Testing;

public partial class MemoryStore : IAuditStore
{
    private readonly SortedDictionary<string, AuditLine> _audit = new(StringComparer.Ordinal);

    /// <summary>What was recorded, the newest first.</summary>
    public IReadOnlyList<AuditLine> Audit
    {
        get
        {
            lock (_lock)
            {
                return [.. _audit.Values];
            }
        }
    }

    public Task AddAuditLineAsync(AuditLine line, CancellationToken cancellationToken) => StepAsync(() => _audit.Add(line.Id, line));

    public Task<IReadOnlyList<AuditLine>> ReadAuditAsync(string? after, int limit, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<AuditLine>>(() =>
            [.. _audit.Values.Where(line => after is null || string.CompareOrdinal(line.Id, after) > 0).Take(limit)]);
}
