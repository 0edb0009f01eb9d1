using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>Which request headers an endpoint may add.</summary>
internal static class HeaderRules
{
    // Set by the probe itself, or by HTTP.
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding",
        "Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Last-Event-ID",
    };

    /// <summary>Null, or what is wrong with the name (a token of RFC 9110, 5.6.2).</summary>
    public static string? MistakeInName(string name)
    {
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
            return $"'{VisibleText.Excerpt(name)}' is not a header name";
        return Own.Contains(name) ? $"the header '{name}' is set by the probe itself; remove it" : null;
    }
}
