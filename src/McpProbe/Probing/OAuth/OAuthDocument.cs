using System.Globalization;
using System.Text.Json;

namespace McpProbe.Probing.OAuth;

/// <summary>A JSON object of an authorization server: its metadata, or the answer of its token endpoint. Members of another type count as absent.</summary>
internal sealed class OAuthDocument
{
    private readonly JsonElement _root;

    private OAuthDocument(JsonElement root) => _root = root;

    /// <summary>Null when the bytes are no JSON object.</summary>
    public static OAuthDocument? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind is JsonValueKind.Object ? new(document.RootElement.Clone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string? Text(string name) => _root.TryGetProperty(name, out var value) ? TextOf(value) : null;

    /// <summary>The strings of an array; null when there is no array.</summary>
    public IReadOnlyList<string>? Texts(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(TextOf).OfType<string>()]
        : null;

    public bool IsTrue(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;

    /// <summary>How many items an array has; 0 when there is no array.</summary>
    public int Count(string name) => _root.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Array ? value.GetArrayLength() : 0;

    /// <summary>A number; also one in a string, as some servers write it.</summary>
    public double? Number(string name) => !_root.TryGetProperty(name, out var value) ? null
        : value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : double.TryParse(TextOf(value), NumberStyles.Float, CultureInfo.InvariantCulture, out number) ? number
        : null;

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // a lone surrogate: nothing that could be used
        }
    }
}
