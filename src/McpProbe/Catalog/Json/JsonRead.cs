using System.Text.Json;

namespace McpProbe.Catalog.Json;

/// <summary>Reads values off JSON that others wrote: what is not of the expected kind is not there.</summary>
internal static class JsonRead
{
    /// <summary>JSON of registries and cards is shallow.</summary>
    private const int MostDepth = 64;

    public static readonly JsonDocumentOptions Strict = new() { MaxDepth = MostDepth };

    /// <summary>Clients allow comments in their configurations.</summary>
    public static readonly JsonDocumentOptions Lenient = new()
    {
        MaxDepth = MostDepth,
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public static JsonElement? Member(this JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static JsonElement? Object(this JsonElement of, string name) => of.Member(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement of, string name) =>
        of.Member(name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object) : [];

    /// <summary>Text that is not blank.</summary>
    public static string? Text(this JsonElement of, string name) => of.Member(name) is { } value ? TextOf(value) : null;

    public static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString() is { } text && !string.IsNullOrWhiteSpace(text) ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    public static bool? Flag(this JsonElement of, string name) => of.Member(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public static int? Number(this JsonElement of, string name) =>
        of.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public static IEnumerable<(string Name, JsonElement Value)> Members(this JsonElement of, string name) =>
        of.Object(name) is { } members ? members.EnumerateObject().Select(member => (member.Name, member.Value)) : [];
}
