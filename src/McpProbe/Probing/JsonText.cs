using System.Text;
using System.Text.Json;

namespace McpProbe.Probing;

/// <summary>Reads JSON strings of strangers: lone surrogates and wrong UTF-8 become replacement characters, never an exception.</summary>
internal static class JsonText
{
    /// <summary>More versions than there will ever be.</summary>
    private const int MaxStrings = 64;

    /// <summary>Whether the member that the reader stands on has this name.</summary>
    public static bool NameIs(in Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        try
        {
            return reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The value the reader stands on; null, and skipped, when it is not a string.</summary>
    public static string? StringOrNull(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
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
            var text = StringOrNull(ref reader);
            if (text is null)
                strings = null;
            else if (strings?.Count < MaxStrings)
                strings.Add(text);
        }

        return strings;
    }

    /// <summary>The raw bytes of the value that the reader stands on, which it then stands on the end of.</summary>
    public static ReadOnlySpan<byte> Raw(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
