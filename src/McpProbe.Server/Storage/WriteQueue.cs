using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

/// <summary>
/// The one writer. Everything that waits when it is free is written in one transaction (group commit), because each
/// transaction costs a flush to disk, and completes when that transaction is on disk. Each write has a savepoint of its own,
/// so that one that throws takes nothing along.
/// <para>
/// When the disk takes nothing (<see cref="DiskTrouble"/>), the writes go on in one transaction that stays open, in SQLite's own memory,
/// and everybody reads from there: what was judged, and what was sent, is known as if it were recorded. Every few seconds that
/// transaction is committed. Each try that fails ends it; the writes, which are kept, then make the next one. So what waited is written
/// once, in its order, or not at all.
/// </para>
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    // Bounds how long the first of a group waits for the last.
    private const int MostInAGroup = 512;

    /// <summary>Writes that are kept in memory: each takes some 1.5 KB, and a page of 4 KiB at most for a result.</summary>
    internal const int MostHeld = 50_000;

    internal static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(2);

    // A try that fails costs as long as it takes to do all the writes again: they take a twentieth of the time at most.
    private const int RestAfterWork = 20;

    private readonly SqliteSession _session;
    private readonly Action<Action> _around;
    private readonly LiveEndpoints _live;
    private readonly TimeProvider _time;
    private readonly int _mostHeld;
    private readonly TimeSpan _gather;
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writer;
    private volatile TaskCompletionSource _hurry = new();

    private readonly Lock _gate = new();
    private readonly List<Write> _held = [];
    private readonly HashSet<object> _unrecorded = [];
    // By the clock that nobody sets: the other one may be set back by an hour.
    private long _lastTry;
    private TimeSpan _untilNextTry;
    private bool _holding;
    // What readers look at without the lock: true also while the transaction is being made again.
    private volatile bool _mayHold;
    private volatile StoreFailure? _failure;
    private volatile string? _damage;

    /// <param name="around">Runs each commit of a transaction.</param>
    /// <param name="live">What the writes change besides the database.</param>
    /// <param name="gather">
    /// How long a result that changed nothing may wait for others, so that they share a transaction; whatever else comes ends the wait.
    /// </param>
    public WriteQueue(
        SqliteSession session, Action<Action> around, LiveEndpoints live, TimeProvider time, int mostHeld = MostHeld, TimeSpan gather = default)
    {
        (_session, _around, _live, _time, _mostHeld, _gather) = (session, around, live, time, mostHeld, gather);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>See <see cref="SqliteStore.Damage"/>.</summary>
    public string? Damage => _damage;

    /// <summary>Null while what is written is on disk.</summary>
    public StoreFailure? Failure => _failure;

    /// <summary>Runs <paramref name="write"/> on the writer's connection and returns its value once it is durable, or held in memory.</summary>
    /// <param name="names">What it records, for <see cref="IsUnrecorded"/>.</param>
    /// <param name="cancellationToken">Takes back a write that has not begun; one that has begun is finished.</param>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    /// <exception cref="StoreRefusesException">The disk takes nothing, and it is not held in memory.</exception>
    public Task<T> RunAsync<T>(
        Func<SqliteSession, T> write, CancellationToken cancellationToken, WriteKind kind = WriteKind.Needed, IReadOnlyList<object>? names = null)
    {
        var waiting = new Write<T>(write, kind, names ?? [], cancellationToken);
        ObjectDisposedException.ThrowIf(!_waiting.Writer.TryWrite(waiting), this);
        if (kind is not WriteKind.Result)
            _hurry.TrySetResult();
        return waiting.Durable;
    }

    /// <summary>Reads what is held in memory; false when all is on disk, where everybody reads for himself.</summary>
    public bool TryRead<T>(Func<SqliteSession, T> read, out T? value)
    {
        value = default;
        if (!_mayHold)
            return false;
        lock (_gate)
        {
            if (!_holding)
                return false;
            value = read(_session);
            return true;
        }
    }

    /// <summary>Whether what a write named is in memory only.</summary>
    public bool IsUnrecorded(object name)
    {
        if (_failure is null)
            return false;
        lock (_gate)
            return _unrecorded.Contains(name);
    }

    /// <summary>Writes what is waiting, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        _hurry.TrySetResult();
        await _writer;
        _session.Dispose();
    }

    private async Task WriteAsync()
    {
        var group = new List<Write>(MostInAGroup);
        while (await SomethingToDoAsync())
        {
            // What hurries from here on finds this one, also when its write is taken already.
            _hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Take(group);
            if (_gather > TimeSpan.Zero && group.TrueForAll(write => write.Kind is WriteKind.Result))
            {
                // A disk's pace, which no simulated clock knows.
                await Task.WhenAny(_hurry.Task, Task.Delay(_gather, TimeProvider.System));
                Take(group);
            }
            lock (_gate)
            {
                Work(group);
                _mayHold = _holding;
            }
            group.Clear();
        }
        lock (_gate)
        {
            if (_held.Count > 0)
                Record();
        }
    }

    private void Take(List<Write> group)
    {
        while (group.Count < MostInAGroup && _waiting.Reader.TryRead(out var write))
        {
            if (!write.TakenBack())
                group.Add(write);
        }
    }

    /// <returns>False at the end.</returns>
    private async Task<bool> SomethingToDoAsync()
    {
        if (_held.Count == 0)
            return await _waiting.Reader.WaitToReadAsync();
        using var tick = new CancellationTokenSource(BetweenTries, _time);
        try
        {
            return await _waiting.Reader.WaitToReadAsync(tick.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Work(List<Write> group)
    {
        if (_held.Count == 0)
        {
            if (group.Count > 0)
                Commit(group);
            return;
        }

        if (_time.GetElapsedTime(_lastTry) >= _untilNextTry)
            Record();
        if (_held.Count == 0)
        {
            if (group.Count > 0)
                Commit(group);
        }
        else if (_holding)
        {
            Hold(group);
        }
        else
        {
            foreach (var write in group)
                write.Fail(new StoreRefusesException(_failure!.Why));
        }
    }

    private void Commit(List<Write> group)
    {
        _live.Begin();
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var write in group)
                Execute(write);
            _around(() => _session.Execute("COMMIT"));
        }
        catch (Exception failure)
        {
            // The whole transaction is lost.
            RollBack();
            _live.RollBack();
            NoteDamage(failure);
            var why = DiskTrouble.Of(failure);
            _failure = new StoreFailure(why ?? failure.Message.TrimEnd('.'), _failure?.Since ?? _time.GetUtcNow(), Held: 0, Dropped: 0) { Refuses = true };
            if (why is not null && BeginHolding([]))
            {
                (_lastTry, _untilNextTry) = (_time.GetTimestamp(), BetweenTries);
                Hold(group);
                return;
            }

            // Every caller hears why, and the writer lives on.
            foreach (var write in group)
                write.Fail(failure);
            return;
        }

        _live.Publish();
        _failure = null;
        foreach (var write in group)
            write.Complete();
    }

    /// <returns>Whether it succeeded; otherwise what it did is undone.</returns>
    private bool Execute(Write write)
    {
        // One statement that counts, which SQLite undoes by itself.
        if (write.Kind is WriteKind.Result)
        {
            if (write.TryExecute(_session))
                return true;
            NoteDamage(write.Failure!);
            if (DiskTrouble.Of(write.Failure!) is not null || !_session.InTransaction)
                ExceptionDispatchInfo.Throw(write.Failure!);
            return false;
        }

        _session.Execute("SAVEPOINT one");
        if (write.TryExecute(_session))
        {
            _session.Execute("RELEASE one");
            return true;
        }

        NoteDamage(write.Failure!);
        // Not this write's fault: whatever comes next would meet the same.
        if (DiskTrouble.Of(write.Failure!) is not null)
            ExceptionDispatchInfo.Throw(write.Failure!);
        try
        {
            _session.Execute("ROLLBACK TO one");
            _session.Execute("RELEASE one");
            return false;
        }
        catch (SqliteException)
        {
            // It was so bad that SQLite has ended the whole transaction.
            ExceptionDispatchInfo.Throw(write.Failure!);
            throw;
        }
    }

    private void Hold(List<Write> group)
    {
        var refusals = group.ConvertAll(Hold);
        // Nothing of it is kept: there is nothing to wait for with an open transaction.
        if (_held.Count == 0)
        {
            RollBack();
            _holding = false;
        }

        Count();
        // Last: whoever hears of his write may ask at once how the store is.
        foreach (var (write, refusal) in group.Zip(refusals))
        {
            if (refusal is null)
                write.Complete();
            else
                write.Fail(refusal);
        }
    }

    /// <summary>Does a write in the transaction that stays open.</summary>
    /// <returns>Why it is not held; null when it is, and when it threw what its caller hears of.</returns>
    private Exception? Hold(Write write)
    {
        if (write.Kind is WriteKind.Durable || !MakeRoom())
            return new StoreRefusesException(_failure!.Why);

        try
        {
            if (Execute(write))
            {
                _held.Add(write);
                foreach (var name in write.Names)
                    _unrecorded.Add(name);
            }

            return null;
        }
        catch (Exception failure)
        {
            // The transaction itself is lost: what was held is done again, this one is not.
            RollBack();
            BeginHolding([.. _held]);
            return failure;
        }
    }

    /// <summary>Tries to write what is held.</summary>
    private void Record()
    {
        var began = _time.GetTimestamp();
        try
        {
            if (!_holding && !BeginHolding([.. _held]))
                return;
            _around(() => _session.Execute("COMMIT"));
            _holding = false;
            _held.Clear();
            _unrecorded.Clear();
            _live.Resume();
            _failure = null;
        }
        catch (Exception failure)
        {
            RollBack();
            _failure = _failure! with { Why = DiskTrouble.Of(failure) ?? failure.Message.TrimEnd('.') };
            BeginHolding([.. _held]);
        }
        finally
        {
            var rest = RestAfterWork * _time.GetElapsedTime(began);
            (_lastTry, _untilNextTry) = (_time.GetTimestamp(), rest > BetweenTries ? rest : BetweenTries);
        }
    }

    /// <summary>Begins the transaction that stays open, with these writes in it.</summary>
    /// <returns>False when that is not possible: another process has the database, say. What is held stays held, and is tried again.</returns>
    private bool BeginHolding(IReadOnlyList<Write> writes)
    {
        (_holding, _mayHold) = (false, true);
        _live.Suspend();
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            _held.Clear();
            _unrecorded.Clear();
            foreach (var write in writes)
            {
                if (!Execute(write))
                    continue;
                _held.Add(write);
                _unrecorded.UnionWith(write.Names);
            }
            return _holding = true;
        }
        catch (Exception)
        {
            RollBack();
            _held.Clear();
            _held.AddRange(writes);
            return false;
        }
        finally
        {
            Count();
        }
    }

    /// <summary>Leaves the older half of the results out when there is too much.</summary>
    private bool MakeRoom()
    {
        if (_held.Count < _mostHeld)
            return true;
        var results = _held.Count(write => write.Kind is WriteKind.Result);
        // Not for a few at a time: each time all is done again.
        if (results < _mostHeld / 10)
            return false;
        var drop = results / 2;
        List<Write> rest = [.. _held.Where(write => write.Kind is not WriteKind.Result || drop-- <= 0)];
        _failure = _failure! with { Dropped = _failure.Dropped + _held.Count - rest.Count };
        RollBack();
        return BeginHolding(rest);
    }

    private void Count()
    {
        if (_failure is { } failure)
            _failure = failure with { Held = _held.Count, Refuses = !_holding };
    }

    private void NoteDamage(Exception failure)
    {
        if (DatabaseFile.IsDamage(failure))
            _damage = failure.Message;
    }

    private void RollBack()
    {
        try
        {
            _session.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself.
        }
    }

    private abstract class Write(WriteKind kind, IReadOnlyList<object> names)
    {
        public WriteKind Kind => kind;

        public IReadOnlyList<object> Names => names;

        /// <summary>Why it threw; null when it did not.</summary>
        public Exception? Failure { get; protected set; }

        public abstract bool TakenBack();

        /// <returns>False when it threw; its caller hears of it in <see cref="Complete"/>.</returns>
        public abstract bool TryExecute(SqliteSession session);

        /// <summary>Tells the caller what came of it, once.</summary>
        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqliteSession, T> write, WriteKind kind, IReadOnlyList<object> names, CancellationToken cancellationToken)
        : Write(kind, names)
    {
        private readonly TaskCompletionSource<T> _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;

        public Task<T> Durable => _durable.Task;

        public override bool TakenBack() =>
            cancellationToken.IsCancellationRequested && _durable.TrySetCanceled(cancellationToken);

        public override bool TryExecute(SqliteSession session)
        {
            (_value, Failure) = (default, null);
            try
            {
                _value = write(session);
                return true;
            }
            catch (Exception failure)
            {
                Failure = failure;
                return false;
            }
        }

        public override void Complete()
        {
            if (Failure is null)
                _durable.TrySetResult(_value!);
            else
                _durable.TrySetException(Failure);
        }

        public override void Fail(Exception failure) => _durable.TrySetException(Failure ?? failure);
    }
}
