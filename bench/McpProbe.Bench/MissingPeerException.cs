namespace McpProbe.Bench;

/// <summary>What a benchmark compares with, or measures, is not installed; the message says how to get it.</summary>
internal sealed class MissingPeerException(string message) : Exception(message);
