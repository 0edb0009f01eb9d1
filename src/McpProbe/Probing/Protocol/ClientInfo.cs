namespace McpProbe.Probing.Protocol;

/// <summary>What the prober calls itself.</summary>
internal static class ClientInfo
{
    public const string Name = "mcpprobe";

    public static readonly string Version = typeof(ClientInfo).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
