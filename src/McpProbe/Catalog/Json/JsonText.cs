using System.Text.Json;

namespace McpProbe.Catalog.Json;

/// <summary>
/// Reads JSON strings of strangers. <see cref="Utf8JsonReader"/> throws on lone surrogates and wrong UTF-8, and an exception for each
/// of half a million strings is a way to keep a processor busy; here wrong UTF-8 becomes replacement characters.
/// </summary>
internal static class JsonText
{
    /// <summary>More versions than there will ever be.</summary>
    private const int MaxStrings = 64;

    /// <summary>Whether the name or string that the reader stands on is this one, which is ASCII.</summary>
    public static bool NameIs(in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        var text = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
            return text.SequenceEqual(name);

        foreach (var expected in name)
        {
            if (text.IsEmpty || CanonicalString.ReadUnit(ref text) != expected)
                return false;
        }

        return text.IsEmpty;
    }

    /// <summary>The value the reader stands on; null, and skipped, when it is not a string.</summary>
    public static string? StringOrNull(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        return CanonicalString.Unescape(reader.ValueSpan);
    }

    /// <summary>The strings of the array that the reader stands on; null, and skipped, when it is not an array of strings.</summary>
    public static List<string>? Strings(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }

        List<string>? strings = [];
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is not JsonTokenType.String)
            {
                reader.Skip();
                strings = null;
            }
            else if (strings?.Count < MaxStrings)
            {
                strings.Add(CanonicalString.Unescape(reader.ValueSpan));
            }
        }

        return strings;
    }

    /// <summary>The raw bytes of the value that the reader stands on. Afterwards it stands on the value's end.</summary>
    public static ReadOnlySpan<byte> Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
