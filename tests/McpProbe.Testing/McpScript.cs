using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Testing;

/// <summary>Answers for a <see cref="StubServer"/> that speaks one era of MCP over Streamable HTTP and has the tools it is given.</summary>
public static class McpScript
{
    /// <param name="tools">Names of tools, or whole definitions as JSON objects.</param>
    public static RequestDelegate Handshake(params string[] tools) => async context =>
    {
        if (context.Request.Method == "DELETE")
            return;
        var request = await ReadAsync(context);
        await ((string?)request["method"] switch
        {
            "initialize" => InitializeAsync(context, request),
            "notifications/initialized" => AcceptAsync(context),
            "tools/list" => AnswerAsync(context, request, new JsonObject { ["tools"] = Tools(tools) }),
            _ => RefuseAsync(context, request),
        });
    };

    public static RequestDelegate Stateless(params string[] tools) => async context =>
    {
        var request = await ReadAsync(context);
        await ((string?)request["method"] switch
        {
            "server/discover" => AnswerAsync(context, request, Cached(new JsonObject
            {
                ["supportedVersions"] = new JsonArray("2026-07-28"),
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                ["serverInfo"] = new JsonObject { ["name"] = "stateless stub", ["version"] = "2.0" },
            })),
            "tools/list" => AnswerAsync(context, request, Cached(new JsonObject { ["tools"] = Tools(tools) })),
            _ => RefuseAsync(context, request),
        });
    };

    private static Task InitializeAsync(HttpContext context, JsonNode request)
    {
        context.Response.Headers["Mcp-Session-Id"] = "session-1";
        return AnswerAsync(context, request, new JsonObject
        {
            ["protocolVersion"] = "2025-11-25",
            ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
            ["serverInfo"] = new JsonObject { ["name"] = "handshake stub", ["version"] = "1.0\u001b[31m" },
        });
    }

    private static async Task<JsonNode> ReadAsync(HttpContext context) =>
        (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!;

    private static JsonArray Tools(string[] names) => new([.. names.Select(name => name.StartsWith('{') ? JsonNode.Parse(name) : new JsonObject
    {
        ["name"] = name,
        ["description"] = $"Does {name}.",
        ["inputSchema"] = new JsonObject { ["type"] = "object" },
    })]);

    private static JsonObject Cached(JsonObject result)
    {
        result["resultType"] = "complete";
        result["ttlMs"] = 0;
        result["cacheScope"] = "private";
        return result;
    }

    private static Task AcceptAsync(HttpContext context)
    {
        context.Response.StatusCode = 202;
        return Task.CompletedTask;
    }

    private static Task AnswerAsync(HttpContext context, JsonNode request, JsonObject result) => WriteAsync(
        context, new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request["id"]?.DeepClone(), ["result"] = result });

    private static Task RefuseAsync(HttpContext context, JsonNode request)
    {
        context.Response.StatusCode = 400;
        return WriteAsync(context, new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = request["id"]?.DeepClone(),
            ["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Method not found" },
        });
    }

    private static Task WriteAsync(HttpContext context, JsonObject message)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(message.ToJsonString(JsonSerializerOptions.Web), context.RequestAborted);
    }
}
