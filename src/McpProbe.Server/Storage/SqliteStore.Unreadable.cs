using McpProbe.Monitoring;
using Microsoft.Data.Sqlite;

namespace McpProbe.Server.Storage;

// One spoiled row must not hide the others: what people and rollups read leaves it out.
internal sealed partial class SqliteStore
{
    /// <summary>What was left out; whoever logs sets its <see cref="UnreadableRows.Tell"/>.</summary>
    public UnreadableRows Unreadable { get; }

    /// <summary>Maps a row; null for one that cannot be read.</summary>
    private Func<SqliteDataReader, T?> Readable<T>(string table, string of, Func<SqliteDataReader, T> map) where T : class => row =>
    {
        try
        {
            return map(row) ?? throw Nothing();
        }
        catch (Exception failure) when (UnreadableRows.Is(failure))
        {
            Unreadable.Skip(table, of, failure);
            return null;
        }
    };
}
