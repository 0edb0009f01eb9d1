using System.Net;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>People sign in with a real provider (npm's oidc-provider), as a browser would: cookies, redirects, forms.</summary>
public sealed class PeopleSignInTests : IAsyncDisposable
{
    private const string Key = "the-key-of-machines-7";
    private const string Secret = "the-secret-of-the-client-9";

    private readonly TempDirectory _temp = new();
    private readonly int _port = RealServer.FreePort();
    private RealServer? _provider;
    private ServerProcess? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Uri Pages => new($"http://localhost:{_port}");

    [Fact]
    public async Task Person_WithTheAdministratorsClaim_SignsInChangesAndIsNamedInTheAudit()
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);

        var page = await browser.SignInAsync("ann", "/channels");

        Assert.Equal("/channels", page.Path);
        Assert.DoesNotContain("Reading only", page.Text, StringComparison.Ordinal);
        using var change = await browser.SendAsync(HttpMethod.Put, "/api/endpoints/new", """{"url":"https://x.example.com/mcp","interval":"1h"}""", Pages);
        Assert.Equal(HttpStatusCode.Created, change.StatusCode);
        using var foreign = await browser.SendAsync(HttpMethod.Delete, "/api/endpoints/new", null, new Uri("https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);

        using var audit = JsonDocument.Parse(await browser.TextAsync("/api/audit"));
        var lines = audit.RootElement.GetProperty("lines").EnumerateArray()
            .Select(line => (Kind: line.GetProperty("who").GetProperty("kind").GetString(), Name: line.GetProperty("who").GetProperty("name").GetString(),
                Subject: line.GetProperty("who").GetProperty("subject").GetString(), Route: line.GetProperty("route").GetString(), Outcome: line.GetProperty("outcome").GetString()))
            .ToList();
        Assert.Equal(
            [
                ("unknown", null, null, "/api/endpoints/{id}", "refused"),
                ("person", "ann of the test", "ann", "/api/endpoints/{id}", "done"),
                ("person", "ann of the test", "ann", "/sign-in/callback", "done"),
            ],
            lines);
        await Eventually.TrueAsync(
            () => _server!.Output.Any(line => line.Contains("Audit: ann of the test (ann) from 127.0.0.1: PUT /api/endpoints/{id} id=new: done (201)", StringComparison.Ordinal)),
            "the log has the line");

        // State, nonce and PKCE are the handler's: seen at the provider.
        Assert.DoesNotContain(Secret, _server!.Everything, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            () => _provider!.Output.Contains("challenge S256, state true, nonce true, code by query", StringComparison.Ordinal), _provider!.Output);
    }

    [Fact]
    public async Task Person_WithTheReadersClaim_SeesEverythingAndChangesNothing()
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);

        var page = await browser.SignInAsync("rob", "/channels");

        Assert.Contains("Reading only", page.Text, StringComparison.Ordinal);
        using var change = await browser.SendAsync(HttpMethod.Put, "/api/endpoints/new", """{"url":"https://x.example.com/mcp"}""", Pages);
        Assert.Equal(HttpStatusCode.Forbidden, change.StatusCode);
        Assert.Contains("You may read, and may not change anything", await change.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var audit = await browser.SendAsync(HttpMethod.Get, "/api/audit");
        Assert.Equal(HttpStatusCode.Forbidden, audit.StatusCode);
    }

    [Theory]
    [InlineData("eve")]
    [InlineData("mal")] // a value that only begins like the right one
    [InlineData("nobody-in-particular")]
    public async Task Person_WithNeitherClaim_IsNotLetIn(string name)
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);

        var page = await browser.SignInAsync(name, "/channels");

        Assert.Equal((HttpStatusCode.Forbidden, "/sign-in/callback"), (page.Status, page.Path));
        Assert.Contains($"You signed in as {name}", page.Text, StringComparison.Ordinal);
        using var after = await browser.SendAsync(HttpMethod.Get, "/api/endpoints");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task Session_SurvivesARestartAndEndsWithSignOutAndWithOtherClaims()
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);
        await browser.SignInAsync("ann", "/");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser));
        if (!OperatingSystem.IsWindows())
        {
            var keys = _temp.File("data/sign-in-keys");
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(keys));
            Assert.NotEmpty(Directory.GetFiles(keys, "key-*.xml"));
        }

        await RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser));

        await RestartAsync(("MCPPROBE_OIDC_ADMIN_CLAIM", "groups=somebody-else"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(browser));

        await RestartAsync();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser));
        using var left = await browser.SendAsync(HttpMethod.Post, "/sign-out", null, Pages);
        Assert.Equal(HttpStatusCode.SeeOther, left.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(browser));
    }

    // Made up by a page that would sign somebody in as somebody else, or replayed.
    [Theory]
    [InlineData("/sign-in/callback")]
    [InlineData("/sign-in/callback?code=stolen")]
    [InlineData("/sign-in/callback?code=stolen&state=made-up")]
    [InlineData("/sign-in/callback?error=access_denied&state=made-up")]
    public async Task Callback_ThatNobodyWaitsFor_IsRefused(string path)
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);
        using var response = await browser.SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.DoesNotContain("stolen", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.Contains("person=", StringComparison.Ordinal) && !cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Callback_MadeUpByTheHundred_FillsNeitherLogNorAudit()
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);
        for (var i = 0; i < 100; i++)
            using (await browser.SendAsync(HttpMethod.Get, "/sign-in/callback?code=x&state=made-up")) { }

        await Eventually.TrueAsync(() => _server!.Output.Any(line => line.Contains("left no audit line of their own", StringComparison.Ordinal)), "the rest is counted");
        Assert.InRange(_server!.Output.Count(line => line.Contains("did not succeed", StringComparison.Ordinal)), 60, 62);
        Assert.InRange(_server.Output.Count, 100, 135);
        using var audit = await browser.SendAsync(HttpMethod.Get, "/api/audit", key: Key);
        using var lines = JsonDocument.Parse(await audit.Content.ReadAsStringAsync(Cancellation));
        Assert.InRange(lines.RootElement.GetProperty("lines").GetArrayLength(), 60, 62);
    }

    [Fact]
    public async Task Callback_OfAnotherBrowsersSignIn_IsRefused()
    {
        await StartAsync();
        using var attacker = new SignInBrowser(Pages);
        var callback = await attacker.SignInAsync("ann", "/", stopBeforeCallback: true);
        using var victim = new SignInBrowser(Pages);
        using var response = await victim.SendAsync(HttpMethod.Get, callback.Path);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(victim));
    }

    [Fact]
    public async Task Key_WhileTheProviderIsAway_StillOpens()
    {
        await StartAsync();
        await _provider!.DisposeAsync();
        _provider = null;
        using var browser = new SignInBrowser(Pages);

        using var away = await browser.SendAsync(HttpMethod.Get, "/sign-in/provider");
        Assert.Equal(HttpStatusCode.BadGateway, away.StatusCode);
        using var form = await browser.SendAsync(HttpMethod.Get, "/sign-in");
        Assert.Contains("/sign-in/provider?return=", await form.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var byKey = await browser.SendAsync(HttpMethod.Get, "/api/endpoints", key: Key);
        Assert.Equal(HttpStatusCode.OK, byKey.StatusCode);
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("https://evil.example/")]
    public async Task SignIn_ReturningElsewhere_StaysOnThisServer(string returnTo)
    {
        await StartAsync();
        using var browser = new SignInBrowser(Pages);
        var page = await browser.SignInAsync("ann", returnTo);
        Assert.Equal((HttpStatusCode.OK, "/"), (page.Status, page.Path));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        if (_provider is not null)
            await _provider.DisposeAsync();
        _temp.Dispose();
    }

    private static async Task<HttpStatusCode> StatusAsync(SignInBrowser browser)
    {
        using var response = await browser.SendAsync(HttpMethod.Get, "/api/endpoints");
        return response.StatusCode;
    }

    private async Task StartAsync()
    {
        _provider = await RealServers.StartProviderAsync(Secret, new Uri(Pages, "/sign-in/callback"));
        await RestartAsync();
    }

    private async Task RestartAsync(params (string Name, string Value)[] changed)
    {
        if (_server is not null)
        {
            await _server.KillAsync();
            await _server.DisposeAsync();
        }

        var environment = new Dictionary<string, string>
        {
            ["MCPPROBE_API_KEY"] = Key,
            ["MCPPROBE_OIDC_AUTHORITY"] = _provider!.Url.GetLeftPart(UriPartial.Authority),
            ["MCPPROBE_OIDC_CLIENT_ID"] = "mcpprobe",
            ["MCPPROBE_OIDC_CLIENT_SECRET"] = Secret,
            ["MCPPROBE_OIDC_ADMIN_CLAIM"] = "groups=mcpprobe-admins",
            ["MCPPROBE_OIDC_READ_CLAIM"] = "groups=staff",
        };
        foreach (var (name, value) in changed)
            environment[name] = value;
        _server = await ServerProcess.ListenAsync(
            environment, "--data", _temp.File("data"), "--public-url", Pages.GetLeftPart(UriPartial.Authority), "--urls", $"http://127.0.0.1:{_port}");
    }
}
