using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace McpProbe.Server.Storage;

/// <summary>Failures of the disk below the database: whatever is written now fails, and may succeed later.</summary>
internal static class DiskTrouble
{
    /// <summary>What is wrong and what to do, in two clauses; null for a failure that is none of the disk's.</summary>
    public static string? Of(Exception failure) => failure is not SqliteException { SqliteErrorCode: var code } known ? null : code switch
    {
        raw.SQLITE_FULL => "the disk is full: free space on it",
        raw.SQLITE_READONLY => "it is read-only: make it writable",
        raw.SQLITE_CANTOPEN => "its files cannot be opened or made: free space, and check that the directory may be written",
        raw.SQLITE_IOERR => $"the disk reports an error (SQLite {known.SqliteExtendedErrorCode}): free space on it, and look whether it is read-only or broken",
        _ => null,
    };
}
