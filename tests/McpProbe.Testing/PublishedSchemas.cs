using System.Collections.Concurrent;
using NJsonSchema;

namespace McpProbe.Testing;

/// <summary>The JSON Schemas of docs/schema, which users rely on.</summary>
public static class PublishedSchemas
{
    private static readonly ConcurrentDictionary<string, Task<JsonSchema>> Loaded = [];

    /// <param name="name">Such as <c>result</c> for docs/schema/result.schema.json.</param>
    public static Task<JsonSchema> ReadAsync(string name) => Loaded.GetOrAdd(name, static name =>
        JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "schema", name + ".schema.json")));

    /// <summary>What is wrong with a document; empty when it fits.</summary>
    public static async Task<IReadOnlyList<string>> MistakesAsync(string name, string json) =>
        [.. (await ReadAsync(name)).Validate(json).Select(mistake => mistake.ToString())];

    public static async Task AssertFitsAsync(string name, string json)
    {
        var mistakes = await MistakesAsync(name, json);
        Assert.True(mistakes.Count == 0, $"{name}: {string.Join("; ", mistakes)}\n{json}");
    }
}
