namespace McpProbe.Gate;

/// <summary>What the official client could do with a server.</summary>
/// <param name="ClientVersion">Of the ModelContextProtocol package.</param>
/// <param name="Tools">Names of the tools that it lists, in the server's order; not all of them when some are invalid for it.</param>
/// <param name="Fault">Why it could not work with the server; null when it could.</param>
/// <param name="Ms">How long it took, in milliseconds.</param>
public sealed record SdkOpinion(
    string ClientVersion, string? ProtocolVersion, IReadOnlyList<string> Tools, string? Fault, double Ms);
