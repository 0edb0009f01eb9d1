using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace McpProbe.Web.Pages.OneEndpoint;

/// <summary>Texts of foreign JSON. One with half a character in it has no string form; it is shown with its escapes.</summary>
internal static class JsonTexts
{
    /// <summary>As deep as catalogues are read.</summary>
    internal static readonly JsonDocumentOptions Options = new() { MaxDepth = 300 };

    internal static string Of(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return value.GetRawText();
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText()[1..^1];
        }
    }

    /// <summary>A text as it is, and anything else as JSON in one line, without escapes that nobody needs.</summary>
    internal static string Compact(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.String)
            return Of(value);
        try
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = Options.MaxDepth }))
                value.WriteTo(writer);
            return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }

    internal static string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(member));
        }
    }

    /// <summary>A member that is a text; null for anything else.</summary>
    internal static string? Text(JsonElement parent, string name) =>
        Find(parent, name) is { ValueKind: JsonValueKind.String } text ? Of(text) : null;

    internal static JsonElement? Find(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(name, out var found) ? found : null;
}
