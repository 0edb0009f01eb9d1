using System.Text;

namespace McpProbe.Imports.Planning;

/// <summary>Names for variables whose value a person must set.</summary>
internal static class VariableNames
{
    /// <summary>
    /// Such as <c>MCP_GITHUB_AUTHORIZATION</c>. Others wrote both parts, so the name begins with what no other secret's does: it must not become that of a secret that is
    /// there for something else.
    /// </summary>
    public static string Of(string server, string what)
    {
        var name = new StringBuilder("MCP");
        foreach (var part in (string[])[server, what])
        {
            name.Append('_');
            foreach (var c in part.Length > 60 ? part[..60] : part)
                name.Append(char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_');
        }

        return name.ToString();
    }
}
