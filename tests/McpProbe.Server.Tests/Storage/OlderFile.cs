using McpProbe.Server.Storage;

namespace McpProbe.Server.Tests.Storage;

/// <summary>A database as an older version left it: its tables, with the rows that fit into them.</summary>
internal static class OlderFile
{
    /// <param name="path">A file of this version, that nobody has open; it is replaced.</param>
    /// <param name="version">How many steps of the schema it has afterwards.</param>
    internal static void Make(string path, int version)
    {
        var older = path + ".older";
        using (var session = SqliteSession.Open(older, readOnly: false))
        {
            foreach (var step in Schema.Steps.Take(version))
                session.Execute(step);
            session.Execute("ATTACH $path AS newer", ("$path", path));
            foreach (var table in session.Query("SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", row => row.GetString(0)))
            {
                // What is kept in another table by now, such as results, is left out.
                if (!session.QueryFirst("SELECT EXISTS (SELECT 1 FROM newer.sqlite_master WHERE type = 'table' AND name = $table)", row => row.GetBoolean(0), ("$table", table)))
                    continue;
                var columns = string.Join(", ", session.Query($"SELECT name FROM pragma_table_info('{table}', 'main')", row => row.GetString(0)));
                session.Execute($"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}");
            }

            session.Execute("DETACH newer");
            session.Execute($"PRAGMA user_version = {version}");
        }

        foreach (var file in new[] { path, path + "-wal", path + "-shm" })
            File.Delete(file);
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            if (File.Exists(older + suffix))
                File.Move(older + suffix, path + suffix);
        }
    }
}
