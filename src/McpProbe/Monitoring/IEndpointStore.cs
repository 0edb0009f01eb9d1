using McpProbe.Endpoints;

namespace McpProbe.Monitoring;

/// <summary>The definitions of what is watched.</summary>
public interface IEndpointStore
{
    /// <summary>All of them, by id.</summary>
    Task<IReadOnlyList<RegisteredEndpoint>> ListEndpointsAsync(CancellationToken cancellationToken);

    Task<RegisteredEndpoint?> FindEndpointAsync(string id, CancellationToken cancellationToken);

    /// <summary>Creates the endpoint with an empty state, or replaces its definition and keeps state and history.</summary>
    /// <returns>True when it was created.</returns>
    Task<bool> PutEndpointAsync(RegisteredEndpoint endpoint, CancellationToken cancellationToken);
}

/// <param name="Source">Who may change it: an endpoint of the probes file is changed there.</param>
public sealed record RegisteredEndpoint(Endpoint Endpoint, EndpointSource Source);

public enum EndpointSource
{
    Api,
    File,
}
