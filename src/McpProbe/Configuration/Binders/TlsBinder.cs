using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Configuration.Binders;

/// <summary>Reads the key <c>tls</c> of an endpoint. Files are looked at later (<see cref="TlsFiles"/>): nothing is opened here.</summary>
internal sealed class TlsBinder(ConfigReader reader)
{
    private static readonly string[] Keys = ["ca", "certificate", "key"];

    public TlsSettings? Settings(ConfigNode node, string path)
    {
        if (reader.Members(node, path, Keys) is not { } members) return null;
        var tls = TlsSettings.Default;
        foreach (var (key, _, value) in members.Values)
        {
            var at = $"{path}.{key}";
            tls = key switch
            {
                "ca" when Pem(value, at) is { } ca => tls with { Ca = ca },
                "certificate" when Pem(value, at) is { } certificate => tls with { Certificate = certificate },
                "key" when Pem(value, at) is { } own => tls with { Key = own },
                _ => tls,
            };
        }

        if (members.TryGetValue("key", out var alone) && !members.ContainsKey("certificate"))
            reader.Fail(alone.At, $"{path}.key", "there is no 'certificate' that the key belongs to; add it");
        reader.Tls.Add((node, path, tls));
        return tls;
    }

    private string? Pem(ConfigNode node, string path)
    {
        if (reader.String(node, path, $"a PEM file's path, or {SecretReference.Example} for its text") is not { } text) return null;
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            reader.Fail(node.At, path, $"holds the PEM text itself; write a file's path, or {SecretReference.Example} and put the text into that variable");
            return null;
        }

        if (SecretReference.Is(text)) return text;
        if (!text.Contains("${", StringComparison.Ordinal) && !text.Any(char.IsControl)) return reader.Directory is { } directory ? Path.GetFullPath(text, directory) : text;
        reader.Fail(node.At, path, $"is neither a file's path nor one reference; write {SecretReference.Example} alone");
        return null;
    }
}
