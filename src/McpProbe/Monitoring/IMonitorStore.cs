using McpProbe.Model;

namespace McpProbe.Monitoring;

/// <summary>
/// The write path of a probe, filled by SQLite and by Table Storage. The promises that an implementation keeps
/// (docs/architecture.md, Delivery promises):
/// a result is inserted once under endpoint, slot and location and never replaced;
/// the state and its pending transitions change together, only if the state is still the version that was read;
/// a deleted endpoint is never recreated.
/// I/O errors are exceptions; every other outcome is a value.
/// </summary>
public interface IMonitorStore
{
    /// <summary>The state, what is pending, and the version to commit against; null when the endpoint does not exist.</summary>
    Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken);

    /// <summary>The result recorded for this slot, for a request that may be a repeat. Its <c>Snapshot</c> is null.</summary>
    Task<ProbeResult?> FindResultAsync(string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken);

    /// <summary>
    /// Writes in this order: catalogue, result, then the commit point: state and pending transitions together, then the rows of
    /// the incidents and of the drift. What comes before the commit point can be written again by a repeat without harm; what a
    /// crash leaves out after it is written by <see cref="ClearPendingAsync"/> or <see cref="ReadPendingAsync"/>; a commit that is
    /// turned down leaves nothing after it. A store with transactions may write it all at once.
    /// </summary>
    Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken);

    /// <summary>The canonical bytes of a recorded catalogue; null when they are not stored (any more).</summary>
    Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken);

    /// <summary>
    /// Ids of endpoints for which passing time alone does something: those whose <see cref="EndpointState.DueAt"/> is not after
    /// <paramref name="now"/>, the longest overdue first as far as one partition of the store goes.
    /// </summary>
    /// <param name="except">Ids that are left out: what could not be judged stays due, and must not hide what is behind it.</param>
    Task<IReadOnlyList<string>> ReadDueAsync(DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken);

    /// <summary>Transitions that nobody has handed over yet, oldest first: what a sweep works through after a crash.</summary>
    /// <param name="except">Ids of transitions that are left out: as in <see cref="ReadDueAsync"/>.</param>
    Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets pending transitions after their hand-over, once their incidents' rows are as new as they are. Clearing one that is
    /// gone is no error.
    /// </summary>
    Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken);
}

/// <param name="Unreadable">Rows that were met and hold no transition that this version can read, each with its reason; they stay.</param>
public sealed record PendingPage(IReadOnlyList<Transition> Transitions, IReadOnlyList<string> Unreadable);

/// <summary>A state as it was read.</summary>
/// <param name="Version">Opaque: an ETag, a row version. A commit names it.</param>
/// <param name="Pending">This endpoint's transitions that are not handed over yet; one that cannot be read is left out.</param>
public sealed record StoredState(EndpointState State, string Version, IReadOnlyList<Transition> Pending);
