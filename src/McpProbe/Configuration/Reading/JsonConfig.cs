using System.Text;
using System.Text.Json;
using McpProbe.Text;

namespace McpProbe.Configuration.Reading;

/// <summary>Reads a JSON document with the position of every value.</summary>
internal static class JsonConfig
{
    /// <exception cref="ConfigSyntaxException">It is not valid JSON in UTF-8.</exception>
    public static ConfigNode Read(ReadOnlySpan<byte> json)
    {
        // Some programs put a byte order mark before it, which a parser may ignore (RFC 8259, 8.1).
        if (json.StartsWith(Encoding.UTF8.Preamble)) json = json[Encoding.UTF8.Preamble.Length..];
        if (!System.Text.Unicode.Utf8.IsValid(json)) throw new ConfigSyntaxException(new(1, 1), "not valid UTF-8");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ConfigNode.MostDepth });
        var places = new Places(json);
        try
        {
            reader.Read();
            var root = ReadNode(ref reader, ref places);
            reader.Read();
            return root;
        }
        catch (JsonException mistake)
        {
            throw new ConfigSyntaxException(PositionOf(json, mistake), $"not valid JSON: {Reason(mistake)}");
        }
    }

    private static ConfigNode ReadNode(ref Utf8JsonReader reader, ref Places places)
    {
        var at = places.Of(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<ConfigNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(ReadNode(ref reader, ref places));
                return new ConfigNode(ConfigKind.Sequence, at) { Items = items };
            case JsonTokenType.StartObject:
                var members = new List<ConfigMember>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var keyAt = places.Of(reader.TokenStartIndex);
                    var key = StringOf(ref reader, keyAt);
                    reader.Read();
                    members.Add(new ConfigMember(key, keyAt, ReadNode(ref reader, ref places)));
                }

                return new ConfigNode(ConfigKind.Mapping, at) { Members = members };
            case JsonTokenType.String:
                return new ConfigNode(ConfigKind.String, at) { Text = StringOf(ref reader, at) };
            case JsonTokenType.Number:
                return new ConfigNode(ConfigKind.Number, at) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
            case JsonTokenType.True or JsonTokenType.False:
                return new ConfigNode(ConfigKind.Boolean, at) { Text = Encoding.UTF8.GetString(reader.ValueSpan) };
            default:
                return new ConfigNode(ConfigKind.Null, at);
        }
    }

    private static string StringOf(ref Utf8JsonReader reader, ConfigPosition at)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new ConfigSyntaxException(at, "the string holds half of a surrogate pair (\\ud800 to \\udfff); write both halves or the character itself");
        }
    }

    // The reader's own sentence, without the position and the advice for programmers that it appends.
    private static string Reason(JsonException mistake)
    {
        var reason = mistake.Message;
        foreach (var advice in (string[])[" LineNumber:", " Change the reader options"])
        {
            if (reason.IndexOf(advice, StringComparison.Ordinal) is var end and >= 0) reason = reason[..end];
        }

        return VisibleText.Line(reason, 200).TrimEnd('.');
    }

    private static ConfigPosition PositionOf(ReadOnlySpan<byte> json, JsonException mistake)
    {
        var line = (int)(mistake.LineNumber ?? 0);
        for (var i = 0; i < line; i++) json = json[(json.IndexOf((byte)'\n') + 1)..];
        var bytes = (int)Math.Min(mistake.BytePositionInLine ?? 0, json.Length);
        return new ConfigPosition(line + 1, Encoding.UTF8.GetCharCount(json[..bytes]) + 1);
    }

    // Tokens come in order, so each position is counted from the last.
    private ref struct Places(ReadOnlySpan<byte> json)
    {
        private readonly ReadOnlySpan<byte> _json = json;
        private int _index;
        private int _line = 1;
        private int _column = 1;

        public ConfigPosition Of(long index)
        {
            var passed = _json[_index..(int)index];
            var lines = passed.Count((byte)'\n');
            if (lines > 0)
            {
                _line += lines;
                _column = 1;
                passed = passed[(passed.LastIndexOf((byte)'\n') + 1)..];
            }

            _column += Encoding.UTF8.GetCharCount(passed);
            _index = (int)index;
            return new ConfigPosition(_line, _column);
        }
    }
}
