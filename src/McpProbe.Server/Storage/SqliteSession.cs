using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace McpProbe.Server.Storage;

/// <summary>One connection and the statements it has prepared. Used by one caller at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    /// <summary>The value of <c>PRAGMA auto_vacuum</c> with which free pages are given back when they are asked for.</summary>
    public const int IncrementalVacuum = 2;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    private SqliteSession(SqliteConnection connection) => _connection = connection;

    /// <param name="check">Looks at the file before anything of it is changed, and throws when it is not to be changed.</param>
    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public static SqliteSession Open(string path, bool readOnly, Action<SqliteSession>? check = null)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
            // Sessions are kept open and reused by their owner; a second pool below would keep the file open after it.
            Pooling = false,
        }.ToString());
        var session = new SqliteSession(connection);
        try
        {
            connection.Open();
            session.Execute("PRAGMA busy_timeout = 5000");
            session.Execute("PRAGMA foreign_keys = ON");
            if (check is not null)
            {
                session.MoveLogAtClose(false);
                check(session);
                session.MoveLogAtClose(true);
            }
            if (!readOnly)
            {
                // Fixed when the first table is made: a file that can give pages back without being written anew (CleanUp). Said to a
                // file that has tables it would be a write, which a full disk refuses.
                if (session.QueryFirst("PRAGMA page_count", row => row.GetInt64(0)) == 0)
                    session.Execute($"PRAGMA auto_vacuum = {IncrementalVacuum}");
                session.Execute("PRAGMA journal_mode = WAL");
                // A commit that was reported survives the loss of power, not just of the process.
                session.Execute("PRAGMA synchronous = FULL");
                // A large clean-up, or a long read, lets the log grow once; it is cut when it is written anew.
                session.Execute("PRAGMA journal_size_limit = 67108864");
            }
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Ends what runs too long, with SQLITE_INTERRUPT, until it is disposed.</summary>
    public IDisposable InterruptWhen(Func<bool> enough)
    {
        const int Steps = 10_000;
        raw.sqlite3_progress_handler(_connection.Handle, Steps, _ => enough() ? 1 : 0, null);
        return new Undo(() => raw.sqlite3_progress_handler(_connection.Handle, 0, null, null));
    }

    // The last connection that closes moves what is in the log into the file.
    private void MoveLogAtClose(bool move)
    {
        const int NoCheckpointOnClose = 1006;
        raw.sqlite3_db_config(_connection.Handle, NoCheckpointOnClose, move ? 0 : 1, out _);
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }

    /// <summary>
    /// From now on a transaction touches no file before its commit: a disk that is full, or read-only, ends none in its middle.
    /// </summary>
    public void KeepInMemory()
    {
        Execute("PRAGMA temp_store = MEMORY");
        Execute("PRAGMA cache_spill = OFF");
    }

    /// <summary>Whether a transaction is open; some failures end it.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <returns>The number of rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Bind(sql, parameters).ExecuteNonQuery();

    /// <summary>The first row, mapped; default when there is none.</summary>
    public T? QueryFirst<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var reader = Bind(sql, parameters).ExecuteReader();
        return reader.Read() ? map(reader) : default;
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> map, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var reader = Bind(sql, parameters).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
            rows.Add(map(reader));
        return rows;
    }

    /// <summary>The first rows that are mapped to something, at most <paramref name="limit"/>; no more rows than that takes are read.</summary>
    /// <param name="map">Null leaves the row out.</param>
    public List<T> Query<T>(
        int limit, string sql, Func<SqliteDataReader, T?> map, params ReadOnlySpan<(string Name, object? Value)> parameters) where T : class
    {
        var rows = new List<T>();
        if (limit <= 0)
            return rows;
        using var reader = Bind(sql, parameters).ExecuteReader();
        while (rows.Count < limit && reader.Read())
        {
            if (map(reader) is { } row)
                rows.Add(row);
        }
        return rows;
    }

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
            command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            // Every text is a constant of this folder; values go through parameters only.
#pragma warning disable CA2100
            command.CommandText = sql;
#pragma warning restore CA2100
            foreach (var (name, _) in parameters)
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            _prepared.Add(sql, command);
        }
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters[i].Value = parameters[i].Value ?? DBNull.Value;
        return command;
    }
}
