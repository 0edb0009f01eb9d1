using NJsonSchema;

namespace McpProbe.Cli.Tests;

/// <summary>The published schemas of docs/schema.</summary>
internal static class Schemas
{
    /// <summary>What is wrong with a document; empty when it fits the schema.</summary>
    public static async Task<IReadOnlyList<string>> ValidateAsync(string schema, string json)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "schema", schema), TestContext.Current.CancellationToken);
        var parsed = await JsonSchema.FromJsonAsync(text, TestContext.Current.CancellationToken);
        return parsed.Validate(json).Select(error => error.ToString()).ToList();
    }
}
