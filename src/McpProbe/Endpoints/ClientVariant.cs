namespace McpProbe.Endpoints;

/// <summary>Another client than McpProbe, as which the catalogue is asked for too: a server that gives it other tools is found out.</summary>
/// <param name="Name">What the client calls itself; null for McpProbe's own name.</param>
/// <param name="Version">Null for McpProbe's own.</param>
/// <param name="Bearer">Other credentials, with a reference; null for the endpoint's own.</param>
public sealed record ClientVariant(string? Name, string? Version, string? Bearer);
