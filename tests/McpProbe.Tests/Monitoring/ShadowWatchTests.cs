using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Tests.Incidents;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>Endpoints whose catalogue is stored under their own name; each letter of it is a tool.</summary>
public class ShadowWatchTests
{
    private readonly MemoryStore _store = new();
    private readonly ShadowWatch _watch;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ShadowWatchTests() => _watch = new ShadowWatch(_store, _store, new FakeTimeProvider(Watched.Start));

    [Fact]
    public async Task Run_ATakenNameInTheGroup_IsFoundOnceAndForgottenWhenItIsGone()
    {
        Add("a", "g", "x y z");
        Add("b", "g", "p q x");

        Assert.Equal(2, await RunAsync());

        Assert.Equal(("sha256:a", "tool-shadowed", "tool_x"), Shadowing("a"));
        Assert.Equal(("sha256:b", "tool-shadowed", "tool_x"), Shadowing("b"));
        var before = _store.StateOf("a");
        await RunAsync();
        Assert.Same(before, _store.StateOf("a"));

        Add("b", "g", "p q r");
        Assert.Equal(2, await RunAsync());
        Assert.Null(_store.StateOf("a").Shadowing);
        Assert.Null(_store.StateOf("b").Shadowing);
        Assert.Equal(0, await RunAsync());
    }

    [Theory]
    [InlineData("g", "h", false, "x y z", "p q x", 0)] // of another group
    [InlineData(null, null, false, "x y z", "p q x", 0)] // of none: compared with nobody
    [InlineData("g", "g", true, "x y z", "p q x", 0)] // paused
    [InlineData("g", "g", false, "x y z", "p q r", 0)] // nothing in common
    [InlineData("g", "g", false, "x y z", "p q x", 2)]
    public async Task Run_WhatIsNotUsedTogether_IsNotCompared(string? one, string? other, bool paused, string first, string second, int changed)
    {
        Add("a", one, first);
        Add("b", other, second, paused);

        Assert.Equal(changed, await RunAsync());
    }

    [Fact]
    public async Task Run_DefinitionWithMistakes_IsLeftOut()
    {
        Add("a", "g", "x y z");
        Add("b", "g", "p q x");
        _store.Put(new RegisteredEndpoint(new Endpoint { Id = "b", Group = "g" }, EndpointSource.Api, []));

        Assert.Equal(0, await RunAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_CatalogNotReadYetOrNotStoredAnyMore_IsLeftOut(bool stored)
    {
        Add("a", "g", "x y z");
        Add("b", "g", "p q x");
        Add("c", "g", "l m x");
        if (stored)
            _store.Set("c", EndpointState.New);
        else
            _store.Set("c", _store.StateOf("c").WithBaseline("2025-11-25", new BaselineReference("sha256:collected", Watched.Start, null)));

        Assert.Equal(2, await RunAsync());
        Assert.Null(_store.StateOf("c").Shadowing);
    }

    [Fact]
    public async Task Run_DriftedCatalog_IsComparedAsItIsNow()
    {
        Add("a", "g", "x y z");
        Add("b", "g", "p q r");
        _store.AddCatalog("sha256:b2", Catalog("p q x"));
        _store.Set("b", _store.StateOf("b") with { Drifted = new DriftCandidate("2025-11-25", "sha256:b2", Watched.Start) });

        Assert.Equal(2, await RunAsync());

        Assert.Equal("sha256:b2", _store.StateOf("b").Shadowing!.Hash);
    }

    [Fact]
    public async Task Run_InstancesOfOneServer_AreEachToldWhatTheirCatalogueDoes()
    {
        Add("a", "g", "x y z");
        Add("b", "g", "p q x");
        Add("c", "g", "x y z");
        _store.Set("c", _store.StateOf("a"));

        Assert.Equal(3, await RunAsync());

        Assert.Equal(Shadowing("a"), Shadowing("c"));
        Assert.Equal(("sha256:a", "tool-shadowed", "tool_x"), Shadowing("c"));
    }

    [Fact]
    public async Task Run_ManyFindings_KeepsAFew()
    {
        Add("a", "g", "a b c d e f 1 2 3 4 5 6 7");
        Add("b", "g", "a b c d e f n o p q r s t");

        await RunAsync();

        Assert.Equal(5, _store.StateOf("a").Shadowing!.Findings.Count);
    }

    private Task<int> RunAsync() => _watch.RunAsync(_store, Token);

    private (string Hash, string Rule, string? Tool) Shadowing(string id)
    {
        var shadowing = _store.StateOf(id).Shadowing!;
        var finding = Assert.Single(shadowing.Findings);
        return (shadowing.Hash, finding.Rule, finding.Tool);
    }

    private void Add(string id, string? group, string tools, bool paused = false)
    {
        _store.AddCatalog($"sha256:{id}", Catalog(tools));
        _store.Put(new RegisteredEndpoint(new Endpoint { Id = id, Group = group, Paused = paused, Url = new Uri("https://example.com/mcp") }, EndpointSource.Api));
        if (_store.StateOf(id).Baseline is null)
            _store.Set(id, EndpointState.New.WithBaseline("2025-11-25", new BaselineReference($"sha256:{id}", Watched.Start, null)));
    }

    private static byte[] Catalog(string tools) => Encoding.UTF8.GetBytes(
        $$"""{"formula":1,"server":{"capabilities":{},"instructions":null,"name":"stub"},"tools":[{{string.Join(',', tools.Split(' ').Select(name => $$"""{"inputSchema":{"type":"object"},"name":"tool_{{name}}"}"""))}}]}""");
}
