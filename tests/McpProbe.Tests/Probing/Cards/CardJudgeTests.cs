using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Cards;

namespace McpProbe.Tests.Probing.Cards;

/// <summary>What needs no server: addresses in public, gated servers, pinned transports.</summary>
public sealed class CardJudgeTests
{
    [Theory]
    [InlineData("https://mcp.example.com/mcp", "https://mcp.example.com/mcp", null, "")]
    [InlineData("https://mcp.example.com/mcp", "https://MCP.example.com/mcp/", null, "")]
    [InlineData("https://mcp.example.com/mcp?key=1", "https://mcp.example.com/mcp", null, "")]
    [InlineData("https://mcp.example.com/mcp", "https://{region}.example.com/mcp", null, "")]
    [InlineData("https://mcp.example.com/mcp", "https://old.example.com/mcp", null, "card-address")]
    [InlineData("https://mcp.example.com/mcp", "https://mcp.example.com/v2", null, "card-address")]
    [InlineData("https://mcp.example.com/mcp", "http://mcp.example.com/mcp", null, "card-address")]
    [InlineData("https://mcp.example.com/mcp", "not an address", null, "card-address")]
    // An instance behind a load balancer, this machine, a network of one's own: clients use another address.
    [InlineData("https://mcp.example.com/mcp", "https://old.example.com/mcp", "10.0.0.7:8080", "")]
    [InlineData("http://localhost:3001/mcp", "https://mcp.example.com/mcp", null, "")]
    [InlineData("http://10.0.0.7/mcp", "https://mcp.example.com/mcp", null, "")]
    [InlineData("http://mcp.svc/mcp", "https://mcp.example.com/mcp", null, "")]
    [InlineData("http://mcp/mcp", "https://mcp.example.com/mcp", null, "")]
    public void Address_IsComparedWhereClientsUseIt(string url, string listed, string? connectTo, string rules) => Assert.Equal(
        rules,
        Rules($$"""{"name":"com.example/a","version":"1","remotes":[{"type":"streamable-http","url":{{JsonSerializer.Serialize(listed)}}}]}""",
            new Endpoint { Id = "a", Url = new Uri(url), ConnectTo = connectTo }, Result()));

    /// <summary>A card of another server, at a place that many may share, says nothing of this one.</summary>
    [Fact]
    public void OtherServersCard_SaysNothing() => Assert.Equal(
        "", Rules("""{"name":"com.example/b","version":"7","remotes":[{"type":"sse","url":"https://mcp.example.com/b"}]}""", Endpoint(), Result(), isReserved: false));

    [Fact]
    public void GatedServer_OnlyWhatIsKnownIsCompared() => Assert.Equal(
        "", Rules("""{"name":"com.example/b","version":"7","remotes":[{"type":"streamable-http","url":"https://mcp.example.com/mcp","headers":[{"name":"Authorization","isRequired":true}],"supportedProtocolVersions":["2025-11-25"]}]}""",
            Endpoint(), Result() with { Verdict = Verdict.Gated, Server = null, ProtocolVersion = null, Transport = null, Era = null, SupportedVersions = [] }));

    [Fact]
    public void PinnedTransport_AndSentHeader_AreNoContradiction() => Assert.Equal(
        "", Rules("""{"name":"com.example/a","version":"1","remotes":[{"type":"sse","url":"https://mcp.example.com/mcp","headers":[{"name":"Authorization","isRequired":true}]}]}""",
            Endpoint() with { Transport = TransportChoice.Http, Bearer = "${env:KEY}" }, Result()));

    [Theory]
    [InlineData("""{"name":"a"}""")]
    [InlineData("""{"name":"a","version":1,"remotes":7}""")]
    [InlineData("""{"remotes":[{"type":"sse"}]}""")]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("null")]
    public void OtherJson_IsNoCard(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Null(ServerCard.Read(document.RootElement));
    }

    private static Endpoint Endpoint() => new() { Id = "a", Url = new Uri("https://mcp.example.com/mcp") };

    private static ProbeResult Result() => new()
    {
        Target = "a",
        Verdict = Verdict.Healthy,
        Transport = TransportKind.StreamableHttp,
        Era = Era.Handshake,
        ProtocolVersion = "2025-11-25",
        Server = new ServerIdentity("a", "1"),
        Timings = new Timings(null, null, null, 1, 1, null, 2),
        StartedAt = DateTimeOffset.UnixEpoch,
    };

    private static string Rules(string card, Endpoint endpoint, ProbeResult result, bool isReserved = true)
    {
        using var document = JsonDocument.Parse(card);
        return string.Join(' ', CardJudge.Judge(ServerCard.Read(document.RootElement)!, endpoint, result, endpoint.Url!, "/mcp/server-card", isReserved).Select(finding => finding.Rule));
    }
}
