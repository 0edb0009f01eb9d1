using McpProbe.Configuration;
using McpProbe.Probing.Net;

namespace McpProbe.Imports.Registries;

/// <summary>The registries that are known, by what a configuration says of them.</summary>
public static class KnownRegistries
{
    private static readonly Dictionary<RegistryKind, Uri> Public = new()
    {
        [RegistryKind.Official] = new("https://registry.modelcontextprotocol.io/"),
        [RegistryKind.Github] = new("https://api.mcp.github.com/"),
        [RegistryKind.Pulsemcp] = new("https://api.pulsemcp.com/"),
        [RegistryKind.Smithery] = new("https://registry.smithery.ai/"),
        [RegistryKind.Glama] = new("https://glama.ai/"),
    };

    /// <param name="url">Null for the public one.</param>
    /// <param name="key">The value of the registry's key; null for none.</param>
    /// <param name="tenant">The value of PulseMCP's tenant id; null for none.</param>
    /// <exception cref="ImportFailedException">A key would be sent unencrypted.</exception>
    public static IImportSource Open(
        RegistryKind kind, Uri? url, string? key, string? tenant, string? contact, ImportLimits limits, TimeProvider time)
    {
        var address = new Uri((url ?? Public[kind]).GetLeftPart(UriPartial.Path).TrimEnd('/') + '/');
        var credentials = new Dictionary<string, string>();
        if (key is not null && kind is RegistryKind.Pulsemcp)
            credentials["X-API-Key"] = key;
        else if (key is not null)
            credentials["Authorization"] = $"Bearer {key}";
        if (tenant is not null)
            credentials["X-Tenant-ID"] = tenant;
        var registry = new RegistryAddress(address, UserAgent.Of(contact), credentials);
        if (credentials.Count > 0 && !Origin.IsSafe(address))
            throw ImportFailedException.File($"{registry} is http, which would send the key unencrypted; give an https address.");
        if (credentials.Values.Any(value => value.Any(c => c is < ' ' or > '~')))
            throw ImportFailedException.File("The registry's key holds a line break or another character that no HTTP header can carry; correct it.");
        return kind switch
        {
            RegistryKind.Smithery => new SmitheryRegistry(registry, limits, time),
            RegistryKind.Glama => new GlamaRegistry(registry, limits, time),
            _ => new OfficialRegistry(registry, limits, time),
        };
    }
}
