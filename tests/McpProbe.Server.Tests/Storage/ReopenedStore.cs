using McpProbe.Server.Storage;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.Storage;

/// <summary>A store in a directory of its own, which can be closed and opened again.</summary>
internal sealed class ReopenedStore : IDisposable
{
    private readonly TempDirectory _temp = new();
    private SqliteStore? _store;

    public string DataPath => _temp.File("data");

    public DataDirectory? Directory { get; private set; }

    public SqliteStore Store => _store ?? throw new InvalidOperationException("The store is closed.");

    public string File(string name) => _temp.File(name);

    public SqliteStore Open()
    {
        Directory = DataDirectory.Open(DataPath);
        return _store = SqliteStore.Open(Directory, TimeProvider.System);
    }

    public async Task CloseAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        Directory?.Dispose();
        (_store, Directory) = (null, null);
    }

    public void Dispose() => _temp.Dispose();
}
