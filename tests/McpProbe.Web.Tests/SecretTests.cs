using System.Net;
using System.Text;
using McpProbe.Alerts.Channels;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Tests;

/// <summary>Which secrets a caller of the API may have sent where, and what everybody may read of a URL.</summary>
public sealed class SecretTests
{
    private static readonly (string, string) WithKey = ("X-Api-Key", WebHead.Key);

    [Fact]
    public async Task Put_ReferencesThatNobodyAllowed_IsRefusedWithEachAndStoresNothing()
    {
        await using var head = await WebHead.StartAsync();

        using var response = await PutAsync(head, """
            {"url":"https://evil.example/${env:PD_KEY}/mcp","bearer":"${env:MCPPROBE_API_KEY}","headers":{"X-Api-Key":"${env:PD_KEY_FILE}"},
             "tls":{"ca":"${env:AzureWebJobsStorage}"}}
            """);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var errors = (await ApiSchemas.CheckAsync("problem", response)).GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString());
        Assert.Equal(["url", "headers.X-Api-Key", "bearer", "tls.ca"], errors);
        Assert.Null(await head.Store.FindEndpointAsync("new", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Put_ReferenceThatIsAllowed_IsTakenAndShownAsItIs()
    {
        await using var head = await WebHead.StartAsync();

        using var response = await PutAsync(head, """{"url":"https://example.com/mcp?key=${env:SECRET_SEARCH}"}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(
            "https://example.com/mcp?key=${env:SECRET_SEARCH}",
            (await ApiSchemas.CheckAsync("endpoint", response)).GetProperty("endpoint").GetProperty("url").GetString());
    }

    [Fact]
    public async Task Put_ChannelWithoutItsSecret_IsRefused()
    {
        var store = new SampleStore();
        store.Add(new Channel { Name = "chat", Type = ChannelType.Slack, Url = "${env:TEST_WEB_NOT_SET}" });
        await using var head = await WebHead.StartAsync(store: store);

        using var response = await PutAsync(head, """{"url":"https://example.com/mcp","alerts":{"escalate":[{"after":"1h","channels":["chat"]}]}}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await ApiSchemas.CheckAsync("problem", response)).GetProperty("errors")[0];
        Assert.Equal("channels", error.GetProperty("path").GetString());
        Assert.StartsWith("The channel 'chat' needs the environment variable TEST_WEB_NOT_SET, which is not set", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"url":"https://example.com/mcp?key=${env:SECRET_SEARCH}"}""", "url")]
    [InlineData("""{"url":"https://example.com/mcp","bearer":"${env:SECRET_SEARCH}"}""", "bearer")]
    [InlineData("""{"command":"id","environment":{"A":"${env:SECRET_SEARCH}"}}""", "command environment.A")]
    public async Task Check_OfAUrl_UsesNoSecretAndStartsNothing(string body, string paths)
    {
        await using var head = await WebHead.StartAsync();

        using var response = await head.SendAsync(HttpMethod.Post, "/api/check", Json(body));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var errors = (await ApiSchemas.CheckAsync("problem", response)).GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString());
        Assert.Equal(paths.Split(' '), errors);
    }

    [Fact]
    public async Task Pages_Url_ShowNoQueryAndToWhoHasNoKeyNoHiddenPath()
    {
        var store = new SampleStore();
        Add(store, new Endpoint { Id = "open", Url = new Uri("https://open.example.com/mcp?apiKey=literal-secret"), Visibility = Visibility.Public });
        Add(store, new Endpoint { Id = "hidden", Url = new Uri("https://hidden.example.com/secret-path/mcp?a=literal-secret"), Visibility = Visibility.Public, HideUrl = true });
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);

        foreach (var path in new[] { "/", "/endpoints/open", "/endpoints/hidden", "/api/status" })
        {
            using var response = await head.GetAsync(path);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.DoesNotContain("literal-secret", text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-path", text, StringComparison.Ordinal);
        }

        Assert.Equal("https://hidden.example.com", (await head.PageAsync("/endpoints/hidden")).QuerySelector(".target")!.TextContent);
        Assert.Equal("https://hidden.example.com/secret-path/mcp?***", (await head.PageAsync("/endpoints/hidden", WithKey)).QuerySelector(".target")!.TextContent);
        Assert.Equal("https://open.example.com/mcp?***", (await head.PageAsync("/endpoints/open")).QuerySelector(".target")!.TextContent);
    }

    [Fact]
    public async Task Archived_Endpoint_IsShownApartAndCountsForNothing()
    {
        var store = new SampleStore();
        Add(store, new Endpoint { Id = "here", Url = new Uri("https://here.example.com/mcp") });
        store.Add(
            new RegisteredEndpoint(new Endpoint { Id = "gone", Name = "Gone for now", Url = new Uri("https://gone.example.com/mcp"), Paused = true }, EndpointSource.Archived),
            Samples.State(Verdict.Down, TimeSpan.FromHours(1)), []);
        await using var head = await WebHead.StartAsync(store: store);

        var page = await head.PageAsync("/");
        Assert.Equal("The endpoint works", page.QuerySelector("h1")!.TextContent);
        Assert.Contains("Gone for now", page.QuerySelector("#archived")!.TextContent, StringComparison.Ordinal);
        Assert.Contains("no longer watched", (await head.PageAsync("/endpoints/gone")).QuerySelector(".headline")!.TextContent, StringComparison.Ordinal);
        Assert.Equal(["here"], await IdsAsync(head, "/api/endpoints"));
        Assert.Equal(["gone"], await IdsAsync(head, "/api/endpoints?archived=true"));
        using var wrong = await head.GetAsync("/api/endpoints?archived=perhaps");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var deleted = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/gone");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty(await IdsAsync(head, "/api/endpoints?archived=true"));
    }

    [Fact]
    public async Task Page_ProbesFileThatIsNotInForce_SaysSoAndItsMistakesToWhoHasTheKey()
    {
        var store = new SampleStore();
        Add(store, Samples.Endpoint("open"));
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);
        Assert.Null((await head.PageAsync("/")).QuerySelector("#probes-file"));

        head.Services.GetRequiredService<ProbesFileStatus>().Failed(["probes.yaml:3:5: endpoints[0].url: is wrong"], Samples.Now);

        var open = (await head.PageAsync("/")).QuerySelector("#probes-file")!.TextContent;
        Assert.Contains("The probes file could not be applied.", open, StringComparison.Ordinal);
        Assert.DoesNotContain("endpoints[0]", open, StringComparison.Ordinal);
        Assert.Contains("probes.yaml:3:5: endpoints[0].url: is wrong", (await head.PageAsync("/", WithKey)).QuerySelector("#probes-file")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_HeadWithoutAFile_SaysSo()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key });

        using var anonymous = await head.SendAsync(HttpMethod.Post, "/api/reload");
        using var response = await head.SendAsync(HttpMethod.Post, "/api/reload", null, WithKey);

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        await ApiSchemas.CheckAsync("problem", response);
    }

    private static void Add(SampleStore store, Endpoint endpoint) => store.Add(
        new RegisteredEndpoint(endpoint, EndpointSource.File), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)),
        [new ProbeRecord(Samples.Now - TimeSpan.FromSeconds(30), "local", Samples.Healthy(endpoint.Target, Samples.Now - TimeSpan.FromSeconds(30)))]);

    private static async Task<IReadOnlyList<string?>> IdsAsync(WebHead head, string path)
    {
        using var response = await head.GetAsync(path);
        return [.. (await ApiSchemas.CheckAsync("endpoints", response)).GetProperty("endpoints").EnumerateArray().Select(one => one.GetProperty("endpoint").GetProperty("id").GetString())];
    }

    private static Task<HttpResponseMessage> PutAsync(WebHead head, string body) => head.SendAsync(HttpMethod.Put, "/api/endpoints/new", Json(body));

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
