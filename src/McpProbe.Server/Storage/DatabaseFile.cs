using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace McpProbe.Server.Storage;

/// <summary>
/// The database as a file: makes a new one whole, and refuses one that is damaged without changing a byte of it, so that what can still be
/// saved of it is there.
/// </summary>
internal static class DatabaseFile
{
    private const int HeaderLength = 100;

    /// <summary>Damage beyond what is looked at in this time is found when it is read (<see cref="SqliteStore.Damage"/>).</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(2);

    /// <summary>What SQLite puts beside it.</summary>
    private static readonly string[] Companions = ["-wal", "-shm"];

    /// <summary>Makes it where there is none. It gets its name when all its tables are there, so that an empty file is never one of ours.</summary>
    public static void MakeMissing(DataDirectory directory)
    {
        var path = directory.Database;
        if (Path.Exists(path))
            return;
        var unfinished = $"{path}-new";
        File.Delete(unfinished);
        directory.MakeFile(unfinished);
        using (var session = SqliteSession.Open(unfinished, readOnly: false))
            Schema.Prepare(session);
        File.Move(unfinished, path);
    }

    /// <summary>Opens it for writing, if it is whole and no newer version's.</summary>
    /// <exception cref="StorageException">It cannot be used; it is as it was.</exception>
    /// <exception cref="SqliteException">The same, for a reason that SQLite tells.</exception>
    public static SqliteSession Open(string path, TimeProvider time)
    {
        if (Directory.Exists(path))
            throw new StorageException($"{path} is a directory, and McpProbe's database is a file of this name: move the directory away, or choose another directory with --data.");
        LookAtHeader(path);
        var strangers = Companions.Select(suffix => path + suffix).Where(file => !File.Exists(file)).ToList();
        try
        {
            return SqliteSession.Open(path, readOnly: false, session =>
            {
                Schema.RefuseNewer(session, path);
                LookAtPages(session, path, time);
            });
        }
        catch
        {
            strangers.ForEach(File.Delete);
            throw;
        }
    }

    private static void LookAtHeader(string path)
    {
        var header = new byte[HeaderLength];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var read = file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false);
        if (read == 0)
            throw Damaged(path, "it is empty");
        if (!header.AsSpan().StartsWith("SQLite format 3\0"u8))
            throw Damaged(path, "its beginning is not that of a database");
        // 65,536 does not fit into its two bytes, which hold 1 for it.
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(16)) is not 1 and var size ? size : 1 << 16;
        var expected = (long)pageSize * BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(28));
        // While there is a log, the end may still be in there.
        if (file.Length < expected && new FileInfo(path + "-wal") is not { Exists: true, Length: > 0 })
            throw Damaged(path, $"{expected - file.Length} of its {expected} bytes are missing at its end");
    }

    private static void LookAtPages(SqliteSession session, string path, TimeProvider time)
    {
        var began = time.GetTimestamp();
        using var limit = session.InterruptWhen(() => time.GetElapsedTime(began) > LongestLook);
        try
        {
            // What is needed most comes first.
            var tables = session.Query(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name = 'endpoints' DESC, name = 'state' DESC, name = 'readings', name",
                row => row.GetString(0));
            foreach (var table in tables)
            {
                if (session.QueryFirst($"PRAGMA quick_check('{table}')", row => row.GetString(0)) is { } found and not "ok")
                    throw Damaged(path, found.ReplaceLineEndings(" ").TrimEnd('.'));
            }
        }
        catch (SqliteException failure) when (failure.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            // So far it is whole.
        }
        catch (SqliteException failure) when (IsDamage(failure))
        {
            throw Damaged(path, failure.Message.TrimEnd('.'));
        }
    }

    /// <summary>Whether SQLite says that the file holds what it cannot.</summary>
    public static bool IsDamage(Exception failure) => failure is SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    private static StorageException Damaged(string path, string how) => new(
        $"The database {path} is damaged ({how}), and was left as it is: restore it from a backup (docs/operations.md), or move it away or choose another directory with --data to begin anew.");
}
