using System.Collections.Concurrent;

namespace McpProbe.Server.Storage;

/// <summary>Read-only connections, as many as there are readers at once. In WAL mode they never wait for the writer.</summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private readonly ConcurrentBag<SqliteSession> _idle = [];

    public T Read<T>(Func<SqliteSession, T> read)
    {
        if (!_idle.TryTake(out var session))
            session = SqliteSession.Open(path, readOnly: true);
        try
        {
            var value = read(session);
            _idle.Add(session);
            return value;
        }
        catch
        {
            // Perhaps left in the middle of a statement: never reused.
            session.Dispose();
            throw;
        }
    }

    /// <summary>The same, with every statement seeing the database at one instant.</summary>
    public T ReadAtOnce<T>(Func<SqliteSession, T> read) => Read(session =>
    {
        session.Execute("BEGIN");
        var value = read(session);
        session.Execute("COMMIT");
        return value;
    });

    public void Dispose()
    {
        while (_idle.TryTake(out var session))
            session.Dispose();
    }
}
