using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Uptime;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

/// <summary>
/// Everything the one-machine head keeps, in one SQLite file: the engine's store ports, a file a port. A commit is one
/// transaction with the result, the incidents, the state and its pending transitions (docs/architecture.md, Delivery promises).
/// Deleting an endpoint deletes its results, their rollups and its drift; incidents and deliveries stay.
/// </summary>
internal sealed partial class SqliteStore : IEndpointStore, IMonitorStore, IMonitorHistory, IIncidentStore, IDeliveryStore, IRollupStore, IAlertOutbox, IAsyncDisposable
{
    private readonly WriteQueue _writes;
    private readonly ReaderPool _reads;
    private readonly TimeProvider _time;
    private readonly LiveEndpoints _live;
    private readonly string _path;
    private StoreFailure? _gone;

    private SqliteStore(SqliteSession writer, string path, TimeProvider time, Action<Action> around, int mostHeld, TimeSpan gather)
    {
        _live = new LiveEndpoints(writer.QueryFirst("SELECT coalesce(max(version), 0) FROM state", row => row.GetInt64(0)));
        _writes = new WriteQueue(writer, around, _live, time, mostHeld, gather);
        _reads = new ReaderPool(path, _writes);
        _path = path;
        _time = time;
        Unreadable = new UnreadableRows(time);
    }

    /// <summary>Told of every endpoint that was created, replaced or deleted, once that is durable. Must not block.</summary>
    public Action<string> EndpointChanged { get; set; } = _ => { };

    /// <summary>Told of every hand-over with something to deliver, once it is durable. Must not block.</summary>
    public Action HandedOver { get; set; } = () => { };

    /// <exception cref="StorageException">The file cannot be used.</exception>
    /// <param name="gather">How long a result that changed nothing may wait for others: each transaction costs a flush to disk.</param>
    public static SqliteStore Open(DataDirectory directory, TimeProvider time, TimeSpan gather = default) =>
        Open(directory, time, commit => commit(), gather: gather);

    /// <param name="around">Runs each commit of a transaction: what it does before and after is done just before and after it is durable.</param>
    /// <inheritdoc cref="Open(DataDirectory, TimeProvider, TimeSpan)"/>
    /// <param name="mostHeld">How many writes are kept in memory while the disk takes none.</param>
    internal static SqliteStore Open(
        DataDirectory directory, TimeProvider time, Action<Action> around, int mostHeld = WriteQueue.MostHeld, TimeSpan gather = default)
    {
        var path = directory.Database;
        SqliteSession? writer = null;
        try
        {
            DatabaseFile.MakeMissing(directory);
            writer = DatabaseFile.Open(path, TimeProvider.System);
            Schema.Prepare(writer);
            MakeShrinkable(writer);
            writer.KeepInMemory();
            return new SqliteStore(writer, path, time, around, mostHeld, gather);
        }
        catch (Exception failure) when (failure is SqliteException or StorageException or IOException or UnauthorizedAccessException)
        {
            writer?.Dispose();
            throw failure as StorageException ?? new StorageException(
                DiskTrouble.Of(failure) is { } why
                    ? $"The database {path} cannot be opened: {why}, and start again; or choose another directory with --data."
                    : $"The database {path} cannot be opened: {failure.Message} Restore it from a backup, or choose another directory with --data.",
                failure);
        }
    }

    // A file of an older version gives nothing back until it is written anew, which takes seconds for a small one. A large one, and one
    // that the disk has no room for now, goes on as it is: its free pages are used again, and docs/operations.md says how to shrink it.
    private static void MakeShrinkable(SqliteSession writer)
    {
        const long Small = 256 << 20;
        long Pragma(string name) => writer.QueryFirst($"PRAGMA {name}", row => row.GetInt64(0));
        if (Pragma("auto_vacuum") == SqliteSession.IncrementalVacuum || Pragma("page_count") * Pragma("page_size") > Small)
            return;
        try
        {
            writer.Execute($"PRAGMA auto_vacuum = {SqliteSession.IncrementalVacuum}");
            writer.Execute("VACUUM");
        }
        catch (SqliteException)
        {
            // The next start tries again.
        }
    }

    /// <summary>Does something on the writer's connection, for tests.</summary>
    internal Task<T> RunAsync<T>(Func<SqliteSession, T> write) => _writes.RunAsync(
        session =>
        {
            _live.NoteAnything();
            return write(session);
        },
        CancellationToken.None);

    /// <summary>What SQLite said when it met damage in the file since the start; null while it met none.</summary>
    public string? Damage => _reads.Damage ?? _writes.Damage;

    /// <summary>What keeps it from writing; null while what is written is on disk.</summary>
    public StoreFailure? Failure => _writes.Failure ?? Gone();

    // For good: a file that is put there later is another one than that which is open.
    private StoreFailure? Gone() => _gone ??= File.Exists(_path)
        ? null
        : new StoreFailure("the database was taken away while McpProbe runs: put it back from a backup where there is one, and restart McpProbe", _time.GetUtcNow(), Held: 0, Dropped: 0) { IsGone = true };

    public async ValueTask DisposeAsync()
    {
        _reads.Dispose();
        await _writes.DisposeAsync();
    }

    private static DateTimeOffset Instant(long utcTicks) => new(utcTicks, TimeSpan.Zero);
}
