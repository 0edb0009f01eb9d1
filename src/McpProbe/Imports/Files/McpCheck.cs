namespace McpProbe.Imports.Files;

/// <summary>Which checks of other monitors are about MCP servers: what they send, or the path that they ask.</summary>
internal static class McpCheck
{
    public static bool IsOne(string url, string? body) =>
        IsMcpPath(url) || (body is not null && body.Contains("jsonrpc", StringComparison.OrdinalIgnoreCase)
            && Array.Exists(["initialize", "tools/list", "server/discover", "ping"], method => body.Contains($"\"{method}\"", StringComparison.Ordinal)));

    /// <summary>Of a check that is not one.</summary>
    public const string Other = "it is no check of an MCP server: its path ends in neither /mcp nor /sse, and it sends no MCP request";

    public const string NotHttp = "it is no HTTP check";

    private static bool IsMcpPath(string url)
    {
        var path = url.Split('?', '#')[0].TrimEnd('/');
        return path.EndsWith("/mcp", StringComparison.OrdinalIgnoreCase) || path.EndsWith("/sse", StringComparison.OrdinalIgnoreCase);
    }
}
