using McpProbe.Endpoints;

namespace McpProbe.Monitoring;

/// <summary>Adding, changing and removing what is watched, with what that means for open incidents.</summary>
public sealed class EndpointRegistry(IEndpointStore endpoints, IMonitorStore store, IAlertOutbox outbox, TimeProvider time)
{
    /// <summary>Creates or replaces; pausing closes the open incidents.</summary>
    public Task<RegistryOutcome> PutAsync(Endpoint endpoint, EndpointSource source, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{endpoints} {store} {outbox} {time} {endpoint} {source} {cancellationToken}");

    /// <summary>Deletes; open incidents are closed and their resolves delivered.</summary>
    public Task<RegistryOutcome> DeleteAsync(string id, EndpointSource source, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{id} {source} {cancellationToken}");

    /// <summary>Makes the store's file endpoints those of the document; endpoints added through the API are left alone.</summary>
    public Task<IReadOnlyList<ConfigError>> SynchronizeAsync(string source, ProbesDocument document, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{source} {document} {cancellationToken}");
}

public enum RegistryOutcome
{
    Created,
    Replaced,
    Deleted,
    NotFound,

    /// <summary>It is defined in the probes file, and changed there.</summary>
    OwnedByFile,
}
