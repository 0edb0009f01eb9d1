namespace McpProbe.Model;

/// <summary>A catalogue by its hash, at the protocol version that it was read with: what servers list depends on it.</summary>
public sealed record CatalogVersion(string ProtocolVersion, string Hash);
