using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>Keeps who changed what.</summary>
public interface IAuditStore
{
    Task AddAuditLineAsync(AuditLine line, CancellationToken cancellationToken);

    /// <summary>Lines, the newest first; those whose id is greater than <paramref name="after"/> where given.</summary>
    Task<IReadOnlyList<AuditLine>> ReadAuditAsync(string? after, int limit, CancellationToken cancellationToken);
}
