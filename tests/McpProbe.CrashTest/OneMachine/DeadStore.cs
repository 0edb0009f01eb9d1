using McpProbe.CrashTest.Truth;
using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.CrashTest.OneMachine;

/// <summary>Reads what a dead server has left behind.</summary>
internal static class DeadStore
{
    /// <summary>From a copy: the next server itself must find, and repair, what this one left.</summary>
    public static async Task<StoreView> ReadCopyAsync(string data, CancellationToken cancellationToken)
    {
        using var copy = new TempDirectory();
        foreach (var file in Directory.EnumerateFiles(data, "mcpprobe.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            File.Copy(file, copy.File(Path.GetFileName(file)));
        return await ReadAsync(copy.Path, cancellationToken);
    }

    public static async Task<StoreView> ReadAsync(string data, CancellationToken cancellationToken)
    {
        using var directory = DataDirectory.Open(data);
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        return await StoreView.ReadAsync(store, store, cancellationToken);
    }
}
