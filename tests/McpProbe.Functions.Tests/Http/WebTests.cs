using System.Text.Json;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Incidents;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Http;

public class WebTests(Emulators emulators)
{
    [Theory]
    [InlineData("GET", "/api/health", null, 200)]
    [InlineData("GET", "/", null, 200)]
    [InlineData("GET", "/api/status", null, 200)]
    [InlineData("GET", "/api/endpoints", null, 401)]
    [InlineData("GET", "/api/endpoints", "wrong", 401)]
    [InlineData("GET", "/api/endpoints", "correct-horse", 200)]
    [InlineData("POST", "/api/check", null, 401)]
    [InlineData("GET", "/api/endpoints/none", "correct-horse", 404)]
    [InlineData("GET", "/api/nothing", "correct-horse", 404)]
    [InlineData("PUT", "/api/status", "correct-horse", 405)]
    public async Task Request_AnyPath_HasTheOneAccessRule(string method, string path, string? key, int status)
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var courier = new Courier(head, TimeProvider.System);

        var answer = await head.SendAsync(courier.Client, method, path, key: key);

        Assert.Equal(status, answer.Status);
        Assert.Contains("default-src 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://probes.example.com", true)]
    [InlineData("http://localhost:7071", false)]
    public async Task SignIn_BehindThePlatform_CookieIsSecureWhereThePagesAre(string pages, bool secure)
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), null, ("PublicUrl", pages));
        var courier = new Courier(head, TimeProvider.System);

        var answer = await head.SendAsync(
            courier.Client, "POST", "/sign-in", "key=correct-horse", key: null, type: "application/x-www-form-urlencoded");

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal(secure, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Endpoint_PutReadAndDeleted_GoesThroughTheStore()
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var durable = new Courier(head, TimeProvider.System).Client;

        var put = await head.SendAsync(durable, "PUT", "/api/endpoints/a", """{"url":"https://mcp.example.com/mcp"}""");
        var again = await head.SendAsync(durable, "PUT", "/api/endpoints/a", """{"url":"https://mcp.example.com/mcp","name":"A"}""");
        var wrong = await head.SendAsync(durable, "PUT", "/api/endpoints/b", """{"url":"nowhere","interval":"soon"}""");
        var read = await head.SendAsync(durable, "GET", "/api/endpoints/a");
        var deleted = await head.SendAsync(durable, "DELETE", "/api/endpoints/a");

        Assert.Equal((201, 200, 400, 200, 204), (put.Status, again.Status, wrong.Status, read.Status, deleted.Status));
        Assert.Equal(2, JsonDocument.Parse(wrong.Body).RootElement.GetProperty("errors").GetArrayLength());
        Assert.Contains("https://mcp.example.com/mcp", read.Body, StringComparison.Ordinal);
        Assert.Null(await head.Store.FindEndpointAsync("a", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Delete_WithAnOpenIncident_HandsItsResolveToTheDurableClientOfTheRequest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var courier = new Courier(head, TimeProvider.System);
        await head.SendAsync(courier.Client, "PUT", "/api/endpoints/a", """{"url":"https://mcp.example.com/mcp","channels":["ops"]}""");
        var before = (await head.Store.ReadStateAsync("a", cancellation))!;
        var incident = new Incident("a_outage_1", "a", IncidentKind.Outage, TimeProvider.System.GetUtcNow(), null, "failures-in-a-row", 1, "down");
        await head.Store.CommitAsync(
            new StateChange
            {
                EndpointId = "a",
                Before = before,
                After = before.State with { Verdict = Verdict.Down, OpenIncidents = [incident] },
                Incidents = [incident],
            },
            cancellation);

        var deleted = await head.SendAsync(courier.Client, "DELETE", "/api/endpoints/a");

        Assert.Equal(204, deleted.Status);
        Assert.Equal("a_outage_1_2", Assert.Single(courier.Instances));
        Assert.Empty(await head.Store.ReadPendingAsync(10, cancellation));
    }

    [Fact]
    public async Task Check_RegisteredEndpoint_AnswersItsResult()
    {
        await using var server = await RealServers.StartAsync("everything");
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var durable = new Courier(head, TimeProvider.System).Client;
        await head.SendAsync(durable, "PUT", "/api/endpoints/a", $$"""{"url":"{{server.Url}}"}""");

        var check = await head.SendAsync(durable, "POST", "/api/check?strict=true", """{"id":"a"}""");

        Assert.Equal(200, check.Status);
        Assert.Equal("healthy", JsonDocument.Parse(check.Body).RootElement.GetProperty("verdict").GetString());
    }
}
