using System.Text;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;

namespace McpProbe.Probing.Tools;

/// <summary>What a tool answered: a <c>CallToolResult</c> (specification, Tools, Tool Result).</summary>
/// <param name="NeedsInput">
/// The tool asks for more before it goes on (<c>resultType</c> <c>input_required</c> of the stateless era); there is nothing else then.
/// </param>
/// <param name="Text">The text contents, a line break between two.</param>
/// <param name="Structured">The JSON of <c>structuredContent</c>; empty when there is none.</param>
internal sealed record ToolResult(bool NeedsInput, bool IsError, string Text, ReadOnlyMemory<byte> Structured)
{
    /// <param name="result">Valid JSON, which <see cref="Structured"/> is a part of.</param>
    /// <returns>The result; or why it is none.</returns>
    public static (ToolResult? Result, string? Fault) Read(ReadOnlyMemory<byte> result, Era era, int maxDepth)
    {
        var reader = new Utf8JsonReader(result.Span, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
            return (null, "it is not an object");

        string? resultType = null;
        StringBuilder? text = null;
        var (isError, structured) = (false, default(ReadOnlyMemory<byte>));
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.NameIs(reader, "content"u8))
            {
                reader.Read();
                text = new StringBuilder();
                if (ReadContent(ref reader, text) is { } fault)
                    return (null, fault);
            }
            else if (JsonText.NameIs(reader, "isError"u8))
            {
                reader.Read();
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                    return (null, "its isError is not a boolean");
                isError = reader.TokenType is JsonTokenType.True;
            }
            else if (JsonText.NameIs(reader, "structuredContent"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                structured = result[start..(int)reader.BytesConsumed];
            }
            else if (era is Era.Stateless && JsonText.NameIs(reader, "resultType"u8))
            {
                reader.Read();
                resultType = JsonText.StringOrNull(ref reader) ?? "";
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return resultType switch
        {
            "input_required" => (new ToolResult(true, false, "", default), null),
            not (null or "complete") => (null, $"its resultType is '{resultType}'"),
            _ when text is null => (null, "it has no content"),
            _ => (new ToolResult(false, isError, text.ToString(), structured), null),
        };
    }

    private static string? ReadContent(ref Utf8JsonReader reader, StringBuilder text)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
            return "its content is not an array";

        for (var index = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; index++)
        {
            if (reader.TokenType is not JsonTokenType.StartObject)
                return $"content[{index}] is not an object";

            string? type = null, words = null;
            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var (isType, isText) = (JsonText.NameIs(reader, "type"u8), JsonText.NameIs(reader, "text"u8));
                reader.Read();
                if (isType)
                    type = JsonText.StringOrNull(ref reader);
                else if (isText)
                    words = JsonText.StringOrNull(ref reader);
                else
                    reader.Skip();
            }

            if (type is null)
                return $"content[{index}] has no type";
            if (type != "text")
                continue;
            if (words is null)
                return $"content[{index}] is a text without text";
            if (text.Length > 0)
                text.Append('\n');
            text.Append(words);
        }

        return null;
    }
}
