using System.Threading.Channels;

namespace McpProbe.Server.Storage;

/// <summary>
/// The one writer. Everything that waits when it is free is written in one transaction (group commit), because each
/// transaction costs a flush to disk, and completes when that transaction is on disk. Each write has a savepoint of its own,
/// so that one that throws takes nothing along.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    // Bounds how long the first of a group waits for the last.
    private const int MostInAGroup = 512;

    private readonly SqliteSession _session;
    private readonly Action<Action> _around;
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writer;

    /// <param name="around">Runs each commit of a transaction.</param>
    public WriteQueue(SqliteSession session, Action<Action> around)
    {
        _session = session;
        _around = around;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Runs <paramref name="write"/> on the writer's connection and returns its value once it is durable.</summary>
    /// <param name="cancellationToken">Takes back a write that has not begun; one that has begun is finished.</param>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public Task<T> RunAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellationToken)
    {
        var waiting = new Write<T>(write, cancellationToken);
        ObjectDisposedException.ThrowIf(!_waiting.Writer.TryWrite(waiting), this);
        return waiting.Durable;
    }

    /// <summary>Writes what is waiting, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _writer;
        _session.Dispose();
    }

    private async Task WriteAsync()
    {
        var group = new List<Write>(MostInAGroup);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < MostInAGroup && _waiting.Reader.TryRead(out var write))
            {
                if (!write.TakenBack())
                    group.Add(write);
            }
            if (group.Count > 0)
                Commit(group);
            group.Clear();
        }
    }

    private void Commit(List<Write> group)
    {
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var write in group)
            {
                _session.Execute("SAVEPOINT one");
                if (!write.TryExecute(_session))
                    _session.Execute("ROLLBACK TO one");
                _session.Execute("RELEASE one");
            }
            _around(() => _session.Execute("COMMIT"));
        }
        catch (Exception failure)
        {
            // The whole transaction is lost (disk full, I/O error): every caller hears why, and the writer lives on.
            RollBack();
            foreach (var write in group)
                write.Fail(failure);
            return;
        }
        foreach (var write in group)
            write.Complete();
    }

    private void RollBack()
    {
        try
        {
            _session.Execute("ROLLBACK");
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            // SQLite has rolled back by itself.
        }
    }

    private abstract class Write
    {
        public abstract bool TakenBack();

        /// <returns>False when it threw; its caller hears of it in <see cref="Complete"/>.</returns>
        public abstract bool TryExecute(SqliteSession session);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqliteSession, T> write, CancellationToken cancellationToken) : Write
    {
        private readonly TaskCompletionSource<T> _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;
        private Exception? _failure;

        public Task<T> Durable => _durable.Task;

        public override bool TakenBack() =>
            cancellationToken.IsCancellationRequested && _durable.TrySetCanceled(cancellationToken);

        public override bool TryExecute(SqliteSession session)
        {
            try
            {
                _value = write(session);
                return true;
            }
            catch (Exception failure)
            {
                _failure = failure;
                return false;
            }
        }

        public override void Complete()
        {
            if (_failure is null)
                _durable.SetResult(_value!);
            else
                _durable.SetException(_failure);
        }

        public override void Fail(Exception failure) => _durable.SetException(_failure ?? failure);
    }
}
