using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

/// <summary>The definition of the only endpoint that <see cref="MemoryStore"/> has a state of.</summary>
internal sealed class OneEndpoint(Endpoint endpoint) : IEndpointStore
{
    internal RegisteredEndpoint? Registered { get; set; } = new(endpoint, EndpointSource.Api);

    public Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RegisteredEndpoint>>(Registered is { } one ? [one] : []);

    public Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken) =>
        Task.FromResult(Registered?.Endpoint.Id == id ? Registered : null);

    public Task<bool> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken)
    {
        var created = Registered is null;
        Registered = endpoint;
        return Task.FromResult(created);
    }
}
