using System.Diagnostics;
using System.Text.Json.Nodes;
using McpProbe.Testing;
using NJsonSchema;

namespace McpProbe.Tests.Alerts.Messages;

/// <summary>What the receivers publish: their packages, in a Node.js process (tests/servers/alert-shapes.mjs), and their documented limits.</summary>
internal static class VendorShapes
{
    internal static JsonObject Question(string kind, ReadOnlyMemory<byte> payload) =>
        new() { ["kind"] = kind, ["payload"] = JsonNode.Parse(payload.Span) };

    /// <summary>One list of answers a question, in their order.</summary>
    internal static async Task<IReadOnlyList<IReadOnlyList<string>>> AskAsync(IEnumerable<JsonObject> questions)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        using var node = Process.Start(new ProcessStartInfo("node", [RealServers.Script("../alert-shapes.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var answers = node.StandardOutput.ReadToEndAsync(cancellationToken);
        await node.StandardInput.WriteAsync(new JsonArray([.. questions]).ToJsonString().AsMemory(), cancellationToken);
        node.StandardInput.Close();
        var read = await answers;
        await node.WaitForExitAsync(cancellationToken);
        Assert.Equal(0, node.ExitCode);
        return [.. JsonNode.Parse(read)!.AsArray().Select(list => (IReadOnlyList<string>)[.. list!.AsArray().Select(each => (string)each!)])];
    }

    /// <param name="name">Of a file in Alerts/shapes.</param>
    internal static async Task AssertWithinLimitsAsync(string name, ReadOnlyMemory<byte> payload)
    {
        var schema = await JsonSchema.FromFileAsync(
            Path.Combine(AppContext.BaseDirectory, "Alerts", "shapes", $"{name}.schema.json"), TestContext.Current.CancellationToken);
        var json = System.Text.Encoding.UTF8.GetString(payload.Span);
        var mistakes = schema.Validate(json);
        Assert.True(mistakes.Count == 0, $"{name}: {string.Join("; ", mistakes)}\n{json}");
    }
}
