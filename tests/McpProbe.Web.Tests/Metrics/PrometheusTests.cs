using System.Text.Json;
using System.Text.RegularExpressions;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Testing;

namespace McpProbe.Web.Tests.Metrics;

/// <summary>What Prometheus' own tools make of <c>/metrics</c> and of the samples.</summary>
public sealed partial class PrometheusTests
{
    [Fact]
    public async Task Metrics_Promtool_FindsNoFault()
    {
        Prometheus.Require();
        await using var head = await WebHead.StartAsync(store: Evening());
        var (code, said) = await Prometheus.CheckAsync((await Scrape.OfAsync(head)).Text, "check", "metrics");
        Assert.True(code == 0 && said.Length == 0, $"{code}: {said}");
    }

    [Theory]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    [InlineData("check", "config", "prometheus.yml")]
    public async Task Samples_Promtool_FindsNoFault(string verb, string what, string file)
    {
        Prometheus.Require();
        var (code, said) = await Prometheus.CheckAsync(null, verb, what, SourceTree.PathOf("samples/prometheus/" + file));
        Assert.True(code == 0, $"{code}: {said}");
    }

    /// <summary>Scraped in both forms, with the read key, and the sample rules evaluated.</summary>
    [Fact]
    public async Task Prometheus_ScrapesBothFormsAndFiresTheSampleAlerts()
    {
        Prometheus.Require();
        var options = new WebOptions { ApiKey = WebHead.Key, ReadKey = WebHead.ReadKey };
        await using var head = await WebHead.StartAsync(options, Evening());
        await using var text = await WebHead.StartAsync(options, Evening(), before: request => request.Headers.Accept = "text/plain;version=0.0.4");
        // Without the waiting times: the rules themselves are what is tried.
        using var rules = new TempDirectory();
        await File.WriteAllTextAsync(
            rules.File("alerts.yml"), ForLine().Replace(await SourceTree.ReadAsync("samples/prometheus/alerts.yml"), ""), TestContext.Current.CancellationToken);
        await using var prometheus = new Prometheus();
        await prometheus.StartAsync($$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{rules.File("alerts.yml")}}"]
            scrape_configs:
              - { job_name: mcpprobe, authorization: { credentials: "{{WebHead.ReadKey}}" }, static_configs: [{ targets: ["{{head.Url.Authority}}"] }] }
              - { job_name: text, authorization: { credentials: "{{WebHead.ReadKey}}" }, static_configs: [{ targets: ["{{text.Url.Authority}}"] }] }
              - { job_name: keyless, metrics_path: /metrics, static_configs: [{ targets: ["{{head.Url.Authority}}"] }] }
            """);

        foreach (var job in (string[])["mcpprobe", "text"])
        {
            await Eventually.TrueAsync(async () => (await prometheus.QueryAsync($"up{{job=\"{job}\"}} == 1")).Count == 1, $"{job} is scraped", TimeSpan.FromSeconds(60));
            var (labels, value) = Assert.Single(await prometheus.QueryAsync($"mcpprobe_probe_success{{job=\"{job}\",endpoint=\"docs\"}}"));
            Assert.Equal(("Platform", 1), (labels.GetProperty("group").GetString(), value));
        }

        await Eventually.TrueAsync(async () => (await prometheus.QueryAsync("up{job=\"keyless\"} == 0")).Count == 1, "a scrape without the key is refused", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => await FiringAsync(prometheus, "McpEndpointDown", "payments"), "the alert fires", TimeSpan.FromSeconds(60));
        await Eventually.TrueAsync(async () => await FiringAsync(prometheus, "McpCatalogBreaks", "search"), "the drift fires", TimeSpan.FromSeconds(60));
        Assert.False(await FiringAsync(prometheus, "McpEndpointDown", "docs"));

        foreach (var expression in await QueriesAsync())
            await prometheus.GetAsync("/api/v1/query?query=" + Uri.EscapeDataString(Filled(expression)));
    }

    /// <summary>Every query of the dashboard and of the rules names metrics that there are.</summary>
    [Fact]
    public async Task Samples_NameMetricsThatThereAre()
    {
        var guide = await SourceTree.ReadAsync("docs/metrics.md");
        var asked = (await QueriesAsync()).Append(await SourceTree.ReadAsync("samples/prometheus/alerts.yml"))
            .SelectMany(query => Name().Matches(query)).Select(match => match.Value).Distinct().ToList();
        Assert.True(asked.Count > 15, string.Join(' ', asked));
        Assert.All(asked, name => Assert.Contains($"`{Part().Replace(name, "")}`", guide, StringComparison.Ordinal));
        await using var head = await WebHead.StartAsync(store: Evening());
        var told = (await Scrape.OfAsync(head)).Samples.Select(sample => sample.Name).ToHashSet();
        Assert.All(told.Where(name => name.StartsWith("mcpprobe_", StringComparison.Ordinal)), name => Assert.Contains($"`{Part().Replace(name, "")}`", guide, StringComparison.Ordinal));
        // What is counted is there once it was; what the store says is there now.
        Assert.All(asked.Where(name => name.Contains("_endpoint", StringComparison.Ordinal) || name.Contains("_catalog", StringComparison.Ordinal)), name => Assert.Contains(name, told));
    }

    private static async Task<IReadOnlyList<string>> QueriesAsync()
    {
        using var dashboard = JsonDocument.Parse(await SourceTree.ReadAsync("samples/grafana/mcpprobe.json"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        return [.. panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    private static string Filled(string expression) => Variable().Replace(expression.Replace("$__rate_interval", "1m", StringComparison.Ordinal), ".*");

    private static async Task<bool> FiringAsync(Prometheus prometheus, string alert, string endpoint) =>
        (await prometheus.GetAsync("/api/v1/alerts")).GetProperty("alerts").EnumerateArray().Any(each =>
            each.GetProperty("state").GetString() == "firing"
            && each.GetProperty("labels") is var labels && labels.GetProperty("alertname").GetString() == alert
            && labels.TryGetProperty("endpoint", out var of) && of.GetString() == endpoint);

    private static SampleStore Evening()
    {
        var store = Samples.Evening();
        store.Add(new ChannelStatus("ops", ChannelState.New, 2));
        // An endpoint with tokens, an objective and sessions.
        var counted = Samples.Healthy("https://docs.example.com/mcp", Samples.Now);
        store.AddResult("docs", new ProbeRecord(Samples.Now, "local", counted with { Catalog = counted.Catalog! with { Tokens = 1234 } }));
        var docs = store.Find("docs")!;
        store.Put(docs with { Endpoint = docs.Endpoint with { Slo = 99.5, Canary = true } });
        store.Set("docs", store.StateOf("docs") with { Sessions = SessionTests.History });
        return store;
    }

    [GeneratedRegex(@"^ +for: .*\n", RegexOptions.Multiline)]
    private static partial Regex ForLine();

    [GeneratedRegex(@"mcpprobe_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Part();

    [GeneratedRegex(@"\$[a-z]+")]
    private static partial Regex Variable();
}
