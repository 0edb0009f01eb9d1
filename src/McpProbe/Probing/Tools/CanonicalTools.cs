using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Probing.Tools;

/// <summary>The tools of a catalogue, each as the canonical JSON that the server listed it with (without <c>_meta</c>).</summary>
internal static class CanonicalTools
{
    /// <summary>In the order of <see cref="ToolCatalog.ToolNames"/>. Slices of the catalogue: nothing is copied.</summary>
    public static List<ReadOnlyMemory<byte>> Of(ToolCatalog catalog)
    {
        var tools = new List<ReadOnlyMemory<byte>>(catalog.ToolNames.Count);
        // A tool lies two levels deep in the catalogue.
        var reader = new Utf8JsonReader(catalog.Canonical.Span, new JsonReaderOptions { MaxDepth = JsonTree.MostDepth + 2 });
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isTools = reader.ValueTextEquals("tools"u8);
            reader.Read();
            if (!isTools)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                tools.Add(catalog.Canonical[start..(int)reader.BytesConsumed]);
            }
        }

        return tools;
    }
}
