using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>The one access rule: what is open, what needs the key, and what the key's absence demands.</summary>
public sealed class AccessTests
{
    private static readonly (string, string) Bearer = ("Authorization", "Bearer " + WebHead.Key);

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("HEAD", "/", 200)]
    [InlineData("GET", "/endpoints/open", 200)]
    [InlineData("GET", "/endpoints/secret", 404)]
    [InlineData("GET", "/endpoints/missing", 404)]
    [InlineData("GET", "/app.css", 200)]
    [InlineData("GET", "/sign-in", 200)]
    [InlineData("GET", "/api/status", 200)]
    [InlineData("GET", "/api/health", 200)]
    [InlineData("GET", "/api/endpoints", 401)]
    [InlineData("GET", "/api/endpoints/open", 401)]
    [InlineData("GET", "/api/endpoints/missing", 401)]
    [InlineData("PUT", "/api/endpoints/open", 401)]
    [InlineData("DELETE", "/api/endpoints/open", 401)]
    [InlineData("GET", "/api/endpoints/open/results", 401)]
    [InlineData("GET", "/api/endpoints/open/incidents", 401)]
    [InlineData("GET", "/api/endpoints/open/drift", 401)]
    [InlineData("GET", "/api/endpoints/open/catalog", 401)]
    [InlineData("POST", "/api/check", 401)]
    [InlineData("POST", "/api/status", 401)]
    [InlineData("POST", "/api/endpoints/open/maintenance", 401)]
    [InlineData("DELETE", "/api/endpoints/open/maintenance", 401)]
    [InlineData("GET", "/api/channels", 401)]
    [InlineData("POST", "/api/channels/ops/test", 401)]
    [InlineData("POST", "/api/channels/ops/enable", 401)]
    [InlineData("GET", "/api/deliveries", 401)]
    [InlineData("POST", "/api/deliveries/a/ops/resend", 401)]
    [InlineData("GET", "/channels", 401)]
    [InlineData("POST", "/channels/ops/test", 401)]
    [InlineData("POST", "/channels/ops/enable", 401)]
    [InlineData("POST", "/deliveries/a/ops/resend", 401)]
    [InlineData("POST", "/endpoints/open/maintenance", 401)]
    [InlineData("POST", "/endpoints/open/maintenance/end", 401)]
    [InlineData("GET", "/api/nothing", 401)]
    [InlineData("GET", "/nothing", 401)]
    public async Task Request_WithoutTheKey_SeesOpenPathsAndPublicEndpointsOnly(string method, string path, int status)
    {
        await using var head = await StartAsync();
        using var response = await head.SendAsync(new HttpMethod(method), path);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 401, response.Headers.WwwAuthenticate.Count > 0);
    }

    [Theory]
    [InlineData("GET", "/", 200)]
    [InlineData("GET", "/endpoints/secret", 200)]
    [InlineData("GET", "/endpoints/missing", 404)]
    [InlineData("GET", "/api/endpoints", 200)]
    [InlineData("GET", "/api/endpoints/secret", 200)]
    [InlineData("GET", "/api/endpoints/secret/results", 200)]
    [InlineData("GET", "/api/endpoints/secret/incidents", 200)]
    [InlineData("GET", "/api/endpoints/secret/drift", 200)]
    [InlineData("GET", "/api/endpoints/missing/drift", 404)]
    [InlineData("POST", "/api/status", 405)]
    [InlineData("GET", "/api/check", 405)]
    [InlineData("GET", "/api/nothing", 404)]
    public async Task Request_WithTheKey_SeesEverything(string method, string path, int status)
    {
        await using var head = await StartAsync();
        foreach (var header in new[] { Bearer, ("authorization", "bearer " + WebHead.Key), ("X-Api-Key", WebHead.Key) })
        {
            using var response = await head.SendAsync(new HttpMethod(method), path, null, header);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Theory]
    [InlineData("Authorization", "Bearer wrong")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("X-Api-Key", "")]
    [InlineData("X-Api-Key", "k-5f0c1f4a-9e2d7")]
    [InlineData("X-Api-Key", "k-5f0c1f4a-9e2d71 ,x")]
    public async Task Request_WithAWrongKey_IsRefusedEvenOnOpenPaths(string name, string value)
    {
        await using var head = await StartAsync();
        using var response = await head.GetAsync("/api/status", (name, value));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task PrivateEndpoint_WithoutTheKey_LooksLikeOneThatDoesNotExist()
    {
        await using var head = await StartAsync();
        using var hidden = await head.GetAsync("/endpoints/secret");
        using var missing = await head.GetAsync("/endpoints/absent");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        Assert.Equal(
            (await TextAsync(missing)).Replace("absent", "secret", StringComparison.Ordinal),
            await TextAsync(hidden));
        Assert.Equal(Headers(missing), Headers(hidden));

        using var status = await head.GetAsync("/api/status");
        Assert.DoesNotContain("secret", await TextAsync(status), StringComparison.Ordinal);
        using var page = await head.GetAsync("/");
        Assert.DoesNotContain("secret", await TextAsync(page), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", null, 200)]
    [InlineData("localhost:8080", null, 200)]
    [InlineData("LOCALHOST", null, 200)]
    [InlineData("[::1]:8080", null, 200)]
    [InlineData("probe.lan", null, 200)]
    [InlineData("probe.lan.example.com", null, 403)]
    [InlineData("example.com", null, 403)]
    [InlineData("127.0.0.1.example.com", null, 403)]
    [InlineData("localhost:8080", "http://localhost:8080", 200)]
    [InlineData("localhost", "https://localhost", 200)]
    [InlineData("localhost:8080", "http://localhost:8081", 403)]
    [InlineData("localhost:8080", "http://localhost", 403)]
    [InlineData("localhost:8080", "http://example.com", 403)]
    [InlineData("localhost:8080", "null", 403)]
    [InlineData("localhost:8080", "file://localhost:8080", 403)]
    public async Task Request_OnAKeylessHead_MustNameALoopbackHostAndItsOwnOrigin(string host, string? origin, int status)
    {
        await using var head = await StartAsync(new WebOptions { AllowedHosts = ["probe.lan"] });
        (string, string)[] headers = origin is null ? [("Host", host)] : [("Host", host), ("Origin", origin)];
        foreach (var path in new[] { "/api/status", "/endpoints/secret", "/api/endpoints/secret/results" })
        {
            using var response = await head.GetAsync(path, headers);
            Assert.Equal(status, (int)response.StatusCode);
            if (status == 403)
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }
    }

    [Fact]
    public async Task SignIn_WithTheKey_SetsACookieThatOpensEverythingUntilItEnds()
    {
        await using var head = await StartAsync();
        using var response = await SignInAsync(head, WebHead.Key, "/endpoints/secret");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/endpoints/secret", response.Headers.Location?.OriginalString);

        var setCookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.Contains("; httponly", setCookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; samesite=strict", setCookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("; secure", setCookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(WebHead.Key, setCookie, StringComparison.Ordinal);

        var cookie = ("Cookie", setCookie.Split(';')[0]);
        var page = await head.PageAsync("/endpoints/secret", cookie);
        Assert.Equal("secret", page.QuerySelector("h1")?.TextContent.Trim());
        Assert.NotNull(page.QuerySelector("form[action='/sign-out']"));

        head.Time.Advance(TimeSpan.FromDays(14));
        using var late = await head.GetAsync("/endpoints/secret", cookie);
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact]
    public async Task SignIn_OverHttps_SetsASecureCookie()
    {
        await using var head = await StartAsync(before: request => request.Scheme = "https");
        using var response = await SignInAsync(head, WebHead.Key);
        Assert.Contains("; secure", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task SignIn_WithAWrongKey_SaysSoAndSetsNothing()
    {
        await using var head = await StartAsync();
        using var response = await SignInAsync(head, "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.Contains("not the key", await TextAsync(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("99999999999.")]
    [InlineData("99999999999.AAAA")]
    [InlineData("99999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("99999999999.???????????????????????????????????????????")]
    public async Task Cookie_ThatWasNotIssued_OpensNothing(string token)
    {
        await using var head = await StartAsync();
        using var response = await head.GetAsync("/api/endpoints/open/drift", ("Cookie", "mcpprobe=" + token));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Cookie_WithALaterEndThanIssued_OpensNothing()
    {
        await using var head = await StartAsync();
        var (name, value) = await CookieAsync(head);
        var parts = value["mcpprobe=".Length..].Split('.');
        using var response = await head.GetAsync("/api/endpoints/open/drift", (name, $"mcpprobe={parts[0]}0.{parts[1]}"));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("own", 404)]
    [InlineData("http://example.com", 403)]
    [InlineData("null", 403)]
    [InlineData(null, 403)]
    public async Task Change_ByCookie_MustComeFromOurOwnPages(string? origin, int status)
    {
        await using var head = await StartAsync();
        var cookie = await CookieAsync(head);
        (string, string)[] headers = origin is null ? [cookie] : [cookie, ("Origin", origin == "own" ? head.Url.GetLeftPart(UriPartial.Authority) : origin)];
        using var response = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/missing", null, headers);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task SignIn_FromAnotherSitesPage_IsRefused()
    {
        await using var head = await StartAsync();
        using var form = Form(WebHead.Key, "/");
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-in", form, ("Origin", "https://example.com"));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task SignOut_ByCookie_EndsIt()
    {
        await using var head = await StartAsync();
        var cookie = await CookieAsync(head);
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-out", null, cookie, ("Origin", head.Url.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.StartsWith("mcpprobe=;", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/endpoints/a", "/endpoints/a")]
    [InlineData("//example.com", "/")]
    [InlineData("/\\example.com", "/")]
    [InlineData("https://example.com/", "/")]
    [InlineData("/a\r\nX: y", "/")]
    [InlineData("", "/")]
    public async Task SignIn_ReturningElsewhere_StaysOnThisServer(string asked, string location)
    {
        await using var head = await StartAsync();
        using var response = await SignInAsync(head, WebHead.Key, asked);
        Assert.Equal(location, response.Headers.Location?.OriginalString);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void Key_ThatIsEmpty_IsRefusedAtStart(string key) =>
        Assert.Throws<ArgumentException>(() => WebHead.Add(
            new Microsoft.Extensions.DependencyInjection.ServiceCollection(), new WebOptions { ApiKey = key }, new SampleStore(), TimeProvider.System));

    [Fact]
    public async Task Refusal_ForABrowser_IsAPageWithTheWayIn()
    {
        await using var head = await StartAsync();
        var page = await head.PageAsync("/nothing", ("Accept", "text/html,*/*;q=0.8"));
        Assert.Equal("Unauthorized", page.QuerySelector("h1")?.TextContent);
        Assert.NotNull(page.QuerySelector("main a[href='/sign-in?return=%2Fnothing']"));
    }

    private static Task<WebHead> StartAsync(WebOptions? options = null, Action<Microsoft.AspNetCore.Http.HttpRequest>? before = null)
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("open"), EndpointSource.Api), EndpointState.New, []);
        store.Add(new(Samples.Endpoint("secret", Visibility.Private), EndpointSource.Api), EndpointState.New, []);
        return WebHead.StartAsync(options ?? new WebOptions { ApiKey = WebHead.Key }, store, before);
    }

    private static FormUrlEncodedContent Form(string key, string returnTo) => new([new("key", key), new("return", returnTo)]);

    private static async Task<HttpResponseMessage> SignInAsync(WebHead head, string key, string returnTo = "/")
    {
        using var form = Form(key, returnTo);
        return await head.SendAsync(HttpMethod.Post, "/sign-in", form);
    }

    private static async Task<(string Name, string Value)> CookieAsync(WebHead head)
    {
        using var response = await SignInAsync(head, WebHead.Key);
        return ("Cookie", Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0]);
    }

    private static Task<string> TextAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    private static string Headers(HttpResponseMessage response) => string.Join('\n', response.Headers
        .Concat(response.Content.Headers)
        .Where(header => header.Key is not ("Date" or "Content-Length"))
        .Select(header => $"{header.Key}: {string.Join(',', header.Value)}"));
}
