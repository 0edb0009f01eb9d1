using System.Collections.Concurrent;
using System.Text.Json;
using NJsonSchema;

namespace McpProbe.Web.Tests;

/// <summary>Checks answers against docs/schema.</summary>
internal static class ApiSchemas
{
    private static readonly ConcurrentDictionary<string, Task<JsonSchema>> Loaded = [];

    internal static async Task<JsonElement> CheckAsync(string name, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var schema = await Loaded.GetOrAdd(name, Load);
        var mistakes = schema.Validate(text);
        Assert.True(mistakes.Count == 0, $"{name}: {string.Join("; ", mistakes)}\n{text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static Task<JsonSchema> Load(string name) =>
        JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "schema", name + ".schema.json"));
}
