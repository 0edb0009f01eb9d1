using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Tests.Storage;

/// <summary>The store that tests write to keeps what every store keeps.</summary>
public sealed class MemoryStoreTests : MonitorStoreContract
{
    protected override int Stories => 1000;

    // A restart loses nothing: there is no process of its own to end.
    private readonly MemoryStore _store = new();

    protected override Task<StorePorts> OpenAsync() => Task.FromResult(new StorePorts(_store, _store, _store, _store));
}

public sealed class MemoryRollupTests : RollupStoreContract
{
    private readonly MemoryStore _store = new();

    protected override Task<RollupPorts> OpenAsync() => Task.FromResult(new RollupPorts(_store, _store, _store));
}

public sealed class MemoryAuditTests : AuditStoreContract
{
    private readonly MemoryStore _store = new();

    protected override Task<IAuditStore> OpenAsync() => Task.FromResult<IAuditStore>(_store);
}
