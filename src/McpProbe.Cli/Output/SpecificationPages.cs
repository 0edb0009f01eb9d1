namespace McpProbe.Cli.Output;

/// <summary>Where to read what a rule says.</summary>
internal static class SpecificationPages
{
    private const string Mcp = "https://modelcontextprotocol.io/specification/";
    private const string Newest = "2026-07-28";

    /// <summary>By what the name of a section begins with, after that of the revision.</summary>
    private static readonly (string Section, string Page)[] Pages =
    [
        ("Caching", "/server/utilities/caching"),
        ("Pagination", "/server/utilities/pagination"),
        ("Tools", "/server/tools"),
    ];

    /// <param name="section">As a finding has it, such as <c>MCP 2026-07-28, Caching</c>.</param>
    /// <returns>The page of the section where its address is known, otherwise the first one of the standard; null for none.</returns>
    public static string? Of(string? section)
    {
        if (section is null)
            return null;
        if (section.StartsWith("JSON-RPC 2.0", StringComparison.Ordinal))
            return "https://www.jsonrpc.org/specification";
        if (section.StartsWith("RFC ", StringComparison.Ordinal) && section.AsSpan(4) is var rest && rest.IndexOfAnyExceptInRange('0', '9') is var end && end != 0)
            return $"https://www.rfc-editor.org/rfc/rfc{(end < 0 ? rest : rest[..end])}";
        if (section.StartsWith("MCP conformance", StringComparison.Ordinal))
            return "https://github.com/modelcontextprotocol/conformance";
        if (!section.StartsWith("MCP", StringComparison.Ordinal))
            return null;
        var comma = section.IndexOf(", ", StringComparison.Ordinal);
        var revision = comma < 0 ? section.AsSpan(3).Trim() : section.AsSpan(3, comma - 3).Trim();
        var name = comma < 0 ? "" : section[(comma + 2)..];
        var page = "";
        foreach (var (begins, address) in Pages)
        {
            if (name.StartsWith(begins, StringComparison.Ordinal))
                page = address;
        }

        return $"{Mcp}{(revision.IsEmpty ? Newest : revision)}{page}";
    }
}
