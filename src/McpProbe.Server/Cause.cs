using Microsoft.Data.Sqlite;

namespace McpProbe.Server;

/// <summary>What failures have in common, for a log that tells each cause once a minute.</summary>
internal static class Cause
{
    public static string Of(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [var first, ..] } => Of(first),
        SqliteException sqlite => $"SQLite {sqlite.SqliteExtendedErrorCode}",
        _ => failure.GetType().FullName!,
    };
}
