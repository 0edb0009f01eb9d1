namespace McpProbe.Model;

/// <summary>A server and its catalogue at one protocol version.</summary>
public sealed record Snapshot(string ProtocolVersion, ServerDescription Server, ToolCatalog Catalog);

/// <summary>What a server says of itself in <c>initialize</c> or <c>server/discover</c>.</summary>
/// <param name="Capabilities">The JSON object as received; empty when absent.</param>
public sealed record ServerDescription(
    string? Name, string? Version, string? Instructions, ReadOnlyMemory<byte> Capabilities);
