using System.Collections.Concurrent;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
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
    [InlineData("GET", "/api/endpoints", "correct-horse-battery", 200)]
    [InlineData("POST", "/api/check", null, 401)]
    [InlineData("GET", "/api/endpoints/none", "correct-horse-battery", 404)]
    [InlineData("GET", "/api/nothing", "correct-horse-battery", 404)]
    [InlineData("PUT", "/api/status", "correct-horse-battery", 405)]
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
            courier.Client, "POST", "/sign-in", "key=correct-horse-battery", key: null, type: "application/x-www-form-urlencoded");

        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal(secure, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
    }

    // The platform's front end adds the caller's address to whatever the caller made up.
    [Theory]
    [InlineData("6.6.6.6, 192.0.2.7:51234", "192.0.2.7")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("192.0.2.7, 10.1.2.3:443", "192.0.2.7")] // behind one that was named
    public async Task Change_ByAKey_IsAuditedWithTheAddressThatThePlatformSaw(string forwardedFor, string address)
    {
        await using var head = await Head.StartAsync(
            await emulators.NewAccountAsync(), null, ("MCPPROBE_READ_KEY", "another-key-that-reads"), ("MCPPROBE_TRUSTED_PROXIES", "10.0.0.0/8"));
        var durable = new Courier(head, TimeProvider.System).Client;

        var done = await head.SendAsync(durable, "DELETE", "/api/endpoints/none", forwardedFor: forwardedFor);
        var refused = await head.SendAsync(durable, "DELETE", "/api/endpoints/none", key: "another-key-that-reads", forwardedFor: forwardedFor);
        var read = await head.SendAsync(durable, "GET", "/api/endpoints", key: "another-key-that-reads");
        var audit = await head.SendAsync(durable, "GET", "/api/audit");

        Assert.Equal((404, 403, 200, 200), (done.Status, refused.Status, read.Status, audit.Status));
        await PublishedSchemas.AssertFitsAsync("audit", audit.Body);
        Assert.Equal(
            [(ActorKind.ReadKey, AuditOutcome.Refused, address), (ActorKind.ApiKey, AuditOutcome.Failed, address)],
            (await head.Store.ReadAuditAsync(null, 10, TestContext.Current.CancellationToken)).Select(line => (line.Who.Kind, line.Outcome, line.Address)));
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
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), null, Ops("https://hooks.example.com/x"));
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
    public async Task Resend_OfAGivenUpAlert_GoesByTheDurableClientOfTheRequest()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var received = new ConcurrentQueue<string?>();
        await using var receiver = await StubServer.StartAsync(context =>
        {
            received.Enqueue(context.Request.Headers["webhook-id"]);
            return Task.CompletedTask;
        });
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), null, Ops(receiver.Url));
        var courier = new Courier(head, TimeProvider.System);
        var transition = Alerts.Samples.Transition("ops");
        var row = Assert.Single(await head.Store.KeepAsync(transition, cancellation));
        await head.Store.WriteDeliveryAsync(
            row with { Status = DeliveryStatus.GaveUp, Attempts = 11, LastError = "HTTP 500", NextAttemptAt = null }, cancellation);

        var listed = await head.SendAsync(courier.Client, "GET", "/api/deliveries?status=gave-up");
        var resent = await head.SendAsync(courier.Client, "POST", $"/api/deliveries/{transition.Id}/ops/resend");
        await courier.FinishAsync();
        var again = await head.SendAsync(courier.Client, "POST", $"/api/deliveries/{transition.Id}/ops/resend");
        var after = await head.SendAsync(courier.Client, "GET", "/api/deliveries");

        Assert.Contains(transition.Id, listed.Body, StringComparison.Ordinal);
        Assert.Equal((202, 409), (resent.Status, again.Status));
        // The id of the alert, in which a receiver finds no dots.
        Assert.Equal(transition.Id.Replace('.', '_'), Assert.Single(received));
        Assert.Single(courier.Instances);
        Assert.Equal("""{"deliveries":[],"next":null}""", after.Body);
    }

    [Fact]
    public async Task Channel_TestedAndListed_IsThatOfTheSettings()
    {
        var answer = 204;
        await using var receiver = await StubServer.StartAsync(context =>
        {
            context.Response.StatusCode = answer;
            return Task.CompletedTask;
        });
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), null, Ops(receiver.Url));
        var durable = new Courier(head, TimeProvider.System).Client;

        var delivered = await head.SendAsync(durable, "POST", "/api/channels/ops/test");
        answer = 403;
        var refused = await head.SendAsync(durable, "POST", "/api/channels/ops/test");
        var listed = await head.SendAsync(durable, "GET", "/api/channels");
        var page = await head.SendAsync(durable, "GET", "/channels");
        var unknown = await head.SendAsync(durable, "PUT", "/api/endpoints/a", """{"url":"https://mcp.example.com/mcp","channels":["opps"]}""");

        Assert.Equal((200, 502, 200, 200, 400), (delivered.Status, refused.Status, listed.Status, page.Status, unknown.Status));
        Assert.Contains("403", refused.Body, StringComparison.Ordinal);
        Assert.Equal("ops", JsonDocument.Parse(listed.Body).RootElement.GetProperty("channels")[0].GetProperty("name").GetString());
        Assert.DoesNotContain(receiver.Url, listed.Body + page.Body, StringComparison.Ordinal);
        Assert.Contains("did you mean 'ops'", unknown.Body.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Maintenance_SetAndEnded_IsInTheStore()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync());
        var durable = new Courier(head, TimeProvider.System).Client;
        await head.SendAsync(durable, "PUT", "/api/endpoints/a", """{"url":"https://mcp.example.com/mcp"}""");

        var set = await head.SendAsync(durable, "POST", "/api/endpoints/a/maintenance", """{"duration":"2h","by":"Ann","reason":"upgrade"}""");
        var during = (await head.Store.ReadStateAsync("a", cancellation))!.State.Maintenance;
        var ended = await head.SendAsync(durable, "DELETE", "/api/endpoints/a/maintenance");
        var again = await head.SendAsync(durable, "DELETE", "/api/endpoints/a/maintenance");

        Assert.Equal((200, 204, 409), (set.Status, ended.Status, again.Status));
        Assert.Equal(("Ann", "upgrade", TimeSpan.FromHours(2)), (during!.By, during.Reason, during.Until - during.From));
        Assert.Null((await head.Store.ReadStateAsync("a", cancellation))!.State.Maintenance);
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

    private static (string Name, string Value)[] Ops(string url) =>
        [("Channels__ops__type", "webhook"), ("Channels__ops__url", url), ("Channels__ops__secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
}
