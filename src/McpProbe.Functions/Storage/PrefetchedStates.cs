using System.Collections.Concurrent;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>
/// The store for the endpoints of one queue message: the first read of each state was done for all at once. That read also
/// says that the endpoint exists, so that a probe that changes nothing costs one request, its result.
/// </summary>
internal sealed class PrefetchedStates(TableStore store, IEnumerable<KeyValuePair<string, StoredState?>> states) : IMonitorStore
{
    private readonly ConcurrentDictionary<string, StoredState?> _states = new(states);

    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) =>
        _states.TryRemove(endpointId, out var state) ? Task.FromResult(state) : store.ReadStateAsync(endpointId, cancellationToken);

    public Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken) =>
        store.CommitAsync(change, mustLookForState: false, cancellationToken);

    public Task<ProbeResult?> FindResultAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        store.FindResultAsync(endpointId, slot, location, cancellationToken);

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        store.ReadCatalogAsync(hash, cancellationToken);

    public Task<IReadOnlyList<string>> ReadDueAsync(
        DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        store.ReadDueAsync(now, limit, except, cancellationToken);

    public Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        store.ReadPendingAsync(limit, except, cancellationToken);

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) =>
        store.ClearPendingAsync(transitions, cancellationToken);
}
