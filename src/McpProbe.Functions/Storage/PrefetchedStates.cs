using System.Collections.Concurrent;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Functions.Storage;

/// <summary>
/// The store for the endpoints of one queue message: the first read of each state was done for all at once. That read also
/// says that the endpoint exists, so that a probe that changes nothing costs one request, its result.
/// </summary>
/// <param name="latest">The slots of the newest results that the overview knows of.</param>
internal sealed class PrefetchedStates(
    TableStore store,
    IEnumerable<KeyValuePair<string, StoredState?>> states,
    IReadOnlyDictionary<(string EndpointId, string Location), DateTimeOffset> latest) : IMonitorStore
{
    private readonly ConcurrentDictionary<(string EndpointId, string Location), ProbeRecord> _recorded = [];
    private readonly ConcurrentDictionary<string, StoredState?> _states = new(states);

    /// <summary>Of the newest result that the overview knows of; null when it knows of none.</summary>
    public DateTimeOffset? NewestSlotOf(string endpointId, string location) =>
        latest.TryGetValue((endpointId, location), out var slot) ? slot : null;

    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) =>
        _states.TryRemove(endpointId, out var state) ? Task.FromResult(state) : store.ReadStateAsync(endpointId, cancellationToken);

    public async Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken)
    {
        var outcome = await store.CommitAsync(change, mustLookForState: false, cancellationToken);
        // What is told of is shown, too; that it goes on as before can wait.
        if (outcome.Status is CommitStatus.Committed && change.Transitions.Count > 0)
            await store.MarkChangedAsync(change.EndpointId, cancellationToken);
        if (outcome.Status is CommitStatus.Committed && change.Record is { } record
            && !(latest.TryGetValue((change.EndpointId, record.Location), out var known) && known >= record.Slot))
        {
            _recorded.AddOrUpdate(
                (change.EndpointId, record.Location), record, (_, other) => other.Slot > record.Slot ? other : record);
        }

        return outcome;
    }

    /// <summary>Tells the overview what was recorded: one request for all of a message.</summary>
    public Task WriteLatestAsync(CancellationToken cancellationToken) =>
        store.WriteLatestAsync([.. _recorded.Select(each => (each.Key.EndpointId, each.Value))], cancellationToken);

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
