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

    // However an address of this machine is spelled or wrapped: what counts is where the connection would go.
    [Theory]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0177.0.0.1")]
    [InlineData("0x7f.1")]
    [InlineData("127.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("localhost")]
    [InlineData("localhost.")]
    [InlineData("LOCALHOST")]
    [InlineData("\u2460\u2461\u2466.\u24ea.\u24ea.\u2460")]
    [InlineData("127\u30020\u30020\u30021")]
    [InlineData("\uff11\uff12\uff17.\uff10.\uff10.\uff11")]
    [InlineData("loc\u00adalhost")]
    [InlineData("0")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::1]")]
    [InlineData("[0:0:0:0:0:0:0:1]")]
    [InlineData("[::1%25lo]")]
    [InlineData("[::127.0.0.1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("[::ffff:0:127.0.0.1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[64:ff9b:1::7f00:1]")]
    [InlineData("[64:ff9b:1:7f00:0:100::]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("[2001:0:7f00:1::1]")]
    [InlineData("[2606:4700::5efe:127.0.0.1]")]
    public async Task Check_OfThisMachineHoweverSpelled_ConnectsToNothing(string host)
    {
        var requests = 0;
        await using var server = await StubServer.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            return AnswerMcpAsync(context);
        });
        await using var head = await HeadAsync(server.Url);
        var port = new Uri(server.Url).Port;
        foreach (var body in new[]
        {
            $$"""{"url":"http://{{host}}:{{port}}/mcp","timeout":"5s"}""",
            $$"""{"url":"http://mcp.example.com:{{port}}/mcp","connectTo":"{{host}}:{{port}}","timeout":"5s"}""",
        })
        {
            using var response = await CheckAsync(head, body);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var kind = response.StatusCode == HttpStatusCode.OK
                ? JsonDocument.Parse(text).RootElement.GetProperty("failure").GetProperty("kind").GetString()
                : "not-valid";
            Assert.True(kind is "blocked-address" or "dns" or "not-valid" or "config", $"{body}: {text}");
        }

        Assert.Equal(0, requests);
    }

    [Theory]
    [InlineData("[64:ff9b:1::a9fe:a9fe]")]
    [InlineData("[64:ff9b:1:a9fe:a9:fe00::]")]
    [InlineData("[::ffff:0:a9fe:a9fe]")]
    [InlineData("0xa9fea9fe")]
    [InlineData("2852039166")]
    public async Task Check_OfTheMetadataService_IsBlockedWhateverIsAllowed(string host)
    {
        await using var head = await HeadAsync("http://127.0.0.1:9", CheckUrls.Any);
        using var response = await CheckAsync(head, $$"""{"url":"http://{{host}}/mcp","timeout":"5s"}""");
        Assert.Equal("blocked-address", (await ApiSchemas.CheckAsync("result", response)).GetProperty("failure").GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData("31s", "1m", 400)]
    [InlineData("10m", "1h", 400)]
    [InlineData("30001ms", "1m", 400)]
    [InlineData("30s", "1m", 200)]
    public async Task Check_OfAUrlForLongerThanTheLimit_IsRefusedWithTheLimit(string timeout, string interval, int status)
    {
        await using var head = await HeadAsync("http://127.0.0.1:9");
        using var response = await CheckAsync(head, $$"""{"url":"http://127.0.0.1:9/mcp","timeout":"{{timeout}}","interval":"{{interval}}"}""");
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
            return;
        var error = Assert.Single((await ApiTests.ProblemAsync(response, 400)).GetProperty("errors").EnumerateArray());
        Assert.Equal("timeout", error.GetProperty("path").GetString());
        Assert.Contains("30s at most", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_TooManyAtOnce_IsRefusedByCallerAndOverAllAndTakenAgainLater()
    {
        var (reached, release) = (0, new TaskCompletionSource());
        await using var server = await StubServer.StartAsync(async context =>
        {
            Interlocked.Increment(ref reached);
            await release.Task;
            await AnswerMcpAsync(context);
        });
        var store = new SampleStore();
        store.Add(new(new McpProbe.Endpoints.Endpoint { Id = "stub", Url = new(server.Url + "/mcp"), Timeout = TimeSpan.FromSeconds(30) }, EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(
            new WebOptions { ApiKey = WebHead.Key, CheckUrls = CheckUrls.Any }, store,
            request => request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse(request.Headers["X-Peer"].ToString()));

        var running = new List<Task<HttpResponseMessage>>();
        for (var caller = 1; caller <= 4; caller++)
        {
            for (var i = 0; i < 4; i++)
            {
                running.Add(OfAsync($"10.0.0.{caller}", i % 2 == 0 ? """{"id":"stub"}""" : $$"""{"url":"{{server.Url}}/mcp","timeout":"30s"}"""));
                var expected = running.Count;
                await Eventually.TrueAsync(() => Volatile.Read(ref reached) >= expected, $"check {expected} is under way");
            }

            await AssertRefusedAsync($"10.0.0.{caller}");
        }

        // Every caller has its own places, and all together have no more.
        await AssertRefusedAsync("10.0.0.99");
        release.SetResult();
        foreach (var each in running)
        {
            using var response = await each;
            Assert.Equal("healthy", (await ApiSchemas.CheckAsync("result", response)).GetProperty("verdict").GetString());
        }

        using var later = await OfAsync("10.0.0.1", """{"id":"stub"}""");
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);

        Task<HttpResponseMessage> OfAsync(string caller, string body) => head.SendAsync(
            HttpMethod.Post, "/api/check", new StringContent(body), ("X-Peer", caller), ("X-Api-Key", WebHead.Key));

        async Task AssertRefusedAsync(string caller)
        {
            using var refused = await OfAsync(caller, """{"id":"stub"}""");
            var problem = await ApiTests.ProblemAsync(refused, 429);
            Assert.Contains("4 at once from one address, and 16 in all", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter!.Delta);
        }
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
