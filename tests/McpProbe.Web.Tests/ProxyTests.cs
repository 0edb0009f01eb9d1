using System.Net;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>What a proxy in front changes: without a key nothing is answered, with one cookies, origins and addresses go by what browsers see.</summary>
public sealed class ProxyTests
{
    private static readonly Uri Public = new("https://status.example.com");
    private static readonly (string, string) Bearer = ("Authorization", "Bearer " + WebHead.Key);

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.1;proto=https")]
    [InlineData("Forwarded", "")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("X-Forwarded-Host", "127.0.0.1")]
    [InlineData("x-forwarded-port", "443")]
    [InlineData("X-Forwarded-Prefix", "/a")]
    [InlineData("X-Forwarded-Anything", "1")]
    [InlineData("X-Forwarded", "1")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("via", "")]
    [InlineData("X-Client-IP", "127.0.0.1")]
    [InlineData("True-Client-IP", "127.0.0.1")]
    [InlineData("CF-Connecting-IP", "127.0.0.1")]
    [InlineData("X-Envoy-External-Address", "127.0.0.1")]
    [InlineData("CDN-Loop", "cloudflare")]
    public async Task Request_ThroughAProxyWithoutAKey_IsRefusedWithWhatToDo(string name, string value)
    {
        await using var head = await StartAsync(new WebOptions());
        foreach (var (method, path) in new[] { ("GET", "/"), ("GET", "/api/status"), ("GET", "/api/health"), ("GET", "/endpoints/secret"), ("PUT", "/api/endpoints/x"), ("POST", "/api/check") })
        {
            using var response = await head.SendAsync(new HttpMethod(method), path, null, (name, value));
            var problem = await ApiTests.ProblemAsync(response, 403);
            Assert.Contains("MCPPROBE_API_KEY", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            Assert.Contains("proxy", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        using var straight = await head.GetAsync("/api/endpoints/secret");
        Assert.Equal(HttpStatusCode.OK, straight.StatusCode);
        using var withKey = await head.GetAsync("/api/status", (name, value), Bearer);
        Assert.Equal(HttpStatusCode.Forbidden, withKey.StatusCode);
    }

    [Fact]
    public async Task Request_ThroughAProxyWithAKey_IsAnswered()
    {
        await using var head = await StartAsync(new WebOptions { ApiKey = WebHead.Key });
        using var response = await head.GetAsync("/api/endpoints/secret", ("X-Forwarded-For", "192.0.2.1"), ("Via", "1.1 proxy"), Bearer);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("127.9.9.9:8080", 200)]
    [InlineData("127.0.0.1.", 403)]
    [InlineData("localhost.", 403)]
    [InlineData("10.0.0.1", 403)]
    [InlineData("[fe80::1]", 403)]
    public async Task Host_OnAKeylessHead_IsAnyAddressOfTheLoopbackInterface(string host, int status)
    {
        await using var head = await StartAsync(new WebOptions());
        using var response = await head.GetAsync("/api/status", ("Host", host));
        Assert.Equal(status, (int)response.StatusCode);
    }

    // Who says that TLS ended before: the operator, or a header. A made-up header makes the cookie that its sender gets stricter.
    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData("https://status.example.com", null, null, true)]
    [InlineData("https://status.example.com", "X-Forwarded-Proto", "http", true)]
    [InlineData("http://status.example.com", null, null, false)]
    [InlineData(null, "X-Forwarded-Proto", "https", true)]
    [InlineData("http://status.example.com", "X-Forwarded-Proto", "HTTPS", true)]
    [InlineData(null, "X-Forwarded-Proto", "https, http", true)]
    [InlineData(null, "X-Forwarded-Proto", "http, http", false)]
    [InlineData(null, "X-Forwarded-Proto", "httpsx", false)]
    [InlineData(null, "X-Forwarded-Ssl", "on", true)]
    [InlineData(null, "Forwarded", "for=192.0.2.1;proto=https;by=203.0.113.1", true)]
    [InlineData(null, "Forwarded", "for=192.0.2.1, for=198.51.100.1; Proto=\"https\"", true)]
    [InlineData(null, "Forwarded", "for=192.0.2.1;proto=http", false)]
    public async Task SignIn_BehindTls_SetsASecureHostCookie(string? publicUrl, string? name, string? value, bool secure)
    {
        await using var head = await StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = publicUrl is null ? null : new Uri(publicUrl) });
        (string, string)[] headers = name is null ? [] : [(name, value!)];
        using var form = Form(WebHead.Key);
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-in", form, headers);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));

        Assert.Equal(secure, cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith(secure ? "__Host-mcpprobe=" : "mcpprobe=", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        using var seen = await head.GetAsync("/api/endpoints/secret", [.. headers, ("Cookie", cookie.Split(';')[0])]);
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
    }

    // A page of a neighbouring name could plant the plain one.
    [Fact]
    public async Task Cookie_WithoutTheHostPrefix_OpensNothingBehindTls()
    {
        await using var head = await StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = Public });
        using var form = Form(WebHead.Key);
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-in", form);
        var token = Assert.Single(response.Headers.GetValues("Set-Cookie")).Split(';')[0].Split('=', 2)[1];
        using var planted = await head.GetAsync("/api/endpoints/secret", ("Cookie", "mcpprobe=" + token));
        Assert.Equal(HttpStatusCode.Unauthorized, planted.StatusCode);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("http://status.example.com", null)]
    [InlineData("https://localhost:8443", null)]
    [InlineData("https://status.example.com", "max-age=2592000")]
    public async Task Answers_WhereTheOperatorSaysHttps_AskBrowsersToInsistOnIt(string? publicUrl, string? header)
    {
        await using var head = await StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = publicUrl is null ? null : new Uri(publicUrl) });
        foreach (var path in new[] { "/", "/api/status", "/api/endpoints", "/nothing" })
        {
            using var response = await head.GetAsync(path, ("X-Forwarded-Proto", "https"));
            Assert.Equal(header, response.Headers.TryGetValues("Strict-Transport-Security", out var values) ? Assert.Single(values) : null);
        }
    }

    // The proxy puts its own name for this server into Host, as nginx does unless told otherwise.
    [Theory]
    [InlineData("127.0.0.1:8080", "https://status.example.com", false, 404)]
    [InlineData("127.0.0.1:8080", "https://status.example.com", true, 404)]
    [InlineData("status.example.com", "https://status.example.com", true, 404)]
    [InlineData("status.example.com:443", "https://status.example.com:443", true, 404)]
    [InlineData("127.0.0.1:8080", "http://127.0.0.1:8080", false, 404)] // straight, past the proxy
    [InlineData("evil.example", "http://evil.example", true, 403)]
    [InlineData("127.0.0.1:8080", "http://127.0.0.1:8080", true, 403)]
    [InlineData("status.example.com", "http://status.example.com", true, 403)]
    [InlineData("status.example.com", "https://status.example.com:8443", true, 403)]
    [InlineData("127.0.0.1:8080", "https://evil.example", false, 403)]
    [InlineData("127.0.0.1:8080", "null", true, 403)]
    public async Task Change_ByCookieBehindAProxy_ComesFromThePublicUrl(string host, string origin, bool forwarded, int status)
    {
        await using var head = await StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = Public });
        using var form = Form(WebHead.Key);
        using var signedIn = await head.SendAsync(HttpMethod.Post, "/sign-in", form);
        var cookie = ("Cookie", Assert.Single(signedIn.Headers.GetValues("Set-Cookie")).Split(';')[0]);
        (string, string)[] headers = [cookie, ("Host", host), ("Origin", origin), .. forwarded ? new[] { ("X-Forwarded-For", "192.0.2.1") } : []];

        using var response = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/missing", null, headers);
        Assert.Equal(status, (int)response.StatusCode);
    }

    // The last address that no trusted proxy stands for; whoever is not trusted is the caller itself.
    [Theory]
    [InlineData("", "198.51.100.9", "192.0.2.1", "198.51.100.9")]
    [InlineData("10.0.0.0/8", "198.51.100.9", "192.0.2.1", "198.51.100.9")]
    [InlineData("10.0.0.0/8", "10.0.0.7", "192.0.2.1", "192.0.2.1")]
    [InlineData("10.0.0.0/8", "10.0.0.7", "6.6.6.6, 192.0.2.1", "192.0.2.1")]
    [InlineData("10.0.0.0/8", "10.0.0.7", "6.6.6.6, 192.0.2.1, 10.0.0.3", "192.0.2.1")]
    [InlineData("10.0.0.7", "10.0.0.7", "192.0.2.1:55555", "192.0.2.1")]
    [InlineData("127.0.0.0/8,2001:db8::/32", "::ffff:127.0.0.1", "[2001:db9::7]:55555", "2001:db9::7")]
    [InlineData("10.0.0.7", "10.0.0.7", "not an address", "10.0.0.7")]
    [InlineData("10.0.0.7", "10.0.0.7", null, "10.0.0.7")]
    public async Task Address_OfTheCaller_IsBelievedOfTrustedProxiesAlone(string trusted, string peer, string? forwardedFor, string address)
    {
        var mistakes = new List<(string, string)>();
        var store = new SampleStore();
        await using var head = await WebHead.StartAsync(
            new WebOptions { ApiKey = WebHead.Key, TrustedProxies = Access.AccessSettings.ReadProxies(trusted, mistakes) }, store,
            request => request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse(peer));
        (string, string)[] headers = forwardedFor is null ? [Bearer] : [Bearer, ("X-Forwarded-For", forwardedFor)];

        using var response = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/missing", null, headers);

        Assert.Empty(mistakes);
        Assert.Equal(address, Assert.Single(store.Audit).Address);
    }

    private static Task<WebHead> StartAsync(WebOptions options)
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("secret", McpProbe.Endpoints.Visibility.Private), EndpointSource.Api), EndpointState.New, []);
        return WebHead.StartAsync(options, store);
    }

    private static FormUrlEncodedContent Form(string key) => new([new("key", key), new("return", "/")]);
}
