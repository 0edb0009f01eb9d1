using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Testing;

/// <summary>Reads of a store that leave nothing out.</summary>
public static class StoreReads
{
    private static readonly HashSet<string> Nothing = [];

    public static Task<IReadOnlyList<string>> ReadDueAsync(
        this IMonitorStore store, DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        store.ReadDueAsync(now, limit, Nothing, cancellationToken);

    public static async Task<IReadOnlyList<Transition>> ReadPendingAsync(this IMonitorStore store, int limit, CancellationToken cancellationToken)
    {
        var page = await store.ReadPendingAsync(limit, Nothing, cancellationToken);
        Assert.Empty(page.Unreadable);
        return page.Transitions;
    }
}
