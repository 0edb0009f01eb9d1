using System.Globalization;
using System.IO.Compression;
using System.Text;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Imports.Planning;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Tests.Imports;

/// <summary>Each registry by the shapes that it answers with, and every way in which one can answer wrongly.</summary>
public class RegistryTests
{
    private static string Official(string asked) => asked.Contains("cursor=", StringComparison.Ordinal) ? "official-2.json" : "official-1.json";

    [Fact]
    public async Task Official_Pages_AreReadToTheEndWithTheirStatus()
    {
        var asked = new List<string>();
        await using var server = await Recorded.ServeAsync(Official, request => asked.Add($"{request.Path}{request.QueryString} {request.Headers.UserAgent}"));

        var plan = Recorded.Plan(await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url)));

        Assert.Equal(
            [
                "/v0.1/servers?limit=100&version=latest&include_deleted=true mcpprobe/0.1.0 (+ops@example.com)",
                "/v0.1/servers?limit=100&version=latest&include_deleted=true&cursor=com.example%2Fkeyed%3A2.0.0%20%26%2B mcpprobe/0.1.0 (+ops@example.com)",
            ], asked);
        Assert.Equal((8, 1, 1), (plan.Servers[ListingStatus.Active], plan.Servers[ListingStatus.Deprecated], plan.Servers[ListingStatus.Deleted]));
        Assert.Equal(
            [
                "com.example.former https://former.example.com/mcp http: deprecated in the registry",
                "com.example.keyed https://keyed.example.com/mcp http: needs the header X-Api-Key",
                "com.example.project https://project.example.com/${env:MCP_COM_EXAMPLE_PROJECT_PROJECT}/mcp http: has the variable project in its address",
                "com.example.region https://eu.example.com/mcp http: has the variable region in its address",
                "com.example.weather https://weather.example.com/mcp http: not activated",
                "com.example.weather https://weather.example.com/sse sse: not activated",
                "io.github.ann.notes-app https://notes.example.com/mcp/ http: not activated",
            ],
            plan.Added.Select(each => $"{WithoutMark(each.Id)} {each.Url!.OriginalString} {each.Transport.ToString().ToLowerInvariant()}: {each.Imported!.Paused}"));
        Assert.All(plan.Added, each => Assert.True(each.Paused));
        Assert.Equal(
            [
                ("io.github.bob/notes", "another server that is listed has the same address"),
                ("com.example/tenants", "its host has the variable tenant"),
                ("com.example/package", "it has no remote address"),
            ], plan.LeftOut);
    }

    [Theory]
    [InlineData("/base/", "/base/v0.1/servers")]
    [InlineData("/v0.1", "/v0.1/servers")]
    [InlineData("/v0", "/v0/servers")]
    [InlineData("/api/mcp/v0.1/", "/api/mcp/v0.1/servers")]
    public async Task Official_BaseAddress_MayNameTheVersionOrNot(string address, string expected)
    {
        var asked = "";
        await using var server = await Recorded.ServeAsync(_ => "official-2.json", request => asked = request.Path);

        await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url + address));

        Assert.Equal(expected, asked);
    }

    [Fact]
    public async Task Official_SearchAndUpdatedSince_AreAskedForAndAnIgnoredSearchIsLookedAtHere()
    {
        var asked = "";
        await using var server = await Recorded.ServeAsync(_ => "official-2.json", request => asked = request.QueryString.Value!);
        var query = new ImportQuery("REGION", new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.FromHours(1)));

        var listings = await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Github, server.Url), query);

        Assert.EndsWith("&search=REGION&updated_since=2026-11-01T11%3A00%3A00Z", asked, StringComparison.Ordinal);
        Assert.Equal(["com.example/region"], listings.Select(listing => listing.Name));
    }

    [Fact]
    public async Task Pulsemcp_Keys_AreItsOwnHeaders()
    {
        var headers = new List<string>();
        await using var server = await Recorded.ServeAsync(
            _ => "official-2.json", request => headers.AddRange([$"{request.Headers["X-API-Key"]}", $"{request.Headers["X-Tenant-ID"]}", $"{request.Headers.Authorization}"]));

        await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Pulsemcp, server.Url, "k", "t"));

        Assert.Equal(["k", "t", ""], headers);
        // To nobody on the way.
        var failure = Assert.Throws<ImportFailedException>(() => Recorded.Registry(RegistryKind.Pulsemcp, "http://registry.example.com", "k"));
        Assert.Equal(ExitCodes.Usage, failure.ExitCode);
    }

    [Fact]
    public async Task Smithery_Servers_AreAskedForOneByOneAndComePaused()
    {
        var asked = new List<string>();
        await using var server = await Recorded.ServeAsync(
            path => path switch
            {
                "/servers?page=1&pageSize=100" => "smithery-servers.json",
                "/servers/ann/search" => "smithery-detail.json",
                "/servers/local-only" => "smithery-local.json",
                _ => null,
            },
            request => asked.Add($"{request.Path} {request.Headers.Authorization}"));

        var listings = await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Smithery, server.Url, "k"));
        var plan = Recorded.Plan(listings, new ImportPolicy("smithery") { Activate = true, Contact = "ops@example.com" });

        Assert.Equal(["/servers Bearer k", "/servers/ann/search Bearer k", "/servers/local-only Bearer k", "/servers/ann/left Bearer k"], asked);
        var endpoint = Assert.Single(plan.Added);
        Assert.Equal(
            ("ann.search", "Search", "https://server.example.com/ann/search/mcp", true, "needs a Smithery key and a configuration (apiKey)"),
            (endpoint.Id, endpoint.Name, endpoint.Url!.OriginalString, endpoint.Paused, endpoint.Imported!.Paused));
        Assert.Equal([("local-only", "it has no remote address")], plan.LeftOut);
    }

    [Fact]
    public async Task Glama_Connectors_AreReadToTheEnd()
    {
        var asked = new List<string>();
        await using var server = await Recorded.ServeAsync(
            path => path.Contains("after=", StringComparison.Ordinal) ? "glama-last.json" : "glama-connectors.json", request => asked.Add($"{request.Path}{request.QueryString}"));

        var plan = Recorded.Plan(
            await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Glama, server.Url, "k")), new ImportPolicy("glama") { Activate = true, Contact = "ops@example.com" });

        Assert.Equal(["/api/mcp/v1/connectors?first=100", "/api/mcp/v1/connectors?first=100&after=YWJj"], asked);
        Assert.Equal(
            [("io.github.ann.open", false, null), ("io.github.ann.signed", true, "asks for credentials (oauth)"), ("k3", false, null)],
            plan.Added.Select(each => (each.Id, each.Paused, each.Imported!.Paused)));
    }

    public static TheoryData<string, int, string> WrongAnswers => new()
    {
        { "html", ExitCodes.NotHealthy, "answered with a web page instead of JSON" },
        { "html-as-json", ExitCodes.NotHealthy, "answered with a web page instead of JSON" },
        { "half", ExitCodes.NotHealthy, "what is not JSON, or only half of it" },
        { "broken-off", ExitCodes.NotHealthy, "broke off in the middle of an answer" },
        { "empty", ExitCodes.NotHealthy, "what is not JSON, or only half of it" },
        { "another", ExitCodes.NotHealthy, "JSON that is no list of servers" },
        { "scalar", ExitCodes.NotHealthy, "JSON that is no list of servers" },
        { "deep", ExitCodes.NotHealthy, "what is not JSON" },
        { "loop", ExitCodes.NotHealthy, "pages in a loop" },
        { "new-cursors", ExitCodes.NotHealthy, "pages in a loop" },
        { "huge", ExitCodes.NotHealthy, "answered with more than 8 MiB at once" },
        { "bomb", ExitCodes.NotHealthy, "answered with more than 8 MiB at once" },
        { "redirect", ExitCodes.NotHealthy, "answered 302, a redirect to https://elsewhere.example.com/v0.1/servers, which is not followed" },
        { "missing", ExitCodes.NotHealthy, "answered 404" },
        { "refused", ExitCodes.NotHealthy, "answered 400" },
        { "unauthorized", ExitCodes.Credentials, "answered 401: it wants a key" },
        { "forbidden", ExitCodes.Credentials, "answered 403: it wants a key" },
        { "come-back", ExitCodes.Unreachable, "answered 429 and asks to come back in 1h" },
        { "hangs", ExitCodes.Unreachable, "did not answer within 2s" },
        { "drips", ExitCodes.Unreachable, "did not answer within 2s" },
        { "endless", ExitCodes.NotHealthy, "answered with more than 8 MiB at once" },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task AnyRegistry_WrongAnswer_EndsBoundedInOneClearLine(string how, int exitCode, string said)
    {
        await using var server = await StubServer.StartAsync(context => AnswerAsync(how, context));
        var limits = Recorded.Limits with { Request = how is "hangs" or "drips" ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(30) };

        var failure = await Assert.ThrowsAsync<ImportFailedException>(() => Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url, limits: limits)));

        Assert.Equal(exitCode, failure.ExitCode);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith(server.Url, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    private static async Task AnswerAsync(string how, HttpContext context)
    {
        var (request, response, token) = (context.Request, context.Response, context.RequestAborted);
        response.ContentType = "application/json";
        var one = """{"server":{"name":"com.example/a","remotes":[]}}""";
        switch (how)
        {
            case "html":
                response.ContentType = "text/html";
                await response.WriteAsync("<!DOCTYPE html><html>", token);
                break;
            case "html-as-json":
                await response.WriteAsync("\n <html><body>Sign in</body></html>", token);
                break;
            case "half":
                await response.WriteAsync("""{"servers":[{"server":{"name":"com.exa""", token);
                break;
            case "broken-off":
                response.ContentLength = 1000;
                await response.WriteAsync("""{"servers":[""", token);
                await response.Body.FlushAsync(token);
                context.Abort();
                break;
            case "another":
                await response.WriteAsync("""{"ok":true,"servers":"none"}""", token);
                break;
            case "scalar":
                await response.WriteAsync("1", token);
                break;
            case "deep":
                await response.WriteAsync("""{"servers":""" + new string('[', 5000), token);
                break;
            case "loop":
                await response.WriteAsync($$$"""{"servers":[{{{one}}}],"metadata":{"nextCursor":"{{{(request.QueryString.Value!.Contains("cursor=a", StringComparison.Ordinal) ? "b" : "a")}}}"}}""", token);
                break;
            case "new-cursors":
                await response.WriteAsync($$$"""{"servers":[{{{one}}}],"metadata":{"nextCursor":"{{{Guid.NewGuid()}}}"}}""", token);
                break;
            case "huge":
                response.ContentLength = 300 << 20;
                await FillAsync(response.Body, 300 << 20, token);
                break;
            case "endless":
                await FillAsync(response.Body, int.MaxValue, token);
                break;
            case "bomb":
                response.Headers.ContentEncoding = "gzip";
                await using (var gzip = new GZipStream(response.Body, CompressionLevel.Fastest))
                    await FillAsync(gzip, 300 << 20, token);
                break;
            case "redirect":
                response.Redirect("https://ann:secret@elsewhere.example.com/v0.1/servers?token=secret");
                break;
            case "missing" or "refused" or "unauthorized" or "forbidden":
                response.StatusCode = how switch { "missing" => 404, "refused" => 400, "unauthorized" => 401, _ => 403 };
                break;
            case "come-back":
                response.StatusCode = 429;
                response.Headers.RetryAfter = "3600";
                break;
            case "hangs":
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                break;
            case "drips":
                while (!token.IsCancellationRequested)
                {
                    await response.WriteAsync(" ", token);
                    await response.Body.FlushAsync(token);
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, token);
                }

                break;
        }
    }

    private static async Task FillAsync(Stream body, int bytes, CancellationToken token)
    {
        try
        {
            await body.WriteAsync("{\"servers\":[{\"server\":{\"name\":\"com.example/a\",\"description\":\""u8.ToArray(), token);
            var piece = Encoding.ASCII.GetBytes(new string('a', 1 << 16));
            for (long sent = 0; sent < bytes && !token.IsCancellationRequested; sent += piece.Length)
                await body.WriteAsync(piece, token);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // The client has had enough.
        }
    }

    [Fact]
    public async Task AnyRegistry_NobodyThere_IsUnreachable()
    {
        var failure = await Assert.ThrowsAsync<ImportFailedException>(() => Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, "http://127.0.0.1:1")));

        Assert.Equal(ExitCodes.Unreachable, failure.ExitCode);
        Assert.Contains("cannot be reached (ConnectionRefused)", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429, "1", 2)]
    [InlineData(503, null, 2)]
    [InlineData(500, "0", 4)]
    public async Task AnyRegistry_BusyForAWhile_IsAskedAgainWhenItSays(int status, string? retryAfter, int answeredAt)
    {
        var times = new List<long>();
        await using var server = await StubServer.StartAsync(async context =>
        {
            times.Add(TimeProvider.System.GetTimestamp());
            if (times.Count < answeredAt)
            {
                context.Response.StatusCode = status;
                if (retryAfter is not null)
                    context.Response.Headers.RetryAfter = retryAfter;
                return;
            }

            context.Response.ContentType = "application/json";
            await context.Response.SendFileAsync(Recorded.Path("official-2.json"));
        });

        Assert.Equal(6, (await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url))).Count);

        Assert.Equal(answeredAt, times.Count);
        var least = retryAfter is null ? 2 : int.Parse(retryAfter, CultureInfo.InvariantCulture);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(TimeProvider.System.GetElapsedTime(pair.First, pair.Second) >= TimeSpan.FromSeconds(least) * 0.95));
    }

    [Fact]
    public async Task AnyRegistry_BusyForEver_IsGivenUp()
    {
        var asked = 0;
        await using var server = await StubServer.StartAsync(context =>
        {
            asked++;
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "0";
            return Task.CompletedTask;
        });

        var failure = await Assert.ThrowsAsync<ImportFailedException>(() => Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url)));

        Assert.Equal((ExitCodes.Unreachable, 4), (failure.ExitCode, asked));
    }

    [Fact]
    public async Task AnyRegistry_ManyPages_AreAskedForOneAfterTheOtherAndApart()
    {
        var (times, atOnce, most) = (new List<long>(), 0, 0);
        await using var server = await StubServer.StartAsync(async context =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            times.Add(TimeProvider.System.GetTimestamp());
            context.Response.ContentType = "application/json";
            var next = times.Count < 4 ? $"\"{times.Count}\"" : "null";
            await context.Response.WriteAsync($$$"""{"servers":[{"server":{"name":"com.example/{{{times.Count}}}","remotes":[]}}],"metadata":{"nextCursor":{{{next}}}}}""");
            Interlocked.Decrement(ref atOnce);
        });

        await Recorded.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url, limits: Recorded.Limits with { Pace = TimeSpan.FromMilliseconds(100) }));

        Assert.Equal((4, 1), (times.Count, most));
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(TimeProvider.System.GetElapsedTime(pair.First, pair.Second) >= TimeSpan.FromMilliseconds(95)));
    }

    [Fact]
    public async Task Import_Enough_IsNotReadToTheEnd()
    {
        var pages = 0;
        await using var server = await StubServer.StartAsync(async context =>
        {
            var page = Interlocked.Increment(ref pages);
            context.Response.ContentType = "application/json";
            var servers = string.Join(',', Enumerable.Range(0, 20).Select(i => $$$"""{"server":{"name":"com.example/{{{page}}}-{{{i}}}","remotes":[{"type":"sse","url":"https://a{{{page}}}-{{{i}}}.example.com/sse"}]}}"""));
            await context.Response.WriteAsync($$$"""{"servers":[{{{servers}}}],"metadata":{"nextCursor":"{{{page}}}"}}""");
        });

        var (listings, isWhole) = await Importer.ReadAsync(Recorded.Registry(RegistryKind.Official, server.Url), new ImportQuery(), 10, Recorded.Limits, Recorded.Token);
        var plan = Recorded.Plan(listings, new ImportPolicy("test") { Limit = 10, IsWhole = isWhole });

        Assert.Equal((2, false, 10, false), (pages, isWhole, plan.Added.Count, plan.IsWhole));
    }

    private static string WithoutMark(string id) => id.Length > 9 && id[^9] == '-' && id[^8..].All(char.IsAsciiHexDigitLower) ? id[..^9] : id;
}
