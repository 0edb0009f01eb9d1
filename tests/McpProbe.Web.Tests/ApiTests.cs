using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>The API on a keyless head: every answer fits its schema in docs/schema.</summary>
public sealed class ApiTests
{
    [Fact]
    public async Task Health_NeedsNoStore()
    {
        await using var head = await WebHead.StartAsync(store: new SampleStore { Broken = new IOException("gone") });
        using var response = await head.GetAsync("/api/health");
        Assert.Equal("ok", (await ApiSchemas.CheckAsync("health", response)).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Status_ListsEveryEndpointWithItsVerdict()
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/status");
        var status = await ApiSchemas.CheckAsync("status", response);
        Assert.Equal("down", status.GetProperty("verdict").GetString());
        Assert.Equal(
            """{"total":7,"healthy":4,"degraded":0,"gated":1,"down":1,"unknown":0,"paused":1,"openIncidents":2}""",
            status.GetProperty("counts").GetRawText());
        Assert.Equal(
            ["browser", "crm", "docs", "issues", "old-wiki", "payments", "search"],
            status.GetProperty("endpoints").EnumerateArray().Select(one => one.GetProperty("id").GetString()!));
        var search = status.GetProperty("endpoints")[6];
        Assert.Equal("2026-11-22T22:10:00.012Z", search.GetProperty("lastProbeAt").GetString());
        Assert.Equal(9, search.GetProperty("handshakeMs").GetDouble());
        Assert.Equal("drift", search.GetProperty("openIncidents")[0].GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData(new Verdict[0], "unknown")]
    [InlineData(new[] { Verdict.Healthy, Verdict.Gated }, "healthy")]
    [InlineData(new[] { Verdict.Healthy, Verdict.Unknown }, "unknown")]
    [InlineData(new[] { Verdict.Unknown, Verdict.Degraded }, "degraded")]
    [InlineData(new[] { Verdict.Degraded, Verdict.Down }, "down")]
    public async Task Status_Verdict_IsTheWorst(Verdict[] verdicts, string overall)
    {
        var store = new SampleStore();
        foreach (var (i, verdict) in verdicts.Index())
            store.Add(new(Samples.Endpoint($"e{i}"), EndpointSource.Api), Samples.State(verdict, TimeSpan.FromHours(1)), []);
        await using var head = await WebHead.StartAsync(store: store);
        using var response = await head.GetAsync("/api/status");
        Assert.Equal(overall, (await ApiSchemas.CheckAsync("status", response)).GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Endpoints_PageByPage_AreAllListedOnce()
    {
        await using var head = await EveningAsync();
        var ids = new List<string>();
        for (var path = "/api/endpoints?limit=3"; path is not null;)
        {
            using var response = await head.GetAsync(path);
            var page = await ApiSchemas.CheckAsync("endpoints", response);
            ids.AddRange(page.GetProperty("endpoints").EnumerateArray().Select(one => one.GetProperty("endpoint").GetProperty("id").GetString()!));
            path = page.GetProperty("next").GetString() is { } next ? "/api/endpoints?limit=3&after=" + next : null;
        }

        Assert.Equal(["browser", "crm", "docs", "issues", "old-wiki", "payments", "search"], ids);
    }

    [Fact]
    public async Task Endpoint_ShowsSecretsAsReferencesOnly()
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/endpoints/payments");
        var document = await ApiSchemas.CheckAsync("endpoint", response);
        Assert.Equal("${env:PAYMENTS_TOKEN}", document.GetProperty("endpoint").GetProperty("bearer").GetString());
        Assert.Equal("file", document.GetProperty("source").GetString());
        Assert.Equal("down", document.GetProperty("state").GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Put_ANewEndpoint_CreatesIt_AndAgainReplacesIt()
    {
        await using var head = await WebHead.StartAsync();
        using var created = await PutAsync(head, "new", """{"url":"https://new.example.com/mcp","interval":"30s"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("/api/endpoints/new", created.Headers.Location?.OriginalString);
        var document = await ApiSchemas.CheckAsync("endpoint", created);
        Assert.Equal("api", document.GetProperty("source").GetString());

        using var replaced = await PutAsync(head, "new", """{"id":"new","url":"https://new.example.com/mcp","visibility":"public"}""");
        Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        var stored = await head.Store.FindEndpointAsync("new", TestContext.Current.CancellationToken);
        Assert.Equal(Visibility.Public, stored?.Endpoint.Visibility);
        Assert.Equal(Endpoint.DefaultInterval, stored?.Endpoint.Interval);
    }

    [Fact]
    public async Task Put_WithMistakes_NamesThemAll()
    {
        await using var head = await WebHead.StartAsync();
        using var response = await PutAsync(head, "new", "{\"url\":\"ftp://x\",\n \"interval\":\"soon\",\n \"colour\":1}");
        var problem = await ProblemAsync(response, 400);
        var errors = problem.GetProperty("errors").EnumerateArray().ToList();
        Assert.Equal(
            [(1, 8, "url"), (2, 13, "interval"), (3, 2, "")],
            errors.Select(one => (one.GetProperty("line").GetInt32(), one.GetProperty("column").GetInt32(), one.GetProperty("path").GetString())).Order());
        Assert.Contains(errors, one => one.GetProperty("message").GetString()!.Contains("colour", StringComparison.Ordinal));
        Assert.Null(await head.Store.FindEndpointAsync("new", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":"other","url":"https://x.example.com/mcp"}""")]
    public async Task Put_OfSomethingElse_IsRefused(string body)
    {
        await using var head = await WebHead.StartAsync();
        using var response = await PutAsync(head, "new", body);
        Assert.NotEqual(0, (await ProblemAsync(response, 400)).GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task Put_OfACommand_IsRefused()
    {
        await using var head = await WebHead.StartAsync();
        using var response = await PutAsync(head, "new", """{"command":["touch","/tmp/x"]}""");
        var problem = await ProblemAsync(response, 400);
        Assert.Contains("probes file", problem.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_OfTlsFiles_IsRefusedAndOfReferencesIsNot()
    {
        await using var head = await WebHead.StartAsync();
        using var files = await PutAsync(head, "new", """{"url":"https://x.example.com/mcp","tls":{"ca":"/etc/shadow","certificate":"${env:SECRET_CERTIFICATE}","key":"key.pem"}}""");
        var errors = (await ProblemAsync(files, 400)).GetProperty("errors");
        Assert.Equal(["tls.ca", "tls.key"], errors.EnumerateArray().Select(error => error.GetProperty("path").GetString()));

        using var references = await PutAsync(head, "new", """{"url":"https://x.example.com/mcp","tls":{"ca":"${env:SECRET_CA}"}}""");
        Assert.Equal(HttpStatusCode.Created, references.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_OfTooMuch_IsRefused(bool chunked)
    {
        await using var head = await WebHead.StartAsync();
        using var content = new StringContent("{\"url\":\"" + new string('x', 64 << 10) + "\"}", Encoding.UTF8, "application/json");
        if (chunked)
            content.Headers.ContentLength = null;
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/endpoints/new") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        using var response = await head.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await ProblemAsync(response, 413);
    }

    [Fact]
    public async Task PutAndDelete_OfAnEndpointOfTheProbesFile_AreRefused()
    {
        await using var head = await EveningAsync();
        using var put = await PutAsync(head, "docs", """{"url":"https://x.example.com/mcp"}""");
        Assert.Contains("probes file", (await ProblemAsync(put, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var delete = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/docs");
        await ProblemAsync(delete, 409);
        Assert.NotNull(await head.Store.FindEndpointAsync("docs", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Delete_ClosesTheOpenIncidents_AndASecondTimeFindsNothing()
    {
        await using var head = await EveningAsync();
        using var first = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/search");
        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        var resolve = Assert.Single(head.Store.HandedOver);
        Assert.Equal(TransitionType.Resolved, resolve.Type);
        using var second = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/search");
        await ProblemAsync(second, 404);
    }

    [Fact]
    public async Task Results_PageByPage_AreAllListedOnceNewestFirst()
    {
        await using var head = await EveningAsync();
        var slots = new List<DateTimeOffset>();
        for (var path = "/api/endpoints/payments/results?limit=64"; path is not null;)
        {
            using var response = await head.GetAsync(path);
            var page = await ApiSchemas.CheckAsync("results", response);
            slots.AddRange(page.GetProperty("results").EnumerateArray().Select(one => one.GetProperty("slot").GetDateTimeOffset()));
            path = page.GetProperty("next").GetString() is { } next ? "/api/endpoints/payments/results?limit=64&before=" + next : null;
        }

        Assert.Equal(140, slots.Count);
        Assert.Equal(slots.OrderDescending().Distinct(), slots);
    }

    /// <summary>Results of one slot from several locations, on every boundary between pages, by API and page.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Results_OfSeveralLocationsPageByPage_AreAllListedOnce(int limit)
    {
        await using var head = await WebHead.StartAsync(store: SeveralLocations(slots: 4));
        var found = new List<string>();
        for (var path = $"/api/endpoints/a/results?limit={limit}"; path is not null;)
        {
            using var response = await head.GetAsync(path);
            var page = await ApiSchemas.CheckAsync("results", response);
            found.AddRange(page.GetProperty("results").EnumerateArray().Select(one => $"{one.GetProperty("slot")} {one.GetProperty("location")}"));
            path = page.GetProperty("next").GetString() is { } next ? $"/api/endpoints/a/results?limit={limit}&before={next}" : null;
        }

        Assert.Equal(12, found.Count);
        Assert.Equal(12, found.Distinct().Count());
    }

    [Fact]
    public async Task EndpointPage_OlderResultsOfSeveralLocations_AreAllShownOnce()
    {
        // 150 results, 60 a page: a page ends within a slot's three.
        await using var head = await WebHead.StartAsync(store: SeveralLocations(slots: 50));
        var rows = 0;
        for (var path = "/endpoints/a"; path is not null;)
        {
            var page = await head.PageAsync(path);
            rows += page.QuerySelectorAll("table.results tbody tr").Length;
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.Equal(150, rows);
    }

    private static SampleStore SeveralLocations(int slots)
    {
        var store = new SampleStore();
        store.Add(
            new(Samples.Endpoint("a"), EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)),
            Enumerable.Range(0, slots * 3).Select(i =>
            {
                var slot = Samples.Now.AddMinutes(-i / 3);
                return new ProbeRecord(slot, ((string[])["east", "home", "west"])[i % 3], Samples.Healthy("https://a.example.com/mcp", slot));
            }));
        return store;
    }

    [Theory]
    [InlineData("210s", 201)]
    [InlineData("211s", 400)]
    [InlineData("8m", 400)]
    public async Task Put_WithATimeoutLongerThanTheHeadCanKeep_IsRefusedWithTheLimit(string timeout, int status)
    {
        await using var head = await WebHead.StartAsync(new WebOptions { LongestTimeout = TimeSpan.FromSeconds(210) });
        var definition = $$"""{"url":"https://example.com/mcp","interval":"10m","timeout":"{{timeout}}"}""";
        using var put = await head.SendAsync(HttpMethod.Put, "/api/endpoints/a", new StringContent(definition));

        Assert.Equal(status, (int)put.StatusCode);
        if (status != 400)
            return;
        var error = (await ProblemAsync(put, 400)).GetProperty("errors")[0];
        Assert.Equal("timeout", error.GetProperty("path").GetString());
        Assert.Contains("210s or less", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(await head.Store.ListEndpointsAsync(TestContext.Current.CancellationToken));

        using var check = await head.SendAsync(HttpMethod.Post, "/api/check", new StringContent(definition));
        await ProblemAsync(check, 400);
        // One that is stored, by a version that did not know of the limit.
        head.Store.Put(new(Samples.Endpoint("old") with { Interval = TimeSpan.FromMinutes(10), Timeout = TimeSpan.FromMinutes(8) }, EndpointSource.Api));
        using var old = await head.SendAsync(HttpMethod.Post, "/api/check", new StringContent("""{"id":"old"}"""));
        Assert.Contains("shorter", (await ProblemAsync(old, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=1001", "?limit")]
    [InlineData("limit=-1", "?limit")]
    [InlineData("limit=ten", "?limit")]
    [InlineData("limit=99999999999999", "?limit")]
    [InlineData("before=yesterday", "?before")]
    [InlineData("before=2026-13-01T00:00:00Z", "?before")]
    [InlineData("before=2026-11-22T22:10:00Z_", "?before")]
    [InlineData("before=_local", "?before")]
    [InlineData("before=local_2026-11-22T22:10:00Z", "?before")]
    [InlineData("before=2026-11-22T22:10:00Z_a%0Ab", "?before")]
    [InlineData("before=", "?before")]
    public async Task Results_WithAWrongQuery_SayWhatIsWrong(string query, string path)
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/endpoints/payments/results?" + query);
        var problem = await ProblemAsync(response, 400);
        Assert.Equal(path, problem.GetProperty("errors")[0].GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("", 100)]
    [InlineData("?limit=1000", 140)]
    [InlineData("?before=2026-11-22T22:10:00Z&limit=1000", 139)]
    [InlineData("?before=2026-11-22T23:10:00%2B01:00&limit=1000", 139)]
    public async Task Results_WithAQuery_ListWhatIsAskedFor(string query, int count)
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/endpoints/payments/results" + query);
        Assert.Equal(count, (await ApiSchemas.CheckAsync("results", response)).GetProperty("results").GetArrayLength());
    }

    [Fact]
    public async Task Incidents_ComeWithTheirDeliveries()
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/endpoints/payments/incidents");
        var incidents = (await ApiSchemas.CheckAsync("incidents", response)).GetProperty("incidents");
        Assert.Equal(2, incidents.GetArrayLength());
        Assert.Equal(JsonValueKind.Null, incidents[0].GetProperty("incident").GetProperty("resolvedAt").ValueKind);
        Assert.Equal(
            ["delivered", "gave-up"],
            incidents[1].GetProperty("deliveries").EnumerateArray().Select(one => one.GetProperty("status").GetString()!));
    }

    [Fact]
    public async Task Incidents_PageByPage_AreAllListedOnceThoughSomeOpenedTogether()
    {
        var store = new SampleStore();
        var kinds = Enum.GetValues<IncidentKind>();
        var incidents = Enumerable.Range(0, 8)
            .SelectMany(hour => kinds.Take(hour % 2 == 0 ? kinds.Length : 1).Select(kind => Samples.Incident("a", kind, TimeSpan.FromHours(hour), "What is wrong.", "rule")))
            .ToList();
        store.Add(new(Samples.Endpoint("a"), EndpointSource.Api), EndpointState.New, [], incidents);
        await using var head = await WebHead.StartAsync(store: store);
        foreach (var limit in new[] { 1, 3, 6, 7, 28 })
        {
            var ids = new List<string?>();
            for (var path = $"/api/endpoints/a/incidents?limit={limit}"; path is not null;)
            {
                using var response = await head.GetAsync(path);
                var page = await ApiSchemas.CheckAsync("incidents", response);
                Assert.InRange(page.GetProperty("incidents").GetArrayLength(), 1, limit + kinds.Length - 1);
                ids.AddRange(page.GetProperty("incidents").EnumerateArray().Select(one => one.GetProperty("incident").GetProperty("id").GetString()));
                path = page.GetProperty("next").GetString() is { } next ? $"/api/endpoints/a/incidents?limit={limit}&before={next}" : null;
            }

            Assert.Equal(incidents.Select(incident => incident.Id).Order(), ids.Order());
        }
    }

    [Fact]
    public async Task Put_NamingChannelsThatDoNotExist_SaysWhichDo()
    {
        await using var head = await EveningAsync();
        using var refused = await PutAsync(head, "new", """{"url":"https://x.example.com/mcp","channels":["ops","opps"],"alerts":{"escalate":[{"after":"30m","channels":["nowhere"]}]}}""");
        var errors = (await ProblemAsync(refused, 400)).GetProperty("errors").EnumerateArray().ToList();
        Assert.Equal(
            [("channels[1]", "there is no channel 'opps'; did you mean 'ops'?"), ("alerts.escalate[0].channels[0]", "there is no channel 'nowhere'; known are ops, pager")],
            errors.Select(error => (error.GetProperty("path").GetString(), error.GetProperty("message").GetString())));
        Assert.Null(await head.Store.FindEndpointAsync("new", TestContext.Current.CancellationToken));

        using var known = await PutAsync(head, "new", """{"url":"https://x.example.com/mcp","channels":["ops"],"alerts":{"escalate":[{"after":"30m","channels":["pager"]}]}}""");
        Assert.Equal(HttpStatusCode.Created, known.StatusCode);
        await ApiSchemas.CheckAsync("endpoint", known);

        await using var none = await WebHead.StartAsync();
        using var without = await PutAsync(none, "new", """{"url":"https://x.example.com/mcp","channels":["ops"]}""");
        Assert.Contains("none is configured", (await ProblemAsync(without, 400)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_WithAllThatIsRemembered_FitsItsSchema()
    {
        var failure = new Failure(FailureKind.Timeout, Phase.Catalog, "No reply within 10 s.");
        var incident = Samples.Incident("a", IncidentKind.Gated, TimeSpan.FromHours(1), "It asks for credentials.", "rule") with
        {
            Failure = failure,
            ToldAt = Samples.Now,
            Escalations = 2,
            Flapping = true,
        };
        var drifted = new DriftCandidate("2025-11-25", Samples.DriftedHash, Samples.Now) { Class = ChangeClass.Breaking, Untold = true };
        var store = new SampleStore();
        store.Add(
            new(Samples.Endpoint("a"), EndpointSource.Api),
            Samples.State(Verdict.Down, TimeSpan.FromHours(1), incident) with
            {
                Locations = new Dictionary<string, LocationState>
                {
                    ["local"] = new(Samples.Now, Verdict.Down, 3, 0) { Failure = failure, Slow = 1, Swift = 1, Slowness = failure },
                },
                Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new(Samples.DriftedHash, Samples.Now, null) { Provisional = true } },
                Catalogs = new Dictionary<string, SeenCatalog>
                {
                    ["local"] = new()
                    {
                        Settled = drifted.Version,
                        Unsettled = new(new("2025-11-25", Samples.DriftedHash, Samples.Now), 7, ["abc"])
                        {
                            Several = true,
                            Places = ["echo '/description'"],
                            Told = ["abc"],
                            Suspicious = false,
                        },
                    },
                    ["west"] = new() { Unsettled = new(new("2025-11-25", Samples.DriftedHash, Samples.Now), 1, []) { Back = true } },
                },
                UnstableTold = true,
                Drifted = drifted,
                Suspicion = new("2025-11-25", Samples.DriftedHash, "ab"),
                Certificate = new(7, 1),
                Access = new(true, false, 1, 0),
                Regression = new(Samples.Now, 900, 60, 100, 9000),
                Outages = new([Samples.Now], true, 3),
                Maintenance = new(Samples.Now, Samples.Now.AddHours(1), "Ann", null),
                LastTransitions = new Dictionary<IncidentKind, DateTimeOffset> { [IncidentKind.Gated] = Samples.Now },
                DueAt = Samples.Now,
            },
            Samples.Minutes(2, (_, at) => Samples.Healthy("a", at) with { Maintenance = true, Cold = true }),
            [incident]);
        store.Add(Samples.Delivery(incident, 3, "ops", TransitionType.Escalated, DeliveryStatus.GaveUp, 2, TimeSpan.Zero, "no") with { Resends = 1, EarlierAttempts = 11 });
        await using var head = await WebHead.StartAsync(store: store);
        foreach (var (path, schema) in new[] { ("", "endpoint"), ("/incidents", "incidents"), ("/results", "results") })
        {
            using var response = await head.GetAsync("/api/endpoints/a" + path);
            await ApiSchemas.CheckAsync(schema, response);
        }
    }

    [Fact]
    public async Task Drift_ListsTheChanges()
    {
        await using var head = await EveningAsync();
        using var response = await head.GetAsync("/api/endpoints/search/drift");
        var changes = (await ApiSchemas.CheckAsync("drift", response)).GetProperty("drift")[0].GetProperty("changes");
        Assert.Equal("""["query","region"]""", changes[0].GetProperty("after").GetRawText());
        Assert.Equal(4, changes.GetArrayLength());
    }

    [Fact]
    public async Task Catalog_IsTheBaselinesCanonicalBytes()
    {
        var canonical = """{"formula":1,"server":{},"tools":[{"name":"é"}]}"""u8.ToArray();
        await using var head = await EveningAsync();
        head.Store.AddCatalog(Samples.BaselineHash, canonical);
        using var response = await head.GetAsync("/api/endpoints/docs/catalog");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal($"\"{Samples.BaselineHash}\"", response.Headers.ETag?.Tag);
        Assert.Equal(canonical, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        using var pinned = await head.GetAsync("/api/endpoints/docs/catalog?protocol=2025-11-25");
        Assert.Equal(HttpStatusCode.OK, pinned.StatusCode);
        using var other = await head.GetAsync("/api/endpoints/docs/catalog?protocol=2024-11-05");
        Assert.Contains("2025-11-25", (await ProblemAsync(other, 404)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var none = await head.GetAsync("/api/endpoints/old-wiki/catalog");
        await ProblemAsync(none, 404);
    }

    [Theory]
    [InlineData("GET", "/api", 404)]
    [InlineData("GET", "/api/", 404)]
    [InlineData("GET", "/api/nothing", 404)]
    [InlineData("GET", "/api/endpoints/missing", 404)]
    [InlineData("GET", "/api/endpoints/missing/results", 404)]
    [InlineData("GET", "/api/endpoints/missing/catalog", 404)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("POST", "/api/status", 405)]
    [InlineData("DELETE", "/api/endpoints", 405)]
    [InlineData("PATCH", "/api/endpoints/docs", 405)]
    [InlineData("GET", "/api/check", 405)]
    public async Task Error_IsAProblem(string method, string path, int status)
    {
        await using var head = await EveningAsync();
        using var response = await head.SendAsync(new HttpMethod(method), path, null, ("Accept", "text/html"), ("Accept", "application/json"));
        if (path.StartsWith("/api", StringComparison.Ordinal))
            await ProblemAsync(response, status);
        else
            Assert.Equal((status, "text/html"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task Error_OfTheStore_IsAProblemWithoutItsInnards()
    {
        await using var head = await WebHead.StartAsync(store: new SampleStore { Broken = new IOException("disk-secret-path") });
        using var response = await head.GetAsync("/api/status");
        Assert.DoesNotContain("disk-secret-path", (await ProblemAsync(response, 500)).GetRawText(), StringComparison.Ordinal);
    }

    internal static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status)
    {
        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var problem = await ApiSchemas.CheckAsync("problem", response);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        return problem;
    }

    private static Task<WebHead> EveningAsync() => WebHead.StartAsync(store: Samples.Evening());

    private static async Task<HttpResponseMessage> PutAsync(WebHead head, string id, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await head.SendAsync(HttpMethod.Put, $"/api/endpoints/{id}", content);
    }
}
