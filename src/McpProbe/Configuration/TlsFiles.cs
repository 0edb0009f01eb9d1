using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration;

/// <summary>Looks at the files that a document's <c>tls</c> keys name, so that one that cannot be used is known before anything is sent.</summary>
internal static class TlsFiles
{
    /// <summary>Every mistake goes to the reader. References are left for the probe: their variables may be another machine's.</summary>
    public static void Check(ConfigReader reader)
    {
        foreach (var (node, path, settings) in reader.Tls)
        {
            foreach (var (key, mistake) in TlsMaterial.Read(FilesOf(settings), _ => null).Mistakes)
                reader.Fail(node.Member(key)?.At ?? node.At, $"{path}.{key}", mistake);
        }
    }

    // A certificate and its key are judged together or not at all.
    private static TlsSettings FilesOf(TlsSettings settings)
    {
        var pair = IsFile(settings.Certificate) && (settings.Key is null || IsFile(settings.Key));
        return new TlsSettings
        {
            Ca = IsFile(settings.Ca) ? settings.Ca : null,
            Certificate = pair ? settings.Certificate : null,
            Key = pair ? settings.Key : null,
        };
    }

    private static bool IsFile(string? text) => text is not null && !SecretReference.IsIn(text);
}
