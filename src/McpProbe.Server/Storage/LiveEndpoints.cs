using System.Collections.Concurrent;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Results;

namespace McpProbe.Server.Storage;

/// <summary>
/// What the file says of the endpoints, in memory: this process owns the file, so a probe, and an overview, need no row of it. The file stays
/// the truth. What a transaction changes is noted, and comes here once it is durable; one that is lost leaves nothing behind. While the
/// disk takes no writes nothing is remembered: everybody then reads where the writer writes.
/// <para>The notes are the writer's alone; whoever else calls may do so on any thread.</para>
/// </summary>
internal sealed class LiveEndpoints(long lastVersion)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, LiveEndpoint> _known = new(StringComparer.Ordinal);
    private readonly List<Load> _loads = [];
    private volatile string[]? _ids;
    private bool _suspended;

    // What the open transaction has done.
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly List<Step> _steps = [];
    private bool _listChanged;
    private bool _allChanged;
    private long _version = lastVersion;
    private long _versionBefore = lastVersion;

    /// <summary>State versions count on over all endpoints, so that one deleted and created again never repeats a version.</summary>
    public long NextVersion() => ++_version;

    /// <summary>Null when the file has to be asked.</summary>
    public LiveEndpoint? Find(string id) => _known.GetValueOrDefault(id);

    /// <summary>The ids of all endpoints, in their order; null when the file has to be asked.</summary>
    public string[]? Ids => _ids;

    /// <summary>To be begun before the file is read, and filled with what was read there.</summary>
    public Load BeginLoad()
    {
        var load = new Load(this);
        lock (_gate)
        {
            load.Void = _suspended;
            _loads.Add(load);
        }
        return load;
    }

    /// <summary>The same for the writer, whose transaction may have changed it.</summary>
    public LiveEndpoint? FindUnchanged(string id) => _suspended || _allChanged || _changed.Contains(id) ? null : Find(id);

    /// <summary>A transaction begins.</summary>
    public void Begin()
    {
        _versionBefore = _version;
        lock (_gate)
            _suspended = false;
    }

    /// <summary>The transaction has recorded a result, and nothing else of the endpoint.</summary>
    public void NoteResult(string id, ProbeRecord record, KnownFacts facts) => Note(new Step(id, null, record, facts));

    /// <summary>The transaction has changed the state, perhaps together with a result.</summary>
    /// <param name="state">As a reader would read it.</param>
    public void NoteState(string id, StoredState state, ProbeRecord? record, KnownFacts? facts)
    {
        // Of what comes later in this transaction, each looks at the file.
        _changed.Add(id);
        Note(new Step(id, state, record, facts));
    }

    /// <summary>The transaction has changed something else of the endpoint: what is known of it is read again.</summary>
    /// <param name="listToo">It is new, or gone.</param>
    public void NoteChange(string id, bool listToo = false)
    {
        if (_suspended)
            return;
        _changed.Add(id);
        _steps.Add(new Step(id, null, null, null));
        _listChanged |= listToo;
    }

    /// <summary>The transaction has changed nobody knows what.</summary>
    public void NoteAnything() => _allChanged = !_suspended;

    /// <summary>The transaction is durable.</summary>
    public void Publish()
    {
        lock (_gate)
        {
            if (_allChanged)
                ForgetAll();
            foreach (var step in _steps)
                Take(step);
            if (_listChanged)
                ForgetList();
        }
        DropNotes();
    }

    /// <summary>The transaction is lost.</summary>
    public void RollBack()
    {
        _version = _versionBefore;
        DropNotes();
        // Whatever the reason was, what is known is looked up once more.
        lock (_gate)
            ForgetAll();
    }

    /// <summary>From now on readers see what is not durable: nothing is remembered until the next <see cref="Resume"/>.</summary>
    public void Suspend()
    {
        RollBack();
        lock (_gate)
            _suspended = true;
    }

    /// <summary>All is durable again.</summary>
    public void Resume()
    {
        lock (_gate)
            _suspended = false;
    }

    private void Note(Step step)
    {
        if (!_suspended)
            _steps.Add(step);
    }

    private void DropNotes()
    {
        _steps.Clear();
        _changed.Clear();
        (_listChanged, _allChanged) = (false, false);
    }

    private void Take(Step step)
    {
        foreach (var load in _loads)
            load.Changed.Add(step.Id);
        if (!_known.TryGetValue(step.Id, out var known))
            return;
        if (step is { State: null, Record: null })
            _known.TryRemove(step.Id, out _);
        else
            known.Take(step.State, step.Record, step.Facts);
    }

    private void ForgetAll()
    {
        _known.Clear();
        ForgetList();
        foreach (var load in _loads)
            load.Void = true;
    }

    private void ForgetList()
    {
        _ids = null;
        foreach (var load in _loads)
            load.ListChanged = true;
    }

    /// <summary>One step of a transaction; with neither state nor record it is any other change.</summary>
    private readonly record struct Step(string Id, StoredState? State, ProbeRecord? Record, KnownFacts? Facts);

    /// <summary>Takes over what was read from the file, but for what has changed since it was begun.</summary>
    internal sealed class Load(LiveEndpoints owner) : IDisposable
    {
        public HashSet<string> Changed { get; } = new(StringComparer.Ordinal);

        public bool ListChanged { get; set; }

        public bool Void { get; set; }

        /// <param name="read">What can be kept of it.</param>
        /// <param name="ids">The ids of all endpoints in their order; null when not all were read.</param>
        public void Fill(IEnumerable<LiveEndpoint> read, string[]? ids = null)
        {
            lock (owner._gate)
            {
                if (Void || owner._suspended)
                    return;
                foreach (var endpoint in read)
                {
                    if (!Changed.Contains(endpoint.Id))
                        owner._known.TryAdd(endpoint.Id, endpoint);
                }
                if (ids is not null && !ListChanged)
                    owner._ids = ids;
            }
        }

        public void Dispose()
        {
            lock (owner._gate)
                owner._loads.Remove(this);
        }
    }
}

/// <summary>One endpoint as the file has it. Nothing of it is pending: an endpoint with pending transitions is not kept in memory.</summary>
internal sealed class LiveEndpoint(long number, bool isPublic, StoredState stored, EndpointOverview overview, KnownFacts? facts)
{
    private volatile StoredState _stored = stored;
    private volatile ProbeRecord? _last = overview.Last;
    private volatile KnownFacts? _facts = facts;

    public string Id => Registered.Endpoint.Id;

    public RegisteredEndpoint Registered { get; } = overview.Registered;

    /// <summary>By which its results name it.</summary>
    public long Number => number;

    /// <summary>Everybody may see it.</summary>
    public bool IsPublic => isPublic;

    public StoredState Stored => _stored;

    /// <summary>Made when it is asked for: of each probe there is less to keep.</summary>
    public EndpointOverview Overview => new(Registered, _stored.State, _last);

    /// <summary>What its last result has in common with others; null before the first.</summary>
    public KnownFacts? Facts => _facts;

    /// <summary>For <see cref="LiveEndpoints"/> only, which lets in one at a time.</summary>
    public void Take(StoredState? state, ProbeRecord? record, KnownFacts? facts)
    {
        if (state is not null)
            _stored = state;
        _facts = facts ?? _facts;
        if (record is not null && (_last is not { } last || record.Slot > last.Slot
            || record.Slot == last.Slot && string.CompareOrdinal(record.Location, last.Location) >= 0))
            _last = record;
    }
}

/// <summary>Facts that are in the file.</summary>
/// <param name="Day">They are kept for results of this day (<see cref="SqliteStore.DayOf"/>) at least.</param>
internal sealed record KnownFacts(ResultFacts Content, long Number, long Day);
