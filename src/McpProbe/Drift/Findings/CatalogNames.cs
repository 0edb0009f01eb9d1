using System.Text.Json;
using McpProbe.Catalog.Json;

namespace McpProbe.Drift.Findings;

/// <summary>
/// The identifiers of a catalogue: its tools' names and every key and enumerated value in it. What a server says of them is about
/// itself. Gathered when first asked for, since most texts never ask.
/// </summary>
internal sealed class CatalogNames(ReadOnlyMemory<byte> canonical)
{
    private HashSet<string>? _names;

    public bool Contains(string name) => (_names ??= Gather()).Contains(name);

    private HashSet<string> Gather()
    {
        const int longestName = 128;
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var reader = new Utf8JsonReader(canonical.Span, JsonTree.ReaderOptions);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueSpan.Length < longestName)
                names.Add(CanonicalString.Unescape(reader.ValueSpan));
        }

        return names;
    }
}
