using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Probing.Protocol;

/// <summary>What a message from the server is to a request that waits (JSON-RPC 2.0, 5).</summary>
internal enum EnvelopeKind
{
    /// <summary>The request's result.</summary>
    Result,

    /// <summary>The request's error; one without an id counts, for the server may not have got as far as reading it.</summary>
    Error,

    /// <summary>A request of the server's own.</summary>
    Request,

    /// <summary>A notification, or an answer to something else.</summary>
    Other,

    /// <summary>JSON, but not a JSON-RPC message.</summary>
    NotJsonRpc,

    /// <summary>Not JSON, or nested too deeply.</summary>
    NotJson,
}

/// <summary>A message looked through once, without building anything of it.</summary>
/// <param name="Result">Where the result's bytes are.</param>
/// <param name="Id">Where the id's bytes are, of a request of the server's.</param>
/// <param name="IsPing">Whether that request's method is <c>ping</c>.</param>
/// <param name="IsForeign">Whether it is an answer, to another request than this one.</param>
/// <param name="IsWithoutId">Whether it is an error without an id, or with null for one.</param>
/// <param name="IsOddId">Whether the reply's id is the request's by its value only, as <c>2.0</c> or <c>2e0</c> are.</param>
internal readonly record struct JsonRpcEnvelope(
    EnvelopeKind Kind, Range Result = default, RpcError? Error = null, Range Id = default, bool IsPing = false, bool IsOddId = false,
    bool IsForeign = false, bool IsWithoutId = false)
{
    public static JsonRpcEnvelope Read(ReadOnlySpan<byte> json, int id, int maxDepth)
    {
        try
        {
            return Scan(json, id, maxDepth);
        }
        catch (JsonException)
        {
            return new(EnvelopeKind.NotJson);
        }
    }

    private static JsonRpcEnvelope Scan(ReadOnlySpan<byte> json, int id, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Read();
            return new(EnvelopeKind.NotJsonRpc);
        }

        var idMatches = false;
        var idIsNull = true;
        var idIsValue = false;
        var hasMethod = false;
        var isPing = false;
        var isOddId = false;
        Range idRange = default;
        Range? result = null;
        RpcError? error = null;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.NameIs(reader, "id"u8))
            {
                reader.Read();
                idIsNull = reader.TokenType is JsonTokenType.Null;
                var isInteger = false;
                idMatches = reader.TokenType is JsonTokenType.Number && Matches(in reader, id, out isInteger);
                isOddId = idMatches && !isInteger;
                var start = (int)reader.TokenStartIndex;
                idIsValue = reader.TokenType is JsonTokenType.Number or JsonTokenType.String;
                reader.Skip();
                idRange = start..(int)reader.BytesConsumed;
            }
            else if (JsonText.NameIs(reader, "result"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                result = start..(int)reader.BytesConsumed;
            }
            else if (JsonText.NameIs(reader, "error"u8))
            {
                reader.Read();
                var isObject = reader.TokenType is JsonTokenType.StartObject;
                var read = RpcError.Read(ref reader);
                error = isObject ? read : null;
            }
            else if (JsonText.NameIs(reader, "method"u8))
            {
                reader.Read();
                hasMethod = true;
                isPing = reader.TokenType is JsonTokenType.String && JsonText.NameIs(reader, "ping"u8);
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        // Past the end: anything but white space after the object is an error of the reader's.
        reader.Read();
        if (hasMethod)
            return idIsValue ? new(EnvelopeKind.Request, Id: idRange, IsPing: isPing) : new(EnvelopeKind.Other);
        if (error is not null)
            return new(idMatches || idIsNull ? EnvelopeKind.Error : EnvelopeKind.Other, Error: error, IsOddId: isOddId, IsForeign: !idMatches && !idIsNull, IsWithoutId: idIsNull);
        if (result is { } range)
            return idMatches ? new(EnvelopeKind.Result, range, IsOddId: isOddId) : new(EnvelopeKind.Other, IsForeign: true);
        return new(EnvelopeKind.NotJsonRpc);
    }

    /// <summary>JSON has one number type: serializers that go by it write an id of 2 as 2.0 or 2e0, and clients find their request by its value.</summary>
    private static bool Matches(in Utf8JsonReader reader, int id, out bool isInteger)
    {
        isInteger = reader.TryGetInt32(out var number);
        return isInteger ? number == id : reader.TryGetDouble(out var value) && value == id;
    }
}
