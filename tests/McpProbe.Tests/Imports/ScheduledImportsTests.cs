using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Imports;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Imports;

/// <summary>What an import of a head does to its store.</summary>
public sealed class ScheduledImportsTests
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly MemoryStore _store = new();
    private readonly EndpointRegistry _registry;
    private readonly ScheduledImports _imports;
    private string _listed = "";

    public ScheduledImportsTests()
    {
        _registry = new EndpointRegistry(_store, _store, _store, TimeProvider.System);
        _imports = new ScheduledImports(_registry, _store, _store, _store, new ImportMemory(), name => name == "KEY" ? "secret" : null, _time, Recorded.Limits);
    }

    private Task<StubServer> ServeAsync() => StubServer.StartAsync(context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(_listed);
    });

    private static ImportDefinition Import(StubServer server) =>
        new() { Name = "reg", Source = RegistryKind.Official, Url = new Uri(server.Url), Activate = true, Contact = "ops@example.com" };

    private static string Of(params string[] names) =>
        $$"""{"servers":[{{string.Join(',', names.Select(name => $$$"""{"server":{"name":"com.example/{{{name}}}","version":"1","remotes":[{"type":"streamable-http","url":"https://{{{name}}}.example.com/mcp"}]}}"""))}}]}""";

    private async Task<string> StateAsync() => string.Join(", ", (await _store.ListEndpointsAsync(Recorded.Token))
        .Select(each => $"{each.Endpoint.Id[(each.Endpoint.Id.LastIndexOf('.') + 1)..]} {each.Source.ToString().ToLowerInvariant()}{(each.Endpoint.Paused ? " paused" : "")}"));

    [Fact]
    public async Task Run_StepByStep_MakesTheEndpointsThoseThatAreListed()
    {
        await using var server = await ServeAsync();
        await _registry.PutAsync(new Endpoint { Id = "own", Url = new Uri("https://own.example.com/mcp") }, EndpointSource.Api, Recorded.Token);
        await _registry.PutAsync(new Endpoint { Id = "file", Url = new Uri("https://c.example.com/mcp"), Imported = new Imported("reg", "x") }, EndpointSource.File, Recorded.Token);

        _listed = Of("a", "b", "c");
        var done = Assert.IsType<ImportOutcome.Done>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Equal("added com.example.a, com.example.b", done.Plan.ToString());
        var line = Assert.Single(_store.Audit);
        Assert.Equal((ActorKind.Import, "reg", server.Url, "added com.example.a, com.example.b"), (line.Who.Kind, line.Who.Name, line.Targets["from"], line.Detail));
        Assert.Equal("a import, b import, file file, own api", await StateAsync());

        _listed = Of("a");
        done = Assert.IsType<ImportOutcome.Done>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Equal("gone com.example.b", done.Plan.ToString());
        Assert.Equal("a import, b archived paused, file file, own api", await StateAsync());

        // Nothing comes of what is as it was, not even a new generation.
        var generation = (await _store.FindEndpointAsync("com.example.a", Recorded.Token))!.Generation;
        done = Assert.IsType<ImportOutcome.Done>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Equal("nothing changed", done.Plan.ToString());
        Assert.Equal(["gone com.example.b", "added com.example.a, com.example.b"], _store.Audit.Select(each => each.Detail));
        Assert.Equal(generation, (await _store.FindEndpointAsync("com.example.a", Recorded.Token))!.Generation);

        _listed = """{"servers":[]}""";
        var failed = Assert.IsType<ImportOutcome.Failed>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Contains("none of the 1 servers", failed.Message, StringComparison.Ordinal);
        _listed = "<html>";
        Assert.IsType<ImportOutcome.Failed>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Equal("a import, b archived paused, file file, own api", await StateAsync());

        _listed = Of("a", "b");
        done = Assert.IsType<ImportOutcome.Done>(await _imports.RunAsync(Import(server), Recorded.Token));
        Assert.Equal("back com.example.b", done.Plan.ToString());
        Assert.Equal("a import, b import, file file, own api", await StateAsync());

        // The probes file has endpoints of its own, and takes none of these away.
        await _registry.SynchronizeAsync(new ProbesDocument([new Endpoint { Id = "file", Url = new Uri("https://c.example.com/mcp") }], []), Recorded.Token);
        Assert.Equal("a import, b import, file file, own api", await StateAsync());

        Assert.Equal(["com.example.a", "com.example.b"], await _imports.ForgetOthersAsync(["another"], Recorded.Token));
        Assert.Equal("a archived paused, b archived paused, file file, own api", await StateAsync());
        Assert.Empty(await _imports.ForgetOthersAsync(["another"], Recorded.Token));
        Assert.Equal("archived com.example.a, com.example.b", _store.Audit[0].Detail);

        await _imports.RunAsync(Import(server), Recorded.Token);
        Assert.Equal("a import, b import, file file, own api", await StateAsync());
    }

    /// <summary>
    /// A registry of more than a page is read whole once a day, and between for what changed: deleted, new and claimed ones included.
    /// </summary>
    [Fact]
    public async Task Run_LargeRegistry_AsksForChangesBetweenWholeListings()
    {
        var asked = new List<string?>();
        var (whole, changes) = (new List<string>(), new List<string>());
        whole.AddRange(Enumerable.Range(0, 150).Select(i => Entry($"e{i:000}")));
        await using var server = await StubServer.StartAsync(context =>
        {
            var since = (string?)context.Request.Query["updated_since"];
            asked.Add(since);
            Assert.Equal("true", context.Request.Query["include_deleted"]);
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(_listed.Length > 0 ? _listed : $$"""{"servers":[{{string.Join(',', since is null ? whole : changes)}}]}""");
        });
        var import = Import(server) with { Limit = 151 };
        async Task<string> RunAsync(ImportDefinition? with = null)
        {
            asked.Clear();
            var outcome = await _imports.RunAsync(with ?? import, Recorded.Token);
            return outcome is ImportOutcome.Done done ? $"{(asked[0] is null ? "whole" : "changes")}: {done.Plan}" : $"failed: {((ImportOutcome.Failed)outcome).Message}";
        }

        var begun = _time.GetUtcNow();
        Assert.StartsWith("whole: added 150", await RunAsync(), StringComparison.Ordinal);

        // An hour later: one deleted, one changed, a new one, and one that claims an address that another has.
        _time.Advance(TimeSpan.FromHours(1));
        changes.AddRange([Entry("e001", status: "deleted"), Entry("e002", version: "2"), Entry("n1"), Entry("thief", host: "e003")]);
        Assert.Equal("changes: added com.example.n1; gone com.example.e001; changed com.example.e002", await RunAsync());
        Assert.Equal(UtcInstant.Format(begun.AddHours(-1)), asked.Single());
        Assert.Equal(EndpointSource.Archived, (await _store.FindEndpointAsync("com.example.e001", Recorded.Token))!.Source);
        Assert.Equal(150, (await _store.ListEndpointsAsync(Recorded.Token)).Count(each => each.Source is EndpointSource.Import));

        // The limit counts those that are there: one more may come, and not two. The deleted one is not taken for a newcomer.
        _time.Advance(TimeSpan.FromHours(1));
        changes.AddRange([Entry("n2"), Entry("n3")]);
        Assert.Equal("changes: added com.example.n2", await RunAsync());
        Assert.Equal("changes: nothing changed", await RunAsync());

        // Who wants credentials is asked seldom from now on, although nothing is said of it.
        _store.Set("com.example.e005", _store.StateOf("com.example.e005") with { Verdict = Verdict.Gated });
        Assert.Equal("changes: changed com.example.e005", await RunAsync());
        Assert.Equal(TimeSpan.FromDays(1), (await _store.FindEndpointAsync("com.example.e005", Recorded.Token))!.Endpoint.Interval);

        // A failure is no ground to stand on.
        _listed = "<html>";
        Assert.StartsWith("failed: ", await RunAsync(), StringComparison.Ordinal);
        _listed = "";
        whole.RemoveAll(each => each.Contains("e010", StringComparison.Ordinal));
        whole.AddRange([Entry("n1"), Entry("n2")]);
        whole[2] = Entry("e002", version: "2");
        whole[1] = Entry("e001", status: "deleted");
        Assert.Equal("whole: gone com.example.e010", await RunAsync());
        Assert.StartsWith("changes: ", await RunAsync(), StringComparison.Ordinal);

        // Another definition, and another day.
        Assert.StartsWith("whole: ", await RunAsync(import with { Group = "registry" }), StringComparison.Ordinal);
        Assert.StartsWith("whole: ", await RunAsync(), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromHours(23));
        Assert.StartsWith("changes: ", await RunAsync(), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.StartsWith("whole: ", await RunAsync(), StringComparison.Ordinal);
    }

    private static string Entry(string name, string version = "1", string status = "active", string? host = null) =>
        $$$$"""{"server":{"name":"com.example/{{{{name}}}}","version":"{{{{version}}}}","remotes":[{"type":"streamable-http","url":"https://{{{{host ?? name}}}}.example.com/mcp"}]},"_meta":{"io.modelcontextprotocol.registry/official":{"status":"{{{{status}}}}","isLatest":true}}}""";

    [Theory]
    [InlineData(Verdict.Gated, 0, true)]
    [InlineData(Verdict.Down, 25, true)]
    [InlineData(Verdict.Down, 23, false)]
    [InlineData(Verdict.Healthy, 100, false)]
    public async Task Run_GatedOrDeadServer_IsAskedOnceADayAndOftenAgainWhenItIsWell(Verdict verdict, int hours, bool seldom)
    {
        await using var server = await ServeAsync();
        _listed = Of("a");
        await _imports.RunAsync(Import(server), Recorded.Token);

        _store.State = _store.State with { Verdict = verdict, Since = TimeProvider.System.GetUtcNow().AddHours(-hours) };
        await _imports.RunAsync(Import(server), Recorded.Token);
        Assert.Equal(seldom ? TimeSpan.FromHours(24) : TimeSpan.FromMinutes(15), (await _store.FindEndpointAsync("com.example.a", Recorded.Token))!.Endpoint.Interval);

        _store.State = _store.State with { Verdict = Verdict.Healthy, Since = TimeProvider.System.GetUtcNow() };
        await _imports.RunAsync(Import(server), Recorded.Token);
        Assert.Equal(TimeSpan.FromMinutes(15), (await _store.FindEndpointAsync("com.example.a", Recorded.Token))!.Endpoint.Interval);
    }

    [Fact]
    public async Task Run_WhatSomebodyMadeTheirOwn_IsLeftAlone()
    {
        await using var server = await ServeAsync();
        _listed = Of("a", "b");
        await _imports.RunAsync(Import(server), Recorded.Token);
        await _registry.PutAsync(new Endpoint { Id = "com.example.a", Name = "Mine", Url = new Uri("https://a.example.com/mcp") }, EndpointSource.Api, Recorded.Token);

        await _imports.RunAsync(Import(server), Recorded.Token);

        Assert.Equal("a api, b import", await StateAsync());
        Assert.Equal("Mine", (await _store.FindEndpointAsync("com.example.a", Recorded.Token))!.Endpoint.Name);
        Assert.Equal(
            RegistryOutcome.OwnedByOthers,
            await _registry.PutAsync(new Endpoint { Id = "com.example.a", Url = new Uri("https://a.example.com/mcp") }, EndpointSource.Import, Recorded.Token));
    }

    [Fact]
    public async Task Run_KeyThatIsNotSet_AsksNobody()
    {
        var failed = Assert.IsType<ImportOutcome.Failed>(
            await _imports.RunAsync(new ImportDefinition { Name = "p", Source = RegistryKind.Pulsemcp, Key = "${env:OTHER}" }, Recorded.Token));

        Assert.Contains("needs the environment variable OTHER", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Slots_OfAnImport_ComeOnceAnInterval()
    {
        var import = new ImportDefinition { Name = "a", Source = RegistryKind.Official, Interval = TimeSpan.FromHours(2) };
        var start = new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);

        var slots = Enumerable.Range(0, 24 * 60).Select(minute => ImportSlots.At(import, "head", start.AddMinutes(minute))).ToList();

        Assert.InRange(slots.Distinct().Count(), 12, 13);
        Assert.Equal(slots.Order(), slots);
    }
}
