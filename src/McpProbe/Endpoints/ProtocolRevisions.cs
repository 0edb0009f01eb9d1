namespace McpProbe.Endpoints;

/// <summary>The revisions of the Model Context Protocol that a probe can be told to speak, oldest first.</summary>
public static class ProtocolRevisions
{
    public static readonly IReadOnlyList<string> All = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
}
