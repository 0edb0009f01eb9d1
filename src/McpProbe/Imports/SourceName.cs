using McpProbe.Configuration;
using McpProbe.Imports.Files;
using McpProbe.Text;

namespace McpProbe.Imports;

/// <summary>What <c>mcpprobe import</c> is told to read: a registry by its name, or a kind of file and its path.</summary>
/// <param name="Registry">Null for a file.</param>
/// <param name="File">The path; null for a registry, and for a client's configuration where the client keeps it.</param>
public sealed record SourceName(string Kind, RegistryKind? Registry, string? File)
{
    private static readonly string[] Files = ["file", "gatus", "uptime-kuma", "blackbox"];

    public static string Known { get; } =
        $"{string.Join(", ", WireNames.All<RegistryKind>())}, clients, {string.Join(", ", ClientFiles.Clients)}, {string.Join(", ", Files.Select(kind => $"{kind}:FILE"))}";

    /// <summary>Null, and what is wrong with it, for what is none.</summary>
    public static SourceName? Parse(string text, out string? mistake)
    {
        mistake = null;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (kind, file) = colon < 0 ? (text, null) : (text[..colon], text[(colon + 1)..]);
        if (WireNames.TryParse<RegistryKind>(kind, out var registry))
        {
            mistake = file is null ? null : $"{kind} is a registry and takes no file; write file:{file} for what was exported from it, or give its address with --url";
            return file is null ? new SourceName(kind, registry, null) : null;
        }

        var isClient = kind == "clients" || ClientFiles.Clients.Contains(kind);
        if (!isClient && !Files.Contains(kind))
        {
            mistake = $"'{ForeignText.Brief(text)}' is no source; known are {Known}";
            return null;
        }

        if (kind == "clients" ? file is not null : file is { Length: 0 } || (file is null && !isClient))
            mistake = kind == "clients" ? "clients takes no file; name the client whose configuration it is, such as cursor:FILE" : $"{kind} needs a file: write {kind}:FILE";
        return mistake is null ? new SourceName(kind, null, file) : null;
    }

    /// <summary>What the import is called when nobody says: not the same for two files, or two registries.</summary>
    public string DefaultName(Uri? url)
    {
        var name = Registry is not null ? url is null ? Kind : $"{Kind}-{url.Host}" : Kind is "file" ? $"file-{Path.GetFileNameWithoutExtension(File)}" : Kind;
        var id = string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' ? c : '-'));
        return id.Length > 63 ? id[..63] : id;
    }

    /// <summary>A source that is a file.</summary>
    public IImportSource OpenFile(ImportLimits limits) => Kind switch
    {
        "file" => new ExportFile(File!, limits),
        "gatus" => new GatusFile(File!, limits),
        "uptime-kuma" => new UptimeKumaFile(File!, limits),
        "blackbox" => new PrometheusFile(File!, limits),
        "clients" => ClientFiles.Of(null, null, limits),
        _ => ClientFiles.Of(Kind, File, limits),
    };
}
