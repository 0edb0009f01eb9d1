using System.Globalization;
using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Testing;

/// <summary>
/// All ports of a store over dictionaries. It writes as Table Storage does, step by step (catalogue, result, drift, then the commit
/// point, then incidents; a delivery's row, then the list of what waits), and can die at any one of its steps: what was written
/// before stays written. It runs the contracts of every store.
/// </summary>
public partial class MemoryStore(TimeProvider? time = null)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReadOnlyMemory<byte>> _catalogs = [];
    private readonly Dictionary<(string Endpoint, DateTimeOffset Slot, string Location), ProbeResult> _results = [];
    private readonly List<Transition> _pending = [];
    private int _version;
    private long _generation;

    private sealed record Watched(RegisteredEndpoint Registered, EndpointState State, int Version);

    /// <summary>The number of the I/O step that dies; none when negative.</summary>
    public int DiesAt { get; set; } = -1;

    public int Steps { get; private set; }

    /// <summary>Whether other work may run between two steps.</summary>
    public bool Yields { get; init; }

    /// <summary>Thrown by every step, once set: the store cannot be reached.</summary>
    public Exception? Broken { get; set; }

    /// <summary>Runs before the next commit: somebody else was quicker.</summary>
    public Action? BeforeCommit { get; set; }

    /// <summary>Whether a state may be committed only when the catalogues that it names are stored.</summary>
    public bool ChecksCatalogs { get; init; }

    public Dictionary<string, Incident> Incidents { get; } = [];

    public List<DriftRecord> Drift { get; } = [];

    public IReadOnlyCollection<ProbeResult> Results => _results.Values;

    public int Pending => _pending.Count;

    /// <summary>Contents that were stored.</summary>
    public int Catalogs => _catalogs.Count;

    /// <summary>The state of the only endpoint.</summary>
    public EndpointState State
    {
        get => _watched.Values.Single().State;
        set => Set(_watched.Keys.Single(), value);
    }

    public EndpointState StateOf(string id) => _watched[id].State;

    /// <summary>Whatever it was before; somebody else committed it.</summary>
    public void Set(string id, EndpointState state) => _watched[id] = _watched[id] with { State = state, Version = ++_version };

    public RegisteredEndpoint? Find(string id) => _watched.GetValueOrDefault(id)?.Registered;

    public void Put(RegisteredEndpoint endpoint) => _watched[endpoint.Endpoint.Id] =
        _watched.TryGetValue(endpoint.Endpoint.Id, out var old) ? old with { Registered = endpoint } : new Watched(endpoint, EndpointState.New, ++_version);

    public void Delete(string id)
    {
        _watched.Remove(id);
        foreach (var result in _results.Keys.Where(each => each.Endpoint == id).ToList())
            _results.Remove(result);
    }

    public void AddCatalog(string hash, ReadOnlyMemory<byte> canonical) => _catalogs[hash] = canonical;

    public void AddResult(string id, ProbeRecord record) => _results.Add((id, record.Slot, record.Location), record.Result);

    /// <summary>What a collector does with contents that nothing refers to.</summary>
    public void ForgetCatalogs() => _catalogs.Clear();

    /// <summary>A step of I/O, of this store's or of somebody else's.</summary>
    public Task<T> StepAsync<T>(Func<T> work)
    {
        if (Yields)
            return Task.Run(() => Step(work));
        if (Broken is { } broken)
            return Task.FromException<T>(broken);
        return Steps == DiesAt ? Task.FromException<T>(new IOException($"dies at step {Steps++}")) : Task.FromResult(Step(work));
    }

    private Task<bool> StepAsync(Action work) => StepAsync(() =>
    {
        work();
        return true;
    });

    private T Step<T>(Func<T> work)
    {
        lock (_lock)
        {
            Steps++;
            return work();
        }
    }

    private DateTimeOffset Now => (time ?? TimeProvider.System).GetUtcNow();
}

// Endpoints.
public partial class MemoryStore : IEndpointStore
{
    public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<RegisteredEndpoint>>(() => [.. _watched.Values.Select(each => each.Registered)]);

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        StepAsync(() => _watched.GetValueOrDefault(id)?.Registered);

    public Task<EndpointPut> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken, Predicate<long?>? when = null) => StepAsync(() =>
    {
        var (id, json) = (endpoint.Endpoint.Id, EndpointJson.ToJson(endpoint.Endpoint));
        var old = _watched.GetValueOrDefault(id);
        if (when?.Invoke(old?.Registered.Generation) is false)
            return EndpointPut.Refused;
        if (old is { Registered: { Mistakes: null } same } && same.Source == endpoint.Source && EndpointJson.ToJson(same.Endpoint) == json)
            return new EndpointPut(Created: false, same.Generation);
        _generation = Generations.Next(_generation, time ?? TimeProvider.System);
        // As it would be read from what is stored.
        Put(RegisteredEndpoint.Read(id, System.Text.Encoding.UTF8.GetBytes(json), endpoint.Source, _generation) with { Watched = endpoint.Watched });
        if (old is null)
            Set(id, EndpointState.Of(endpoint.Endpoint, _generation));
        return new EndpointPut(old is null, _generation);
    });
}

// The path of a probe.
public partial class MemoryStore : IMonitorStore
{
    public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) => StepAsync(() =>
        _watched.TryGetValue(endpointId, out var one)
            ? new StoredState(one.State, Text(one.Version), [.. _pending.Where(each => each.Incident.EndpointId == endpointId)])
            : null);

    public Task<ProbeResult?> FindResultAsync(string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
        StepAsync(() => _results.GetValueOrDefault((endpointId, slot, location)));

    public async Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken)
    {
        (var interfere, BeforeCommit) = (BeforeCommit, null);
        interfere?.Invoke();
        var id = change.EndpointId;
        if (Broken is null && !_watched.ContainsKey(id))
            return CommitOutcome.Gone;

        if (change.Catalog is { } catalog)
            await StepAsync(() => AddCatalog(catalog.Hashes.Hash, catalog.Canonical));
        if (change.Record is var (slot, location, result))
        {
            var own = result with { Snapshot = null };
            var recorded = await StepAsync(() => _results.TryAdd((id, slot, location), own) ? own : _results[(id, slot, location)]);
            if (Json(recorded) != Json(own))
                return CommitOutcome.ResultExists(recorded);
        }

        if (change is { After: null, DeleteEndpoint: false, Transitions.Count: 0 })
            return CommitOutcome.Committed;

        if (change.Drift is { } drift && !Drift.Any(each => each.EndpointId == id && each.At == drift.At))
            await StepAsync(() => Drift.Add(drift));
        var outcome = await StepAsync(() => CommitPoint(change));
        foreach (var incident in outcome.Status is CommitStatus.Committed ? change.Incidents : [])
        {
            await StepAsync(() =>
            {
                if (!(Incidents.GetValueOrDefault(incident.Id)?.Version > incident.Version))
                    Incidents[incident.Id] = incident;
            });
        }

        return outcome;
    }

    public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) =>
        StepAsync(() => _catalogs.TryGetValue(hash, out var content) ? content : (ReadOnlyMemory<byte>?)null);

    public Task<IReadOnlyList<string>> ReadDueAsync(
        DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        StepAsync<IReadOnlyList<string>>(() =>
        [
            .. _watched.Where(each => each.Value.State.DueAt <= now && !except.Contains(each.Key))
                .OrderBy(each => each.Value.State.DueAt).Select(each => each.Key).Take(limit),
        ]);

    public Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        StepAsync(() => new PendingPage([.. _pending.Where(each => !except.Contains(each.Id)).Take(limit)], []));

    public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) => StepAsync(() =>
    {
        foreach (var incident in transitions.Select(transition => transition.Incident))
        {
            if (!(Incidents.GetValueOrDefault(incident.Id)?.Version >= incident.Version))
                Incidents[incident.Id] = incident;
        }

        return _pending.RemoveAll(each => transitions.Any(cleared => cleared.Id == each.Id));
    });

    private CommitOutcome CommitPoint(StateChange change)
    {
        if (!_watched.TryGetValue(change.EndpointId, out var one))
            return CommitOutcome.Gone;
        if (change.Before.Version != Text(one.Version))
            return CommitOutcome.Conflict;
        var after = change.After ?? one.State;
        if (ChecksCatalogs)
            AssertStored(after);
        if (change.DeleteEndpoint)
            Delete(change.EndpointId);
        else
            Set(change.EndpointId, after);
        _pending.AddRange(change.Transitions);
        return CommitOutcome.Committed;
    }

    private void AssertStored(EndpointState state)
    {
        string[] named =
        [
            .. state.Baselines.Values.Select(baseline => baseline.Hash),
            .. state.Catalogs.Values.Select(seen => seen.Settled?.Hash).Append(state.Drifted?.Hash).OfType<string>(),
        ];
        Assert.All(named, hash => Assert.True(_catalogs.TryGetValue(hash, out var content) && !content.IsEmpty, $"{hash} is not stored"));
    }

    private static string Json(ProbeResult result) => JsonSerializer.Serialize(result, EngineJson.Default.ProbeResult);

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);
}
