using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

/// <summary>
/// A store that writes as Table Storage does, step by step (catalogue, result, drift, then the commit point, then incidents), and
/// that can die at any one of its steps: what was written before stays written.
/// </summary>
internal sealed class MemoryStore : IMonitorStore, IAlertOutbox
{
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _catalogs = [];
    private readonly Dictionary<(string, DateTimeOffset, string), ProbeResult> _results = [];
    private readonly List<Transition> _pending = [];
    private EndpointState? _state = EndpointState.New;
    private int _version;

    /// <summary>The number of the I/O step that dies; none when negative.</summary>
    internal int DiesAt { get; set; } = -1;

    /// <summary>Runs before the next commit: somebody else was quicker.</summary>
    internal Action? BeforeCommit { get; set; }

    internal int Steps { get; private set; }

    internal Dictionary<string, Incident> Incidents { get; } = [];

    internal List<DriftRecord> Drift { get; } = [];

    /// <summary>What the courier got, repeats included.</summary>
    internal List<Transition> HandedOver { get; } = [];

    internal IReadOnlyCollection<ProbeResult> Results => _results.Values;

    internal int Pending => _pending.Count;

    /// <summary>Contents that were stored.</summary>
    internal int Catalogs => _catalogs.Count;

    internal EndpointState State
    {
        get => _state!;
        set
        {
            _state = value;
            _version++;
        }
    }

    /// <summary>The only endpoint there is.</summary>
    internal string EndpointId { get; init; } = "scripted";

    internal void Delete() => _state = null;

    /// <summary>What a collector does with contents that nothing refers to.</summary>
    internal void ForgetCatalogs() => _catalogs.Clear();

    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) => Step(() =>
        _state is null ? null : new StoredState(_state, $"{_version}", [.. _pending]));

    public Task<ProbeResult?> FindResultAsync(
        string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        Step(() => _results.GetValueOrDefault((endpointId, slot, location)));

    public async Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken)
    {
        (var interfere, BeforeCommit) = (BeforeCommit, null);
        interfere?.Invoke();
        if (_state is null)
            return CommitOutcome.Gone;

        if (change.Catalog is { } catalog)
            await Step(() => _catalogs[catalog.Hashes.Hash] = catalog.Canonical);
        if (change.Record is var (slot, location, result))
        {
            var recorded = await Step(() => _results.TryAdd((change.EndpointId, slot, location), result with { Snapshot = null })
                ? result
                : _results[(change.EndpointId, slot, location)]);
            if (recorded.StartedAt != result.StartedAt)
                return CommitOutcome.ResultExists(recorded);
        }

        if (change.After is not { } after)
            return CommitOutcome.Committed;

        if (change.Drift is { } drift && !Drift.Any(each => each.At == drift.At))
            await Step(() => Drift.Add(drift));
        var outcome = await Step(() =>
        {
            if (change.Before.Version != $"{_version}")
                return CommitOutcome.Conflict;

            // What a state refers to is stored before it.
            string[] referred =
            [
                .. after.Baselines.Values.Select(baseline => baseline.Hash),
                .. after.Catalogs.Values.Select(seen => seen.Settled?.Hash).Append(after.Drifted?.Hash).OfType<string>(),
            ];
            Assert.All(referred, hash => Assert.True(_catalogs.TryGetValue(hash, out var content) && !content.IsEmpty, $"{hash} is not stored"));
            State = after;
            _pending.AddRange(change.Transitions);
            return CommitOutcome.Committed;
        });
        foreach (var incident in outcome.Status is CommitStatus.Committed ? change.Incidents : [])
            await Step(() => Incidents[incident.Id] = incident);
        return outcome;
    }

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        Step(() => _catalogs.TryGetValue(hash, out var content) ? content : (ReadOnlyMemory<byte>?)null);

    public Task<IReadOnlyList<string>> ReadDueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Step<IReadOnlyList<string>>(() => _state?.DueAt <= now ? [EndpointId] : []);

    public Task<IReadOnlyList<Transition>> ReadPendingAsync(int limit, CancellationToken cancellationToken) =>
        Step<IReadOnlyList<Transition>>(() => [.. _pending.Take(limit)]);

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) =>
        Step(() =>
        {
            foreach (var incident in transitions.Select(transition => transition.Incident))
            {
                if (!(Incidents.GetValueOrDefault(incident.Id)?.Sequence >= incident.Sequence))
                    Incidents[incident.Id] = incident;
            }
            return _pending.RemoveAll(each => transitions.Any(cleared => cleared.Id == each.Id));
        });

    public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Step(() => HandedOver.Add(transition));

    private Task<bool> Step(Action work) => Step(() =>
    {
        work();
        return true;
    });

    private Task<T> Step<T>(Func<T> work) =>
        Steps++ == DiesAt ? Task.FromException<T>(new IOException($"dies at step {DiesAt}")) : Task.FromResult(work());
}
