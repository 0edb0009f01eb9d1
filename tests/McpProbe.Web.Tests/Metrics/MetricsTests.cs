using System.IO.Compression;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Metrics;
using McpProbe.Probing;
using McpProbe.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Tests.Metrics;

public sealed class MetricsTests
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Scrape_AnEvening_TellsOfEveryEndpoint()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        var scrape = await Scrape.OfAsync(head);

        Assert.Equal(1, scrape.Value("mcpprobe_store_up"));
        Assert.Equal(1, scrape.Value("mcpprobe_probe_success", ("endpoint", "docs"), ("group", "Platform"), ("location", "local")));
        Assert.Equal(0, scrape.Value("mcpprobe_probe_success", ("endpoint", "payments")));
        Assert.Equal(1, scrape.Value("mcpprobe_endpoint_verdict", ("endpoint", "payments"), ("verdict", "down")));
        Assert.Equal(0, scrape.Value("mcpprobe_endpoint_verdict", ("endpoint", "payments"), ("verdict", "healthy")));
        // One that asks for credentials is neither up nor down.
        Assert.Equal(1, scrape.Value("mcpprobe_endpoint_verdict", ("endpoint", "crm"), ("verdict", "gated")));
        Assert.Empty(scrape.Find("mcpprobe_probe_success", ("endpoint", "crm")));
        Assert.Equal(1, scrape.Value("mcpprobe_endpoint_verdict", ("endpoint", "old-wiki"), ("verdict", "paused")));
        Assert.Equal(6, scrape.Value("mcpprobe_catalog_tools", ("endpoint", "docs")));
        Assert.Equal(Samples.Now.AddDays(61).ToUnixTimeSeconds(), scrape.Value("mcpprobe_probe_ssl_earliest_cert_expiry", ("endpoint", "docs")));
        Assert.Equal(Samples.Now.AddDays(-6).ToUnixTimeSeconds(), scrape.Value("mcpprobe_catalog_last_change_timestamp_seconds", ("endpoint", "docs")));
        Assert.Single(scrape.Find("mcpprobe_probe_last_timestamp_seconds", ("endpoint", "docs")));
        Assert.Equal(0, scrape.Value("mcpprobe_endpoint_maintenance", ("endpoint", "docs")));
        Assert.Equal(1, scrape.Value("mcpprobe_endpoint_incidents_open", ("endpoint", "payments")));
        Assert.Equal(0, scrape.Value("mcpprobe_catalog_drift", ("endpoint", "docs"), ("class", "breaking")));
        Assert.Equal(1, scrape.Find("mcpprobe_catalog_drift", ("endpoint", "search")).Sum(sample => sample.Value));
        Assert.Equal(2, scrape.Value("mcpprobe_endpoints", ("group", "Platform"), ("verdict", "healthy")));
        Assert.Equal(1, scrape.Named("mcpprobe_incidents_open").Where(sample => sample.Labels["kind"] == "outage").Sum(sample => sample.Value));
        Assert.Equal(0, scrape.Value("mcpprobe_metrics_endpoints_left_out"));
    }

    /// <summary>2 of 100 probes may fail, and one did: half of the budget is left. Read again only once it is old.</summary>
    /// <summary>As traces and OTLP name it.</summary>
    [Fact]
    public async Task Scrape_Target_IsMcpProbe()
    {
        await using var head = await WebHead.StartAsync();
        using var response = await head.GetAsync("/metrics");

        Assert.Contains("service_name=\"mcpprobe\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_AnObjective_TellsWhatIsLeftOfItsBudget()
    {
        var store = new SampleStore();
        foreach (var (id, slo) in new (string, double?)[] { ("a", 98), ("overspent", 99.9), ("none", null) })
        {
            var endpoint = Samples.Endpoint(id) with { Slo = slo };
            store.Add(
                new(endpoint, EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)),
                Samples.Minutes(100, (i, at) => i == 7 ? Samples.Failed(endpoint.Target, at, new Failure(FailureKind.Refused, Phase.Connect, "refused")) : Samples.Healthy(endpoint.Target, at)));
        }

        store.Add(new(Samples.Endpoint("unobserved") with { Slo = 99 }, EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(store: store);
        var scrape = await Scrape.OfAsync(head);
        Assert.Equal(0.98, scrape.Value("mcpprobe_endpoint_objective_ratio", ("endpoint", "a")), 9);
        Assert.Equal(0.5, scrape.Value("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "a")), 9);
        Assert.Equal(-9, scrape.Value("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "overspent")), 6);
        Assert.Empty(scrape.Find("mcpprobe_endpoint_objective_ratio", ("endpoint", "none")));
        Assert.Empty(scrape.Find("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "none")));
        Assert.Single(scrape.Find("mcpprobe_endpoint_objective_ratio", ("endpoint", "unobserved")));
        Assert.Empty(scrape.Find("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "unobserved")));

        var a = store.Find("a")!;
        store.AddResult("a", new ProbeRecord(Samples.Now.AddSeconds(-1), "local", Samples.Failed("x", Samples.Now, new Failure(FailureKind.Refused, Phase.Connect, "refused"))));
        head.Time.Advance(Later);
        Assert.Equal(0.5, (await Scrape.OfAsync(head)).Value("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "a")), 9);
        head.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1 - 2 / (101 * 0.02), (await Scrape.OfAsync(head)).Value("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "a")), 9);
        // Another objective is another budget, and none is none, at once.
        store.Put(a with { Endpoint = a.Endpoint with { Slo = null }, Generation = a.Generation + 1 });
        head.Time.Advance(Later);
        Assert.Empty((await Scrape.OfAsync(head)).Find("mcpprobe_endpoint_error_budget_left_ratio", ("endpoint", "a")));
    }

    [Fact]
    public async Task Scrape_ACanary_TellsOfItsSessions()
    {
        var store = new SampleStore();
        foreach (var (id, canary, sessions) in new (string, bool, SessionHistory?)[]
        {
            ("holds", true, SessionTests.History), ("opens", true, SessionHistory.Empty with { Ended = [SessionTests.History.Ended[0]] }),
            ("without", true, SessionHistory.Empty with { Without = "The server gives no session id." }), ("new", true, null), ("none", false, null),
        })
        {
            store.Add(
                new(Samples.Endpoint(id, group: "shop") with { Canary = canary }, EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)) with { Sessions = sessions },
                Samples.Minutes(1, (_, at) => Samples.Healthy(id, at)));
        }

        await using var head = await WebHead.StartAsync(store: store);
        var scrape = await Scrape.OfAsync(head);

        Assert.Equal(1, scrape.Value("mcpprobe_session_held", ("endpoint", "holds"), ("group", "shop"), ("location", "local")));
        Assert.Equal(0.5, scrape.Value("mcpprobe_session_survival_ratio", ("endpoint", "holds"), ("group", "shop")));
        Assert.Equal(2, scrape.Value("mcpprobe_session_cut_in_a_row", ("endpoint", "holds"), ("group", "shop")));
        Assert.Equal(0, scrape.Value("mcpprobe_session_held", ("endpoint", "opens")));
        Assert.Equal((1, 0), (scrape.Value("mcpprobe_session_survival_ratio", ("endpoint", "opens")), scrape.Value("mcpprobe_session_cut_in_a_row", ("endpoint", "opens"))));
        foreach (var id in (string[])["without", "new", "none"])
        {
            Assert.Empty(scrape.Find("mcpprobe_session_held", ("endpoint", id)));
            Assert.Empty(scrape.Find("mcpprobe_session_survival_ratio", ("endpoint", id)));
        }
    }

    /// <summary>Each look counts once, by what it came to; a session's life once, when it ends.</summary>
    [Fact]
    public async Task Scrape_LooksOfACanary_AreCountedByOutcome()
    {
        await using var head = await WebHead.StartAsync();
        var id = "canary-" + Guid.NewGuid().ToString("N")[..8];
        var sessions = new SessionServer { Unknown = 503 };
        await using var server = await StubServer.StartAsync(sessions.AnswerAsync);
        var endpoint = new Endpoint { Id = id, Url = new Uri(server.Url + "/mcp"), Canary = true };
        head.Store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        await Scrape.OfAsync(head);
        var cycle = Cycle(head);
        for (var slot = 0; slot < 7; slot++)
        {
            head.Time.Advance(TimeSpan.FromMinutes(1));
            if (slot == 3)
                sessions.Forget();
            await cycle.RunAsync(new ProbeRequest(endpoint, head.Time.GetUtcNow(), "local"), TestContext.Current.CancellationToken);
        }

        var scrape = await Scrape.OfAsync(head);
        // Forgotten: HTTP 503 twice is an end, and then there is a new one, which lives on.
        Assert.Equal(
            [("in-doubt", 1), ("opened", 2), ("survived", 3), ("wrong-error", 1)],
            scrape.Find("mcpprobe_session_looks_total", ("endpoint", id), ("location", "local")).Select(sample => (sample.Labels["outcome"], sample.Value)).Order());
        Assert.Equal((1, 240), (scrape.Value("mcpprobe_session_life_seconds_count", ("endpoint", id)), scrape.Value("mcpprobe_session_life_seconds_sum", ("endpoint", id))));
    }

    [Fact]
    public async Task Scrape_AProbe_CountsItsTimesByPhase()
    {
        await using var head = await WebHead.StartAsync();
        var id = "timed-" + Guid.NewGuid().ToString("N")[..8];
        await using var server = await StubServer.StartAsync(McpScript.Stateless("echo"));
        var endpoint = new Endpoint { Id = id, Url = new Uri(server.Url), Group = "shop" };
        head.Store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        var cycle = Cycle(head);
        await cycle.RunAsync(new ProbeRequest(endpoint, head.Time.GetUtcNow(), "local"), TestContext.Current.CancellationToken);
        await Scrape.OfAsync(head);

        // The first probe of a process times its own start, and one before the first choice has no series of its own.
        head.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(CycleOutcome.Recorded, await cycle.RunAsync(new ProbeRequest(endpoint, head.Time.GetUtcNow(), "local"), TestContext.Current.CancellationToken));
        var scrape = await Scrape.OfAsync(head);

        Assert.Equal(1, scrape.Value("mcpprobe_probe_duration_seconds_count", ("endpoint", id), ("group", "shop"), ("location", "local")));
        Assert.Equal(1, scrape.Value("mcpprobe_probe_duration_seconds_bucket", ("endpoint", id), ("le", "+Inf")));
        foreach (var phase in (string[])["connect", "handshake", "catalog"])
            Assert.Equal(1, scrape.Value("mcpprobe_probe_phase_duration_seconds_count", ("endpoint", id), ("phase", phase)));
        Assert.Empty(scrape.Find("mcpprobe_probe_phase_duration_seconds_count", ("endpoint", id), ("phase", "smoke")));
        Assert.Equal(2, scrape.Value("mcpprobe_slots_met_total", ("location", "local")));
        Assert.Equal(0, scrape.Value("mcpprobe_probes_in_flight", ("location", "local")));
        Assert.True(scrape.Value("mcpprobe_store_duration_seconds_count", ("operation", "commit")) >= 2);
        Assert.Equal((double?)head.Store.Results.First().Catalog!.Tokens, scrape.Value("mcpprobe_catalog_tokens", ("endpoint", id), ("group", "shop")));
        Assert.InRange(scrape.Value("mcpprobe_catalog_tokens", ("endpoint", id)), 5, 100);

        // Gone with the endpoint, from the store's and from the counted.
        await cycle.RunAsync(new ProbeRequest(endpoint, head.Time.GetUtcNow() + TimeSpan.FromSeconds(1), "local"), TestContext.Current.CancellationToken);
        Assert.Equal(RegistryOutcome.Deleted, await head.Services.GetRequiredService<EndpointRegistry>().DeleteAsync(id, EndpointSource.Api, TestContext.Current.CancellationToken));
        head.Time.Advance(Later);
        await Scrape.OfAsync(head);
        var after = await Scrape.OfAsync(head);
        Assert.DoesNotContain(after.Samples, sample => sample.Labels.GetValueOrDefault("endpoint") == id);
        Assert.DoesNotContain(id, after.Text, StringComparison.Ordinal);
        Assert.Equal(3, after.Value("mcpprobe_slots_met_total", ("location", "local")));
    }

    [Fact]
    public async Task Scrape_HostileNames_AreEscaped()
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("a") with { Group = "x\"} 1\nmcpprobe_probe_success{endpoint=\"b\"} \\" }, EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), []);
        await using var head = await WebHead.StartAsync(store: store);
        var scrape = await Scrape.OfAsync(head);
        var sample = Assert.Single(scrape.Find("mcpprobe_endpoint_incidents_open"));
        Assert.Equal("x\"} 1\nmcpprobe_probe_success{endpoint=\"b\"} \\", sample.Labels["group"]);
        Assert.DoesNotContain(scrape.Samples, other => other.Labels.GetValueOrDefault("endpoint") == "b");
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("wrong-key-0123456789", 401)]
    [InlineData(WebHead.ReadKey, 200)]
    [InlineData(WebHead.Key, 200)]
    public async Task Scrape_WhereAKeyIsSet_NeedsTheReadKey(string? key, int status)
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey }, Samples.Evening());
        using var response = await head.GetAsync("/metrics", key is null ? [] : [("Authorization", "Bearer " + key)]);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Scrape_OpenMetricsAndGzip_AreSpoken()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var response = await head.GetAsync("/metrics", ("Accept", "application/openmetrics-text; version=1.0.0"), ("Accept-Encoding", "gzip"));
        Assert.Equal("application/openmetrics-text", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var unpacked = new GZipStream(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        var text = await new StreamReader(unpacked).ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE mcpprobe_probe_success gauge", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_StoreThatIsAway_SaysSoAndTellsNothingOld()
    {
        var store = Samples.Evening();
        await using var head = await WebHead.StartAsync(store: store, services: services => services.AddSingleton<IHeadHealth>(new KnowsIo()));
        Assert.Equal(1, (await Scrape.OfAsync(head)).Value("mcpprobe_store_up"));
        store.Broken = new IOException("the disk is away");
        head.Time.Advance(Later);
        var scrape = await Scrape.OfAsync(head);
        Assert.Equal(0, scrape.Value("mcpprobe_store_up"));
        Assert.DoesNotContain(scrape.Samples, sample => sample.Name.StartsWith("mcpprobe_endpoint", StringComparison.Ordinal));
    }

    /// <summary>50,000 endpoints: those that ask for it, then the first by id, have series; the answer stays small and quick.</summary>
    [Fact]
    public async Task Scrape_FiftyThousandEndpoints_IsBounded()
    {
        var store = new SampleStore();
        for (var i = 0; i < 50_000; i++)
        {
            var endpoint = Samples.Endpoint($"e{i:00000}", group: $"group {i % 1000}") with { Metrics = i == 49_999 ? true : null };
            store.Add(new(endpoint, EndpointSource.File), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), []);
        }

        await using var head = await WebHead.StartAsync(store: store);
        await Scrape.OfAsync(head);
        head.Time.Advance(Later);
        var begun = TimeProvider.System.GetTimestamp();
        var scrape = await Scrape.OfAsync(head);
        var took = TimeProvider.System.GetElapsedTime(begun);
        TestContext.Current.SendDiagnosticMessage($"50,000 endpoints: {scrape.Text.Length} characters, {scrape.Samples.Count} samples, {took.TotalMilliseconds:0} ms");
        Assert.InRange(scrape.Text.Length, 1, 5_000_000);
        Assert.Equal(OwnSeries.DefaultLimit, scrape.Named("mcpprobe_endpoint_maintenance").Count());
        Assert.Single(scrape.Find("mcpprobe_endpoint_maintenance", ("endpoint", "e49999")));
        Assert.Equal(50_000 - OwnSeries.DefaultLimit, scrape.Value("mcpprobe_metrics_endpoints_left_out"));
        Assert.Equal(50_000, scrape.Named("mcpprobe_endpoints").Sum(sample => sample.Value));
        Assert.Equal(OwnSeries.MostGroups + 1, scrape.Named("mcpprobe_endpoints").Select(sample => sample.Labels["group"]).Distinct().Count());
    }

    /// <summary>A name of a metric is a promise: dashboards and alerts hold it.</summary>
    [Fact]
    public async Task Guide_NamesEveryMetric()
    {
        var guide = await SourceTree.ReadAsync("docs/metrics.md");
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        var told = (await Scrape.OfAsync(head)).Text.Split('\n').Where(line => line.StartsWith("# TYPE mcpprobe", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).Select(words => (Name: words[2], Kind: words[3])).ToList();
        Assert.True(told.Count >= 12, string.Join(' ', told));
        Assert.All(told, metric => Assert.Contains($"`{metric.Name}`", guide, StringComparison.Ordinal));
    }

    private static MonitorCycle Cycle(WebHead head) => new(
        head.Services.GetRequiredService<McpProber>(), head.Store, head.Store, head.Time, metrics: head.Services.GetRequiredService<MonitorMetrics>());

    private sealed class KnowsIo : IHeadHealth
    {
        public ValueTask<Obstacle?> FindBlockAsync(CancellationToken cancellationToken) => new((Obstacle?)null);

        public Obstacle? Explain(Exception exception) =>
            exception is IOException ? new Obstacle("storage unreachable", "The storage does not answer.") : null;

        public Task<IReadOnlyList<Obstacle>> CheckAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Obstacle>>([]);
    }
}
