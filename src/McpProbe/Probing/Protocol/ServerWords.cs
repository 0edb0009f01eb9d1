using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Probing.Protocol;

/// <summary>What a server says of itself in the result of <c>initialize</c> or <c>server/discover</c>.</summary>
/// <param name="ProtocolVersion">The answer of <c>initialize</c>; null when the result has none.</param>
/// <param name="SupportedVersions">The answer of <c>server/discover</c>; null when the result has none.</param>
internal sealed record ServerWords(string? ProtocolVersion, IReadOnlyList<string>? SupportedVersions, ServerDescription Server)
{
    /// <param name="result">Valid JSON.</param>
    public static ServerWords Read(ReadOnlySpan<byte> result, int maxDepth)
    {
        string? protocolVersion = null, name = null, version = null, instructions = null;
        List<string>? supported = null;
        byte[] capabilities = [];
        var reader = new Utf8JsonReader(result, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
            return new(null, null, new ServerDescription(null, null, null, capabilities));

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.NameIs(reader, "protocolVersion"u8))
            {
                reader.Read();
                protocolVersion = JsonText.StringOrNull(ref reader);
            }
            else if (JsonText.NameIs(reader, "supportedVersions"u8))
            {
                reader.Read();
                supported = JsonText.Strings(ref reader);
            }
            else if (JsonText.NameIs(reader, "instructions"u8))
            {
                reader.Read();
                instructions = JsonText.StringOrNull(ref reader);
            }
            else if (JsonText.NameIs(reader, "capabilities"u8))
            {
                reader.Read();
                var isObject = reader.TokenType is JsonTokenType.StartObject;
                var raw = JsonText.Raw(ref reader, result);
                capabilities = isObject ? raw.ToArray() : [];
            }
            else if (JsonText.NameIs(reader, "serverInfo"u8))
            {
                reader.Read();
                ReadIdentity(ref reader, ref name, ref version);
            }
            else if (JsonText.NameIs(reader, "_meta"u8))
            {
                reader.Read();
                ReadMeta(ref reader, ref name, ref version);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new(protocolVersion, supported, new ServerDescription(name, version, instructions, capabilities));
    }

    /// <summary>In the stateless era the server's identity may stand in the result's metadata.</summary>
    private static void ReadMeta(ref Utf8JsonReader reader, ref string? name, ref string? version)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isIdentity = JsonText.NameIs(reader, "io.modelcontextprotocol/serverInfo"u8);
            reader.Read();
            if (isIdentity)
                ReadIdentity(ref reader, ref name, ref version);
            else
                reader.Skip();
        }
    }

    private static void ReadIdentity(ref Utf8JsonReader reader, ref string? name, ref string? version)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isName = JsonText.NameIs(reader, "name"u8);
            var isVersion = JsonText.NameIs(reader, "version"u8);
            reader.Read();
            if (isName)
                name = JsonText.StringOrNull(ref reader);
            else if (isVersion)
                version = JsonText.StringOrNull(ref reader);
            else
                reader.Skip();
        }
    }
}
