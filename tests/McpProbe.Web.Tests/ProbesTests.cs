using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.Extensions.DependencyInjection;

namespace McpProbe.Web.Tests;

/// <summary>A whole probes file by the API, and ETags on single definitions.</summary>
public sealed class ProbesTests
{
    private const string Yaml = """
        defaults: { interval: 30s, timeout: 5s }
        endpoints:
          - { id: a, url: "https://a.example.com/mcp", name: A }
          - { id: b, url: "https://b.example.com/mcp", channels: [ops] }
        """;

    [Fact]
    public async Task Put_AFile_ChangesWhatDiffersAndArchivesWhatLeft()
    {
        await using var head = await StartAsync();
        var first = await AppliedAsync(head, Yaml);
        Assert.Equal("""{"dryRun":false,"added":["a","b"],"changed":[],"restored":[],"archived":[],"unchanged":0,"warnings":[]}""", first.GetRawText());
        Assert.Equal("""{"dryRun":false,"added":[],"changed":[],"restored":[],"archived":[],"unchanged":2,"warnings":[]}""", (await AppliedAsync(head, Yaml)).GetRawText());

        const string next = """{"endpoints":[{"id":"a","url":"https://a.example.com/mcp","name":"A two","interval":"30s","timeout":"5s"},{"id":"c","url":"https://c.example.com/mcp"}]}""";
        var plan = await AppliedAsync(head, next, "?dryRun=true");
        Assert.Equal(
            """{"dryRun":true,"added":["c"],"changed":[{"id":"a","changes":[{"path":"name","before":"A","after":"A two"}]}],"restored":[],"archived":["b"],"unchanged":0,"warnings":[]}""",
            plan.GetRawText());
        Assert.Equal("A", head.Store.Find("a")!.Endpoint.Name);
        await AppliedAsync(head, next);
        // Who, from where, and what; a dry run and what changes nothing have no ids to tell.
        Assert.Equal(["added c; changed a; archived b", "no endpoint changed", "added a, b"], head.Store.Audit.Select(line => line.Detail));
        Assert.All(head.Store.Audit, line => Assert.Equal(("PUT", "/api/probes", ActorKind.Local), (line.Method, line.Route, line.Who.Kind)));
        Assert.EndsWith("PUT /api/probes : done (200): added c; changed a; archived b", head.Log.Of("AuditTrail")[^1], StringComparison.Ordinal);
        Assert.Equal((EndpointSource.Archived, true), (head.Store.Find("b")!.Source, head.Store.Find("b")!.Endpoint.Paused));
        Assert.Equal(["b"], (await AppliedAsync(head, Yaml)).GetProperty("restored").EnumerateArray().Select(id => id.GetString()));
    }

    [Fact]
    public async Task Put_AnyMistake_ChangesNothingAndTellsAll()
    {
        await using var head = await StartAsync();
        await AppliedAsync(head, Yaml);
        using var response = await PutAsync(head, """
            endpoints:
              - { id: a, url: "https://a.example.com/mcp", name: Changed }
              - { id: bad id, url: "ftp://x", interval: never }
              - { id: d, url: "https://d.example.com/mcp", channels: [nobody] }
            """);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await ApiSchemas.CheckAsync("problem", response);
        Assert.Equal([3, 3, 3, 4], problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()));
        Assert.Equal("A", head.Store.Find("a")!.Endpoint.Name);

        using var command = await PutAsync(head, """{"endpoints":[{"id":"a","url":"https://a.example.com/mcp","name":"Changed"},{"id":"s","command":["sh"]}],"channels":[{"name":"mine","type":"webhook","url":"https://x.example/","secret":"${env:MINE_SECRET}"}]}""");
        var errors = (await ApiSchemas.CheckAsync("problem", command)).GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()).ToList();
        Assert.Equal(["channels[0]", "endpoints[1] (s): command"], errors);
        Assert.Equal("A", head.Store.Find("a")!.Endpoint.Name);
    }

    [Theory]
    [InlineData("", 409)]
    [InlineData("endpoints: []", 409)]
    [InlineData("""{"endpoints":[{"id":"z","url":"https://z.example.com/mcp"}]}""", 409)]
    [InlineData("endpoints: [", 400)]
    [InlineData("{\"endpoints\":", 400)]
    [InlineData("- a\n- b", 400)]
    public async Task Put_WhatWouldTakeAwayAll_IsRefusedUnlessMeant(string file, int status)
    {
        await using var head = await StartAsync();
        await AppliedAsync(head, Yaml);
        using var refused = await PutAsync(head, file);
        Assert.Equal(status, (int)refused.StatusCode);
        Assert.Equal(EndpointSource.Api, head.Store.Find("a")!.Source);
        if (status == 409)
        {
            using var meant = await PutAsync(head, file, "?allowEmpty=true");
            Assert.Equal(HttpStatusCode.OK, meant.StatusCode);
            Assert.Equal(EndpointSource.Archived, head.Store.Find("a")!.Source);
        }
    }

    [Fact]
    public async Task Put_WhereAProbesFileRules_SaysWhatToDo()
    {
        await using var head = await WebHead.StartAsync(services: services => services.AddSingleton<IProbesReload>(new HasFile()));
        using var response = await PutAsync(head, Yaml);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Contains("Change the file", (await ApiSchemas.CheckAsync("problem", response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_AFilesOwnEndpoint_IsRefused()
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("a"), EndpointSource.File), EndpointState.New, []);
        await using var head = await StartAsync(store);
        using var response = await PutAsync(head, Yaml);
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Null(head.Store.Find("b"));
    }

    [Fact]
    public async Task Get_RoundTrip_ChangesNothing()
    {
        await using var head = await StartAsync();
        await AppliedAsync(head, Sample);
        using var exported = await head.GetAsync("/api/probes");
        var text = await exported.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        foreach (var again in (string[])[text, ProbesYaml.Of(JsonDocument.Parse(text).RootElement)])
        {
            var plan = await AppliedAsync(head, again, "?dryRun=true");
            Assert.True(plan.GetProperty("unchanged").GetInt32() > 3);
            Assert.Equal((0, 0, 0), (plan.GetProperty("added").GetArrayLength(), plan.GetProperty("changed").GetArrayLength(), plan.GetProperty("archived").GetArrayLength()));
        }
    }

    [Fact]
    public async Task Put_IfMatch_AppliesOnlyWhatWasPlanned()
    {
        await using var head = await StartAsync();
        using var planned = await PutAsync(head, Yaml, "?dryRun=true");
        var tag = planned.Headers.ETag!.ToString();
        await AppliedAsync(head, """{"endpoints":[{"id":"x","url":"https://x.example.com/mcp"}]}""");
        using var late = await PutAsync(head, Yaml, "", ("If-Match", tag));
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        Assert.Null(head.Store.Find("a"));
    }

    [Fact]
    public async Task PutEndpoint_Preconditions_AreKept()
    {
        await using var head = await StartAsync();
        static string Of(string name) => $$"""{"url":"https://a.example.com/mcp","name":"{{name}}"}""";
        using var none = await EndpointAsync(Of("0"), ("If-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, none.StatusCode);
        using var created = await EndpointAsync(Of("1"), ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var again = await EndpointAsync(Of("2"), ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, again.StatusCode);
        await ApiSchemas.CheckAsync("problem", again);
        using var got = await head.GetAsync("/api/endpoints/a");
        Assert.Equal(created.Headers.ETag, got.Headers.ETag);
        using var mine = await EndpointAsync(Of("3"), ("If-Match", got.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.OK, mine.StatusCode);
        Assert.NotEqual(got.Headers.ETag, mine.Headers.ETag);
        using var theirs = await EndpointAsync(Of("4"), ("If-Match", got.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.PreconditionFailed, theirs.StatusCode);
        using var list = await EndpointAsync(Of("5"), ("If-Match", $"\"7\", {mine.Headers.ETag}"));
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        foreach (var (name, value) in ((string, string)[])[("If-Match", "no-quotes"), ("If-None-Match", "\"1\"")])
        {
            using var wrong = await EndpointAsync(Of("6"), (name, value));
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        }

        Assert.Equal("5", head.Store.Find("a")!.Endpoint.Name);

        Task<HttpResponseMessage> EndpointAsync(string json, params (string Name, string Value)[] headers) =>
            head.SendAsync(HttpMethod.Put, "/api/endpoints/a", new StringContent(json, Encoding.UTF8, "application/json"), headers);
    }

    [Fact]
    public async Task DryRun_LeavesNoAuditLine()
    {
        await using var head = await StartAsync();
        await AppliedAsync(head, Yaml, "?dryRun=true");
        await AppliedAsync(head, Yaml);
        using var audit = await head.GetAsync("/api/audit");
        Assert.Single((await ApiSchemas.CheckAsync("audit", audit)).GetProperty("lines").EnumerateArray());
    }

    private static Task<WebHead> StartAsync(SampleStore? store = null)
    {
        store ??= new SampleStore();
        store.Add(Samples.Channel("ops"));
        return WebHead.StartAsync(store: store);
    }

    // The sample without what no API may define.
    private const string Sample = """
        endpoints:
          - id: full
            name: "yes: \"quoted\" \u00e9 # no comment"
            url: "https://a.example.com/t/mcp"
            headers: { X-Tenant: "1" , X-Empty-ish: "~" }
            interval: 90s
            timeout: 7s
            conditions: { requireTools: [a, "true", "123"], budgets: { total: 2s } }
            smoke: { tool: echo, args: { text: "a\nb", n: 1.50, deep: [1, { x: null }] }, expectText: "ok" }
            driftPolicy: accept-compatible
            maintenance: [{ cron: "0 2 * * SUN", duration: 2h, timeZone: Europe/Berlin }]
            alerts: { remindEvery: 4h, certificateDays: [30, 7], flapping: { changes: 6, within: 1h } }
            group: "0x1F"
            visibility: public
            metrics: true
            traceContext: true
          - { id: "1e3", url: "https://b.example.com/mcp" }
          - { id: "null", url: "https://c.example.com/mcp", paused: true }
          - { id: on, url: "https://d.example.com/mcp", name: "- dash" }
        """;

    private static async Task<JsonElement> AppliedAsync(WebHead head, string file, string query = "")
    {
        using var response = await PutAsync(head, file, query);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return await ApiSchemas.CheckAsync("applied", response);
    }

    private static Task<HttpResponseMessage> PutAsync(WebHead head, string file, string query = "", params (string Name, string Value)[] headers) =>
        head.SendAsync(HttpMethod.Put, "/api/probes" + query, new StringContent(file, Encoding.UTF8, "application/yaml"), headers);

    private sealed class HasFile : IProbesReload
    {
        bool IProbesReload.HasFile => true;

        public Task<ReloadOutcome> ReloadAsync(bool allowEmpty, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
