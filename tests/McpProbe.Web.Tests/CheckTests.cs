using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Web.Tests;

/// <summary>One probe on demand, of real listeners.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task Check_OfARegisteredEndpoint_AnswersTheResult()
    {
        await using var server = await StubServer.StartAsync(AnswerMcpAsync);
        await using var head = await HeadAsync(server.Url);
        using var response = await CheckAsync(head, """{"id":"stub"}""", "?strict=true");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = await ApiSchemas.CheckAsync("result", response);
        Assert.Equal("healthy", result.GetProperty("verdict").GetString());
        Assert.Equal(1, result.GetProperty("catalog").GetProperty("tools").GetInt32());
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("?strict=false", 200)]
    [InlineData("?strict=true", 503)]
    public async Task Check_OfAnUnhealthyEndpoint_Answers503OnlyWhenStrict(string query, int status)
    {
        await using var server = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        await using var head = await HeadAsync(server.Url);
        using var response = await CheckAsync(head, """{"id":"stub"}""", query);
        Assert.Equal(status, (int)response.StatusCode);
        var result = await ApiSchemas.CheckAsync("result", response);
        Assert.Equal("down", result.GetProperty("verdict").GetString());
        Assert.Equal(500, result.GetProperty("failure").GetProperty("httpStatus").GetInt32());
    }

    [Fact]
    public async Task Check_OfALoopbackUrl_IsBlockedUnlessTheOperatorAllowsIt()
    {
        await using var server = await StubServer.StartAsync(AnswerMcpAsync);
        var body = $$"""{"url":"{{server.Url}}/mcp","timeout":"5s"}""";

        await using var careful = await HeadAsync(server.Url);
        using var blocked = await CheckAsync(careful, body);
        Assert.Equal("blocked-address", (await ApiSchemas.CheckAsync("result", blocked)).GetProperty("failure").GetProperty("kind").GetString());

        await using var open = await HeadAsync(server.Url, CheckUrls.Any);
        using var allowed = await CheckAsync(open, body);
        Assert.Equal("healthy", (await ApiSchemas.CheckAsync("result", allowed)).GetProperty("verdict").GetString());

        await using var closed = await HeadAsync(server.Url, CheckUrls.None);
        using var refused = await CheckAsync(closed, body);
        await ApiTests.ProblemAsync(refused, 403);
    }

    [Theory]
    [InlineData("""{"id":"missing"}""", "", 404)]
    [InlineData("""{"url":"https://x.example.com/mcp","bearer":"${env:MCPPROBE_API_KEY}"}""", "", 400)]
    [InlineData("""{"url":"https://x.example.com/mcp","headers":{"X-A":"${env:HOME}"}}""", "", 400)]
    [InlineData("""{"url":"https://x.example.com/mcp","tls":{"ca":"/etc/shadow"}}""", "", 400)]
    [InlineData("""{"url":"https://x.example.com/mcp","tls":{"ca":"${env:HOME}"}}""", "", 400)]
    [InlineData("""{"url":"https://x.example.com/mcp","oauth":{"clientId":"x","clientSecret":"${env:HOME}"}}""", "", 400)]
    [InlineData("""{"command":["touch","/tmp/x"]}""", "", 400)]
    [InlineData("""{"url":"nowhere"}""", "", 400)]
    [InlineData("""{"id":7}""", "", 400)]
    [InlineData("""{"id":"\ud800"}""", "", 400)]
    [InlineData("{", "", 400)]
    [InlineData("", "", 400)]
    [InlineData("""{"id":"stub"}""", "?strict=perhaps", 400)]
    public async Task Check_OfWhatMayNotBeChecked_IsAProblem(string body, string query, int status)
    {
        await using var head = await HeadAsync("http://127.0.0.1:9", CheckUrls.Any);
        using var response = await CheckAsync(head, body, query);
        await ApiTests.ProblemAsync(response, status);
    }

    private static async Task<WebHead> HeadAsync(string serverUrl, CheckUrls rule = CheckUrls.Public)
    {
        var store = new SampleStore();
        store.Add(new(new McpProbe.Endpoints.Endpoint { Id = "stub", Url = new(serverUrl + "/mcp") }, EndpointSource.Api), EndpointState.New, []);
        return await WebHead.StartAsync(new WebOptions { CheckUrls = rule }, store);
    }

    private static async Task<HttpResponseMessage> CheckAsync(WebHead head, string body, string query = "")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await head.SendAsync(HttpMethod.Post, "/api/check" + query, content);
    }

    // A handshake-era server with one tool.
    private static async Task AnswerMcpAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = 405;
            return;
        }

        using var request = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        var method = request.RootElement.GetProperty("method").GetString();
        if (!request.RootElement.TryGetProperty("id", out var id))
        {
            context.Response.StatusCode = 202;
            return;
        }

        var answer = method switch
        {
            "initialize" => """ "result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}} """,
            "tools/list" => """ "result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]} """,
            _ => """ "error":{"code":-32601,"message":"Method not found"} """,
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},{{answer}}}""", context.RequestAborted);
    }
}
