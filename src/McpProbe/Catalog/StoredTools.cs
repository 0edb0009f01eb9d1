using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Catalog;

/// <summary>
/// The tools of a stored catalogue, each where it stands in it: a list of many thousands is paged and searched without a tree of them
/// all, which would take many times the catalogue's size.
/// </summary>
/// <param name="Server">The server's own words: an object with its name, instructions and capabilities.</param>
/// <param name="Tools">In the catalogue's order, by name.</param>
public sealed record StoredTools(ReadOnlyMemory<byte> Server, IReadOnlyList<StoredTool> Tools)
{
    /// <param name="canonical"><see cref="ToolCatalog.Canonical"/>.</param>
    /// <exception cref="ArgumentException">It is not the canonical document of a catalogue.</exception>
    public static StoredTools Read(ReadOnlyMemory<byte> canonical)
    {
        var reader = new Utf8JsonReader(canonical.Span, JsonTree.ReaderOptions);
        var server = ReadOnlyMemory<byte>.Empty;
        List<StoredTool>? tools = null;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var (isServer, isTools) = (reader.ValueTextEquals("server"u8), reader.ValueTextEquals("tools"u8));
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                if (isTools && reader.TokenType is JsonTokenType.StartArray)
                    tools = ReadTools(ref reader, canonical);
                else
                    reader.Skip();
                if (isServer)
                    server = canonical[start..(int)reader.BytesConsumed];
            }
        }
        catch (JsonException mistake)
        {
            throw NotACatalog(nameof(canonical), mistake);
        }

        return tools is not null && server.Length > 0 ? new StoredTools(server, tools) : throw NotACatalog(nameof(canonical), null);
    }

    private static List<StoredTool> ReadTools(ref Utf8JsonReader reader, ReadOnlyMemory<byte> canonical)
    {
        var tools = new List<StoredTool>();
        while (reader.Read() && reader.TokenType is JsonTokenType.StartObject)
        {
            var start = (int)reader.TokenStartIndex;
            var name = "";
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isName = reader.ValueTextEquals("name"u8);
                reader.Read();
                if (isName && reader.TokenType is JsonTokenType.String)
                    name = CanonicalString.Unescape(reader.ValueSpan);
                else
                    reader.Skip();
            }

            tools.Add(new StoredTool(name, canonical[start..(int)reader.BytesConsumed]));
        }

        return tools;
    }

    private static ArgumentException NotACatalog(string parameter, Exception? inner) => new("The JSON is not a catalogue.", parameter, inner);
}

/// <param name="Json">The whole tool in canonical form.</param>
public sealed record StoredTool(string Name, ReadOnlyMemory<byte> Json);
