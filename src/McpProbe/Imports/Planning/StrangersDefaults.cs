using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;

namespace McpProbe.Imports.Planning;

/// <summary>What the defaults of a probes file would do to servers of others: no credentials are sent to them, and none of their tools is called.</summary>
public static class StrangersDefaults
{
    private static readonly string[] Keys = ["bearer", "oauth", "tls", "smoke", "connectTo"];

    /// <summary>Why nothing is imported into the file; null when its defaults do no harm.</summary>
    /// <param name="text">Of a file that is valid.</param>
    public static string? MistakeIn(string text, string source)
    {
        var root = string.IsNullOrWhiteSpace(text) ? null
            : source.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? JsonConfig.Read(System.Text.Encoding.UTF8.GetBytes(text)) : YamlConfig.Read(text.TrimStart('\uFEFF'));
        if (root?.Member("defaults") is not { Kind: ConfigKind.Mapping } defaults)
            return null;
        var found = defaults.Members.Select(member => member.Key).Where(Keys.Contains)
            .Concat((defaults.Member("headers")?.Members ?? []).Select(header => header.Key).Where(CredentialHeaders.Contains).Select(header => $"headers.{header}")).ToList();
        return found.Count == 0 ? null
            : $"its defaults have {string.Join(", ", found)}, which would be sent to, or done with, every server that is imported, and those are other people's. Move that to the endpoints that need it, or import into a file of its own";
    }
}
