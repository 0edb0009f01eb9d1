using System.Text;
using System.Text.Json;
using McpProbe.Probing.Protocol;

namespace McpProbe.Tests.Probing;

public sealed class TraceContextTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public static TheoryData<string, string> Messages => new()
    {
        { "discover", Encoding.UTF8.GetString(McpRequest.Discover(McpRequest.DiscoverId, "2026-07-28").ToJson()) },
        { "initialize", Encoding.UTF8.GetString(McpRequest.Initialize("2025-11-25").ToJson()) },
        { "initialized", Encoding.UTF8.GetString(McpRequest.Initialized("2025-11-25").ToJson()) },
        { "list", Encoding.UTF8.GetString(McpRequest.ListTools(McpRequest.FirstListId, "2025-11-25", null).ToJson()) },
        { "page", Encoding.UTF8.GetString(McpRequest.ListTools(8, "2025-11-25", "\"c\""u8.ToArray()).ToJson()) },
        { "stateless list", Encoding.UTF8.GetString(McpRequest.ListTools(McpRequest.FirstListId, "2026-07-28", null).ToJson()) },
        { "stateless page", Encoding.UTF8.GetString(McpRequest.ListTools(8, "2026-07-28", "\"c\""u8.ToArray()).ToJson()) },
        { "call", Encoding.UTF8.GetString(McpRequest.CallTool("2025-11-25", "\"echo\""u8, "{\"a\":1}"u8).ToJson()) },
        { "stateless call", Encoding.UTF8.GetString(McpRequest.CallTool("2026-07-28", "\"echo\""u8, "{}"u8).ToJson()) },
    };

    /// <summary>The same message, with one member more in its <c>_meta</c>.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    public void With_TraceParent_ChangesNothingElse(string name, string json)
    {
        using var plain = JsonDocument.Parse(json);
        var request = Made(name).WithTraceParent(Parent);
        using var traced = JsonDocument.Parse(request.ToJson());
        Assert.Equal(Members(plain.RootElement), Members(traced.RootElement));
        var before = plain.RootElement.GetProperty("params");
        var after = traced.RootElement.GetProperty("params");
        Assert.Equal(Members(before).Append("_meta").Distinct().Order(), Members(after).Order());
        Assert.Equal(Parent, after.GetProperty("_meta").GetProperty("traceparent").GetString());
        foreach (var member in before.EnumerateObject().Where(member => member.Name != "_meta"))
            Assert.True(JsonElement.DeepEquals(member.Value, after.GetProperty(member.Name)), member.Name);
        if (before.TryGetProperty("_meta", out var meta))
            Assert.Equal(Members(meta).Append("traceparent").Order(), Members(after.GetProperty("_meta")).Order());
        // What other probes send is the same object still.
        Assert.DoesNotContain("traceparent", Encoding.UTF8.GetString(Made(name).ToJson()), StringComparison.Ordinal);
    }

    private static McpRequest Made(string name) => name switch
    {
        "discover" => McpRequest.Discover(McpRequest.DiscoverId, "2026-07-28"),
        "initialize" => McpRequest.Initialize("2025-11-25"),
        "initialized" => McpRequest.Initialized("2025-11-25"),
        "list" => McpRequest.ListTools(McpRequest.FirstListId, "2025-11-25", null),
        "page" => McpRequest.ListTools(8, "2025-11-25", "\"c\""u8.ToArray()),
        "stateless list" => McpRequest.ListTools(McpRequest.FirstListId, "2026-07-28", null),
        "stateless page" => McpRequest.ListTools(8, "2026-07-28", "\"c\""u8.ToArray()),
        "call" => McpRequest.CallTool("2025-11-25", "\"echo\""u8, "{\"a\":1}"u8),
        _ => McpRequest.CallTool("2026-07-28", "\"echo\""u8, "{}"u8),
    };

    private static IReadOnlyList<string> Members(JsonElement value) => [.. value.EnumerateObject().Select(member => member.Name)];
}
