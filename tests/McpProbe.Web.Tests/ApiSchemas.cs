using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Checks answers against docs/schema.</summary>
internal static class ApiSchemas
{
    internal static async Task<JsonElement> CheckAsync(string name, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        await PublishedSchemas.AssertFitsAsync(name, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
