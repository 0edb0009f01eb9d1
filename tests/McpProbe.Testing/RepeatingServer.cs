using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpProbe.Testing;

/// <summary>An MCP server that repeats the URL it is asked by wherever a server can: in a redirect, an error, half an answer, a tool.</summary>
public static class RepeatingServer
{
    /// <param name="asked">Learns every path and query.</param>
    /// <param name="trouble">1: a redirect; 2: a refusal; 3: no MCP; 4: another catalogue; else none.</param>
    public static async Task AnswerAsync(HttpContext context, ConcurrentQueue<string> asked, int trouble)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        asked.Enqueue(target);
        var plain = Uri.UnescapeDataString(target);
        switch (trouble)
        {
            case 1:
                context.Response.StatusCode = 308;
                context.Response.Headers.Location = $"https://login.example.com{target}&next={Uri.EscapeDataString(target)}";
                return;
            case 2:
                context.Response.StatusCode = 403;
                await context.Response.WriteAsync($"No access to {plain}", context.RequestAborted);
                return;
            case 3:
                context.Response.StatusCode = 200;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync($"{{\"error\":\"no route for {target}\"", context.RequestAborted);
                return;
            default:
                var json = JsonEncodedText.Encode(trouble == 4 ? "another" : context.Request.Path.StartsWithSegments("/p", StringComparison.Ordinal) ? plain + target : "a tool");
                await McpScript.Handshake($$$"""{"name":"echo","description":"{{{json}}}","inputSchema":{"type":"object"}}""")(context);
                return;
        }
    }
}
