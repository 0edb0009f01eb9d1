using System.Net;

namespace McpProbe.Web.Tests;

/// <summary>The key that reads sees what the administrator sees, and changes nothing.</summary>
public sealed class ReadKeyTests
{
    private static readonly (string, string) Reader = ("X-Api-Key", WebHead.ReadKey);
    private static readonly (string, string) Administrator = ("Authorization", "Bearer " + WebHead.Key);

    [Theory]
    [InlineData("/")]
    [InlineData("/endpoints/browser")]
    [InlineData("/endpoints/payments/compare")]
    [InlineData("/channels")]
    [InlineData("/api/endpoints")]
    [InlineData("/api/endpoints/browser")]
    [InlineData("/api/endpoints/browser/results")]
    [InlineData("/api/endpoints/browser/incidents")]
    [InlineData("/api/endpoints/browser/drift")]
    [InlineData("/api/channels")]
    [InlineData("/api/deliveries")]
    public async Task ReadKey_SeesWhatTheAdministratorSees(string path)
    {
        await using var head = await StartAsync();
        using var reader = await head.GetAsync(path, Reader);
        using var administrator = await head.GetAsync(path, Administrator);
        Assert.Equal(administrator.StatusCode, reader.StatusCode);
        Assert.NotEqual(HttpStatusCode.Forbidden, reader.StatusCode);
        if (path.StartsWith("/api", StringComparison.Ordinal))
            Assert.Equal(await TextAsync(administrator), await TextAsync(reader));
    }

    [Fact]
    public async Task ReadKey_OnWhatIsForAdministrators_IsRefused()
    {
        await using var head = await StartAsync();
        using var refused = await head.GetAsync("/api/audit", Reader);
        await ApiTests.ProblemAsync(refused, 403);
        using var allowed = await head.GetAsync("/api/audit", Administrator);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
        using var unknown = await head.GetAsync("/api/audit");
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "/api/endpoints/new", """{"url":"https://x.example.com/mcp"}""")]
    [InlineData("DELETE", "/api/endpoints/docs", null)]
    [InlineData("POST", "/api/check", """{"url":"https://x.example.com/mcp"}""")]
    [InlineData("POST", "/api/check", """{"id":"docs"}""")]
    [InlineData("POST", "/api/nothing", null)]
    [InlineData("PATCH", "/api/endpoints/docs", null)]
    public async Task ReadKey_OnAChange_IsRefusedAndNothingIsDone(string method, string path, string? body)
    {
        await using var head = await StartAsync();
        using var content = body is null ? null : new StringContent(body);
        using var response = await head.SendAsync(new HttpMethod(method), path, content, Reader);

        var problem = await ApiTests.ProblemAsync(response, 403);
        Assert.Equal(
            "The key that was sent reads, and may not change anything. Nothing was done. Use MCPPROBE_API_KEY, or ask an administrator.",
            problem.GetProperty("detail").GetString());
        Assert.Null(await head.Store.FindEndpointAsync("new", TestContext.Current.CancellationToken));
        Assert.NotNull(await head.Store.FindEndpointAsync("docs", TestContext.Current.CancellationToken));
    }

    // Whatever form a page gets one day: whoever may not change is shown none.
    [Theory]
    [InlineData("/")]
    [InlineData("/endpoints/payments")]
    [InlineData("/endpoints/search")]
    [InlineData("/endpoints/browser")]
    [InlineData("/channels")]
    public async Task Pages_ForTheReadKey_ShowNoFormThatChanges(string path)
    {
        await using var head = await StartAsync();
        var page = await head.PageAsync(path, await CookieAsync(head, WebHead.ReadKey));
        Assert.Equal(["/sign-out"], page.QuerySelectorAll("form[method=post]").Select(form => form.GetAttribute("action")));
        Assert.Contains("Reading only", page.QuerySelector("header")!.TextContent, StringComparison.Ordinal);

        var own = await head.PageAsync(path, await CookieAsync(head, WebHead.Key));
        Assert.DoesNotContain("Reading only", own.QuerySelector("header")!.TextContent, StringComparison.Ordinal);
        if (path != "/")
            Assert.True(own.QuerySelectorAll("form[method=post]").Length > 1);
    }

    [Fact]
    public async Task Form_SentWithTheReadKeysCookie_IsRefused()
    {
        await using var head = await StartAsync();
        using var form = new FormUrlEncodedContent([new("duration", "1h"), new("by", "Ann")]);
        using var response = await head.SendAsync(
            HttpMethod.Post, "/endpoints/docs/maintenance", form, await CookieAsync(head, WebHead.ReadKey), ("Origin", head.Url.GetLeftPart(UriPartial.Authority)), ("Accept", "text/html"));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains("You may read", (await TextAsync(response)).Replace("The key that was sent reads", "You may read", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_OfWhoReads_LetsThemSignInAsAdministratorToo()
    {
        await using var head = await StartAsync();
        var reader = await CookieAsync(head, WebHead.ReadKey);
        using var shown = await head.GetAsync("/sign-in", reader);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
        using var passed = await head.GetAsync("/sign-in", await CookieAsync(head, WebHead.Key));
        Assert.Equal(HttpStatusCode.Redirect, passed.StatusCode);
    }

    [Fact]
    public async Task Session_OfTheReadKey_EndsWhenThatKeyChangesAndIsNeverTheAdministrators()
    {
        (string, string) cookie;
        await using (var head = await StartAsync())
        {
            cookie = await CookieAsync(head, WebHead.ReadKey);
            using var response = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/docs", null, cookie, ("Origin", head.Url.GetLeftPart(UriPartial.Authority)));
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }

        await using var changed = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = "another-key-that-reads" }, Samples.Evening());
        using var after = await changed.GetAsync("/api/endpoints", cookie);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    private static Task<WebHead> StartAsync() => WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey }, Samples.Evening());

    private static async Task<(string, string)> CookieAsync(WebHead head, string key)
    {
        using var form = new FormUrlEncodedContent([new("key", key)]);
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-in", form);
        return ("Cookie", Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}
