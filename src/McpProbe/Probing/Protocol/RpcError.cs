using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Probing.Protocol;

/// <summary>A JSON-RPC error object.</summary>
/// <param name="Message">As the server sent it.</param>
/// <param name="Supported"><c>data.supported</c>: the versions that the server speaks; empty when it names none.</param>
internal sealed record RpcError(long Code, string Message, IReadOnlyList<string> Supported)
{
    public const int InternalError = -32603;
    public const int MethodNotFound = -32601;
    public const int HeaderMismatch = -32020;
    public const int MissingClientCapability = -32021;
    public const int UnsupportedProtocolVersion = -32022;

    /// <summary>Only a server of the stateless era gives these.</summary>
    public bool IsStateless => Code is HeaderMismatch or MissingClientCapability or UnsupportedProtocolVersion;

    /// <summary>Reads the error object that the reader stands on the start of.</summary>
    public static RpcError Read(ref Utf8JsonReader reader)
    {
        long code = 0;
        var message = "";
        IReadOnlyList<string> supported = [];
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return new(code, message, supported);
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.NameIs(reader, "code"u8))
            {
                reader.Read();
                if (reader.TokenType is not JsonTokenType.Number || !reader.TryGetInt64(out code))
                    reader.Skip();
            }
            else if (JsonText.NameIs(reader, "message"u8))
            {
                reader.Read();
                message = JsonText.StringOrNull(ref reader) ?? "";
            }
            else if (JsonText.NameIs(reader, "data"u8))
            {
                reader.Read();
                supported = ReadSupported(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new(code, message, supported);
    }

    private static IReadOnlyList<string> ReadSupported(ref Utf8JsonReader reader)
    {
        IReadOnlyList<string> supported = [];
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return supported;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isSupported = JsonText.NameIs(reader, "supported"u8);
            reader.Read();
            if (isSupported)
                supported = JsonText.Strings(ref reader) ?? [];
            else
                reader.Skip();
        }

        return supported;
    }
}
