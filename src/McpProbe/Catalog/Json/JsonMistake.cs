using System.Text.Json;

namespace McpProbe.Catalog.Json;

/// <summary>What is wrong with bytes that are not JSON, in words that quote nothing of them.</summary>
internal static class JsonMistake
{
    public const string NotUtf8 = "not valid UTF-8";

    // The reader does not say which mistake it met; one at its limit of depth is taken for that limit.
    public static string Describe(JsonException mistake, in Utf8JsonReader reader) => reader.CurrentDepth >= JsonTree.MostDepth - 1
        ? $"JSON nested deeper than {JsonTree.MostDepth} levels"
        : $"not valid JSON (line {mistake.LineNumber + 1}, byte {mistake.BytePositionInLine + 1})";
}
