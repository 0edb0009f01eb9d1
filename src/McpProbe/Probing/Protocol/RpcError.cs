using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Probing.Protocol;

/// <summary>A JSON-RPC error object.</summary>
/// <param name="Message">As the server sent it.</param>
/// <param name="Supported"><c>data.supported</c>: the versions that the server speaks; empty when it names none.</param>
internal sealed record RpcError(long Code, string Message, IReadOnlyList<string> Supported)
{
    public const int InternalError = -32603;
    public const int InvalidParams = -32602;
    public const int MethodNotFound = -32601;

    /// <summary>Until 2025-11-25.</summary>
    public const int ResourceNotFound = -32002;
    public const int HeaderMismatch = -32020;
    public const int MissingClientCapability = -32021;
    public const int UnsupportedProtocolVersion = -32022;

    /// <summary>Why it is no error object of JSON-RPC, as the predicate of a sentence; null when it is one.</summary>
    public string? Fault { get; private init; }

    /// <summary>Whether the method was found, or looked for: then the id of the request was known too.</summary>
    public bool IsOfMethod => Code is MethodNotFound or InvalidParams or InternalError;

    /// <summary>
    /// Whether the specification of 2026-07-28 keeps the code for itself and gives it no meaning (Error Codes): what is reserved and
    /// not defined, and what earlier revisions defined.
    /// </summary>
    public bool IsReserved => Code is >= -32099 and <= -32020 and not (HeaderMismatch or MissingClientCapability or UnsupportedProtocolVersion)
        or ResourceNotFound;

    /// <summary>Only a server of the stateless era gives these.</summary>
    public bool IsStateless => Code is HeaderMismatch or MissingClientCapability or UnsupportedProtocolVersion;

    /// <summary>Reads the error object that the reader stands on the start of.</summary>
    public static RpcError Read(ref Utf8JsonReader reader)
    {
        long code = 0;
        var message = "";
        IReadOnlyList<string> supported = [];
        var (hasCode, hasMessage) = (false, false);
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
                hasCode = reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out code);
                if (!hasCode)
                    reader.Skip();
            }
            else if (JsonText.NameIs(reader, "message"u8))
            {
                reader.Read();
                hasMessage = reader.TokenType is JsonTokenType.String;
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

        return new(code, message, supported) { Fault = !hasCode ? "its code is no integer" : !hasMessage ? "it has no message" : null };
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
