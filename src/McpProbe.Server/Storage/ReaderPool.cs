using System.Collections.Concurrent;

namespace McpProbe.Server.Storage;

/// <summary>
/// Read-only connections, as many as there are readers at once. In WAL mode they never wait for the writer. While what is written is
/// held in memory (<see cref="WriteQueue"/>), all read there, one after the other.
/// </summary>
internal sealed class ReaderPool(string path, WriteQueue writes) : IDisposable
{
    private readonly ConcurrentBag<SqliteSession> _idle = [];
    private volatile string? _damage;

    /// <summary>See <see cref="SqliteStore.Damage"/>.</summary>
    public string? Damage => _damage;

    public T Read<T>(Func<SqliteSession, T> read) => writes.TryRead(read, out var held) ? held! : ReadRecorded(read);

    /// <summary>The same, with every statement seeing the database at one instant.</summary>
    public T ReadAtOnce<T>(Func<SqliteSession, T> read) => writes.TryRead(read, out var held) ? held! : ReadRecorded(session =>
    {
        session.Execute("BEGIN");
        var value = read(session);
        session.Execute("COMMIT");
        return value;
    });

    private T ReadRecorded<T>(Func<SqliteSession, T> read)
    {
        SqliteSession? session = null;
        try
        {
            if (!_idle.TryTake(out session))
                session = SqliteSession.Open(path, readOnly: true);
            var value = read(session);
            _idle.Add(session);
            return value;
        }
        catch (Exception failure)
        {
            if (DatabaseFile.IsDamage(failure))
                _damage = failure.Message;
            // Perhaps left in the middle of a statement: never reused.
            session?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var session))
            session.Dispose();
    }
}
