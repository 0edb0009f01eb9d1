using System.Net;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Tests;

/// <summary>Who changed what: every route that changes something is the administrator's and leaves a line, whoever added it.</summary>
public sealed class AuditTests
{
    private static readonly (string, string) Administrator = ("Authorization", "Bearer " + WebHead.Key);
    private static readonly (string, string) Reader = ("X-Api-Key", WebHead.ReadKey);

    // Signing in and out is everybody's; a check changes nothing.
    private static readonly string[] Open = ["POST /sign-in", "POST /sign-out"];
    private static readonly string[] ChangesNothing = ["POST /api/check", "POST /endpoints/new/probe", "POST /endpoints/{id}/edit/probe"];

    [Fact]
    public async Task EveryRouteThatChanges_IsTheAdministratorsAndLeavesALine()
    {
        await using var head = await StartAsync();
        var changing = Changing(head);
        Assert.Superset(
            new HashSet<string>
            {
                "PUT /api/endpoints/{id}", "DELETE /api/endpoints/{id}", "POST /api/endpoints/{id}/baseline", "POST /api/endpoints/{id}/maintenance",
                "DELETE /api/endpoints/{id}/maintenance", "POST /api/deliveries/{transitionId}/{channel}/resend", "POST /api/channels/{name}/test",
                "POST /endpoints/{id}/baseline", "POST /channels/{name}/enable", "POST /api/check",
            },
            changing.Select(route => $"{route.Method} {route.Pattern}").ToHashSet());

        foreach (var (method, pattern) in changing)
        {
            var path = System.Text.RegularExpressions.Regex.Replace(pattern, "\\{[^}]*\\}", "nobody");
            if (!Open.Contains($"{method} {pattern}"))
            {
                Assert.Equal((401, ActorKind.Unknown, AuditOutcome.Refused), await SendAsync(method, path, pattern, []));
                Assert.Equal((403, ActorKind.ReadKey, AuditOutcome.Refused), await SendAsync(method, path, pattern, [Reader]));
            }

            var (status, who, outcome) = await SendAsync(method, path, pattern, [Administrator], leavesNone: ChangesNothing.Contains($"{method} {pattern}"));
            Assert.NotEqual(401, status);
            Assert.NotEqual(403, status);
            if (!ChangesNothing.Contains($"{method} {pattern}"))
                Assert.Equal((ActorKind.ApiKey, status < 400 ? AuditOutcome.Done : AuditOutcome.Failed), (who, outcome));
            // Refused lines are bounded: see below.
            head.Time.Advance(TimeSpan.FromMinutes(10));
        }

        async Task<(int, ActorKind, AuditOutcome)> SendAsync(string method, string path, string pattern, (string, string)[] headers, bool leavesNone = false)
        {
            var before = head.Store.Audit.Count;
            using var content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
            using var response = await head.SendAsync(new HttpMethod(method), path, content, headers);
            var line = head.Store.Audit[0];
            Assert.True(head.Store.Audit.Count == before + (leavesNone ? 0 : 1), $"{method} {pattern} left {head.Store.Audit.Count - before} lines");
            if (leavesNone)
                return ((int)response.StatusCode, ActorKind.Unknown, AuditOutcome.Done);
            Assert.Equal((method, pattern, (int)response.StatusCode), (line.Method, line.Route, line.Status));
            Assert.All(line.Targets.Values, value => Assert.Equal("nobody", value));
            return (line.Status, line.Who.Kind, line.Outcome);
        }
    }

    [Fact]
    public async Task Change_Done_IsListedWithWhoFromWhereAndWhatAndNoSecret()
    {
        await using var head = await StartAsync(request => request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:192.0.2.7"));
        using var content = new StringContent("""{"url":"https://x.example.com/mcp?key=hush1","bearer":"${env:SECRET_TOKEN}"}""");
        using var put = await head.SendAsync(HttpMethod.Put, "/api/endpoints/new?token=hush2", content, Administrator);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);

        using var response = await head.GetAsync("/api/audit", Administrator);
        var audit = await ApiSchemas.CheckAsync("audit", response);

        var line = Assert.Single(audit.GetProperty("lines").EnumerateArray());
        Assert.Equal(
            ("api-key", "192.0.2.7", "PUT", "/api/endpoints/{id}", "new", "done", 201),
            (line.GetProperty("who").GetProperty("kind").GetString(), line.GetProperty("address").GetString(), line.GetProperty("method").GetString(),
                line.GetProperty("route").GetString(), line.GetProperty("targets").GetProperty("id").GetString(), line.GetProperty("outcome").GetString(), line.GetProperty("status").GetInt32()));
        Assert.Equal(Samples.Now, line.GetProperty("at").GetDateTimeOffset());
        var logged = Assert.Single(head.Log.Of("AuditTrail"));
        Assert.Equal("Audit: api-key from 192.0.2.7: PUT /api/endpoints/{id} id=new: done (201)", logged);
        foreach (var text in new[] { audit.ToString(), logged })
        {
            Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
            Assert.DoesNotContain("SECRET", text, StringComparison.Ordinal);
            Assert.DoesNotContain(WebHead.Key, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Audit_OverManyPages_GivesEachLineOnce()
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 7; i++)
        {
            using var deleted = await head.SendAsync(HttpMethod.Delete, $"/api/endpoints/e{i}", null, Administrator);
            head.Time.Advance(TimeSpan.FromSeconds(i / 3));
        }

        var seen = new List<string?>();
        for (var next = "?limit=3"; next is not null;)
        {
            using var response = await head.GetAsync("/api/audit" + next, Administrator);
            var page = await ApiSchemas.CheckAsync("audit", response);
            seen.AddRange(page.GetProperty("lines").EnumerateArray().Select(line => line.GetProperty("targets").GetProperty("id").GetString()));
            next = page.GetProperty("next").GetString() is { } after ? $"?limit=3&after={after}" : null;
        }

        Assert.Equal(["e6", "e5", "e4", "e3", "e2", "e1", "e0"], seen);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=1001")]
    [InlineData("?after=x")]
    [InlineData("?after=1'%20or%20'1'='1")]
    public async Task Audit_WithAWrongQuery_IsAProblem(string query)
    {
        await using var head = await StartAsync();
        using var response = await head.GetAsync("/api/audit" + query, Administrator);
        await ApiTests.ProblemAsync(response, 400);
    }

    [Fact]
    public async Task SignIn_RightAndWrong_LeavesALineOfEach()
    {
        await using var head = await StartAsync();
        await SignInAsync(head, WebHead.ReadKey);
        await SignInAsync(head, "a wrong key that is long");

        Assert.Equal(
            [(ActorKind.Unknown, AuditOutcome.Refused, 401), (ActorKind.ReadKey, AuditOutcome.Done, 303)],
            head.Store.Audit.Select(line => (line.Who.Kind, line.Outcome, line.Status)));
        Assert.All(head.Store.Audit, line => Assert.Empty(line.Targets));
    }

    [Fact]
    public async Task Change_OnAKeylessHead_IsTheLocalMachines()
    {
        var store = new SampleStore();
        await using var head = await WebHead.StartAsync(new WebOptions(), store);
        using var done = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/nobody");
        using var refused = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/nobody", null, ("Origin", "https://evil.example"));
        Assert.Equal(
            [(ActorKind.Unknown, AuditOutcome.Refused), (ActorKind.Local, AuditOutcome.Failed)], store.Audit.Select(line => (line.Who.Kind, line.Outcome)));
    }

    [Fact]
    public async Task Change_WhileTheStoreTakesNoLine_IsDoneAndTheLogHasIt()
    {
        var store = new AuditlessStore();
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store, services: services => services.AddSingleton<IAuditStore>(store.Full));
        using var content = new StringContent("""{"url":"https://x.example.com/mcp"}""");
        using var put = await head.SendAsync(HttpMethod.Put, "/api/endpoints/new", content, Administrator);

        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.NotNull(await store.FindEndpointAsync("new", TestContext.Current.CancellationToken));
        Assert.Equal(
            ["Audit: api-key from 127.0.0.1: PUT /api/endpoints/{id} id=new: done (201)", "An audit line could not be stored, and is in this log alone: the disk is full"],
            head.Log.Of("AuditTrail"));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/sign-in")]
    public async Task OpenForms_SentByTheThousand_AreBoundedWhateverCameOfThem(string path)
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 100; i++)
            using (await head.SendAsync(HttpMethod.Post, path, new StringContent("no form"))) { }
        for (var i = 0; i < 100; i++)
            using (await head.SendAsync(HttpMethod.Post, path, new StringContent("no form"), Reader)) { }
        Assert.Equal(
            [(ActorKind.Unknown, 60), (ActorKind.ReadKey, 60)],
            head.Store.Audit.CountBy(line => line.Who.Kind).Select(each => (each.Key, each.Value)).OrderBy(each => each.Key));
    }

    // Everybody can send what is refused: it must neither fill the store nor push out what was done.
    [Fact]
    public async Task Refusals_ByTheThousand_AreBoundedAndWhatIsDoneIsNot()
    {
        await using var head = await StartAsync();
        for (var i = 0; i < 200; i++)
        {
            using var refused = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/x");
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        for (var i = 0; i < 100; i++)
            using (await head.SendAsync(HttpMethod.Delete, "/api/endpoints/x", null, Administrator)) { }
        using var reader = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/x", null, Reader);

        Assert.Equal(60, head.Store.Audit.Count(line => line.Who.Kind is ActorKind.Unknown));
        Assert.Equal(100, head.Store.Audit.Count(line => line.Who.Kind is ActorKind.ApiKey));
        Assert.Equal(1, head.Store.Audit.Count(line => line.Who.Kind is ActorKind.ReadKey));
        Assert.Single(head.Log.Of("AuditTrail"), line => line.StartsWith("1 requests that everybody can send left no audit line", StringComparison.Ordinal));
        head.Time.Advance(TimeSpan.FromMinutes(2));
        using var later = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/x");
        Assert.Equal(61, head.Store.Audit.Count(line => line.Who.Kind is ActorKind.Unknown));
    }

    [Fact]
    public async Task Target_WithLineBreaksAndMarks_IsOneCleanLine()
    {
        await using var head = await StartAsync();
        using var response = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/a%0AAudit:%20api-key%1B[2J%E2%80%AE" + new string('x', 400), null, Administrator);
        var target = Assert.Single(head.Store.Audit).Targets["id"];
        Assert.InRange(target.Length, 100, 201);
        Assert.DoesNotContain(target, char.IsControl);
        Assert.All(head.Log.Of("AuditTrail"), line => Assert.DoesNotContain('\n', line));
    }

    [Theory]
    [InlineData("GET", "/api/endpoints")]
    [InlineData("HEAD", "/")]
    [InlineData("OPTIONS", "/api/endpoints")]
    [InlineData("POST", "/api/nothing")]
    [InlineData("POST", "/api/status")]
    public async Task Request_ThatChangesNothing_LeavesNoLine(string method, string path)
    {
        await using var head = await StartAsync();
        using var response = await head.SendAsync(new HttpMethod(method), path, null, Administrator);
        Assert.Empty(head.Store.Audit);
    }

    private static Task<WebHead> StartAsync(Action<Microsoft.AspNetCore.Http.HttpRequest>? before = null) =>
        WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey }, new SampleStore(), before);

    private static List<(string Method, string Pattern)> Changing(WebHead head) =>
    [
        .. from route in head.Routes
           from method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]
           // Agents read by POST.
           where method is not ("GET" or "HEAD" or "OPTIONS") && !route.RoutePattern.RawText!.StartsWith("/mcp", StringComparison.Ordinal)
           select (method, route.RoutePattern.RawText!),
    ];

    private static async Task SignInAsync(WebHead head, string key)
    {
        using var form = new FormUrlEncodedContent([new("key", key)]);
        using var response = await head.SendAsync(HttpMethod.Post, "/sign-in", form);
    }

    private sealed class AuditlessStore : SampleStore
    {
        public IAuditStore Full { get; } = new MemoryStore { Broken = new IOException("the disk is full") };
    }
}
