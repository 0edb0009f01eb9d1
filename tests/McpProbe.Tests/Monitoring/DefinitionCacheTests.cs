using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Monitoring;

namespace McpProbe.Tests.Monitoring;

public class DefinitionCacheTests
{
    private static readonly Endpoint Definition = new() { Id = "a", Url = new Uri("https://example.com/mcp") };

    [Fact]
    public void Read_TheSameTextTwice_IsReadOnce()
    {
        var cache = new DefinitionCache();

        var first = Read(cache, Definition);

        Assert.Same(first, Read(cache, Definition));
        Assert.NotSame(first, Read(cache, Definition with { Name = "Another" }));
        Assert.NotSame(first, Read(cache, Definition, generation: 2));
    }

    [Fact]
    public void Read_WhatIsExpected_IsTakenFromThere_AndOnlyWhereTheTextIsTheSame()
    {
        var cache = new DefinitionCache { Expected = new Dictionary<string, Endpoint> { ["a"] = Definition } };

        Assert.Same(Definition, Read(cache, Definition).Endpoint);
        Assert.Equal("Another", Read(cache, Definition with { Name = "Another" }).Endpoint.Name);
        var ofApi = Read(cache, Definition, EndpointSource.Api);
        Assert.True(ofApi.Endpoint.FromApi);
        Assert.Equal(EndpointJson.ToJson(Definition), EndpointJson.ToJson(ofApi.Endpoint));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TextOf_IsKeptOnlyForWhoAsksForIt(bool keep)
    {
        var cache = new DefinitionCache(keep);

        Read(cache, Definition);

        Assert.Equal(keep ? EndpointJson.ToJson(Definition) : null, cache.TextOf("a"));
        Assert.Null(cache.TextOf("b"));
    }

    private static RegisteredEndpoint Read(DefinitionCache cache, Endpoint endpoint, EndpointSource source = EndpointSource.File, long generation = 1) =>
        cache.Read(endpoint.Id, EndpointJson.ToJson(endpoint), source, generation, WatchedPeriod.Unknown);
}
