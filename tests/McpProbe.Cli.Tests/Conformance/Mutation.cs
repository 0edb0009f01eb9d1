using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Cli.Tests.Conformance;

/// <summary>A real server but for one method, which is answered otherwise.</summary>
internal sealed class Mutation(Uri real, string method, string answer)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    /// <summary>The methods that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <remarks>What is passed on, and back: the headers of the protocol, and the body.</remarks>
    public async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.Length > 0 && JsonNode.Parse(body.ToArray()) is JsonObject asked)
        {
            Asked.Enqueue((string?)asked["method"] ?? "");
            if ((string?)asked["method"] == method)
            {
                var reply = JsonNode.Parse(answer)!.AsObject();
                reply["jsonrpc"] = "2.0";
                reply["id"] = asked["id"]!.DeepClone();
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(reply.ToJsonString(), context.RequestAborted);
                return;
            }
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), real);
        if (body.Length > 0)
        {
            request.Content = new ByteArrayContent(body.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        foreach (var (name, value) in context.Request.Headers)
        {
            if (name.StartsWith("Mcp-", StringComparison.OrdinalIgnoreCase) || name is "Accept" or "Origin")
                request.Headers.TryAddWithoutValidation(name, (string?)value);
        }

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        if (response.Headers.TryGetValues("Mcp-Session-Id", out var session))
            context.Response.Headers["Mcp-Session-Id"] = session.First();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
