using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Tests.Probing.Net;

public sealed class ConnectionPoolTests
{
    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probe_AgainAndAgain_ConnectsOnceOnlyIfConnectionsAreKept(bool keepAlive)
    {
        await using var stub = await StubMcp.StartAsync(call => StubMcp.Stateless(call));
        using var prober = new McpProber(new ProberOptions { KeepAlive = keepAlive }, TimeProvider.System);

        var first = await prober.ProbeAsync(stub.Endpoint(), TestToken);
        var second = await prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.Equal((Verdict.Healthy, Verdict.Healthy), (first.Verdict, second.Verdict));
        Assert.NotNull(first.Timings.ConnectMs);
        Assert.Equal(keepAlive, second.Timings.ConnectMs is null);
        Assert.NotNull(second.Timings.HandshakeMs);
    }

    [Fact]
    public async Task Probe_AfterAFailure_ConnectsAfresh()
    {
        var broken = false;
        await using var stub = await StubMcp.StartAsync(call => broken ? new StubMcp.Answer(500) : StubMcp.Stateless(call));
        using var prober = new McpProber(new ProberOptions { KeepAlive = true }, TimeProvider.System);
        await prober.ProbeAsync(stub.Endpoint(), TestToken);

        broken = true;
        var failed = await prober.ProbeConfirmedAsync(stub.Endpoint(), null, TestToken);
        broken = false;
        var after = await prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.Equal((Verdict.Down, 2), (failed.Verdict, failed.Attempts));
        Assert.NotNull(failed.Timings.ConnectMs); // the confirming attempt
        Assert.Equal(Verdict.Healthy, after.Verdict);
        Assert.NotNull(after.Timings.ConnectMs);
    }

    [Fact]
    public async Task Probe_OtherTarget_DoesNotTakeAnothersConnection()
    {
        await using var blue = await StubMcp.StartAsync(call => StubMcp.Stateless(call));
        await using var green = await StubMcp.StartAsync(call => StubMcp.Handshake(call));
        using var prober = new McpProber(new ProberOptions { KeepAlive = true }, TimeProvider.System);
        await prober.ProbeAsync(blue.Endpoint(), TestToken);

        var result = await prober.ProbeAsync(
            blue.Endpoint() with { ConnectTo = new Uri(green.Url).Authority }, TestToken);

        Assert.Equal(Era.Handshake, result.Era);
        Assert.NotNull(result.Timings.ConnectMs);
    }

    [Fact]
    public async Task Probe_ManyAtOnce_KeepEachOnesAnswersApart()
    {
        await using var stub = await StubMcp.StartAsync(call => call.Path == "/old" ? StubMcp.Handshake(call) : StubMcp.Stateless(call));
        using var prober = new McpProber(new ProberOptions { KeepAlive = true }, TimeProvider.System);

        for (var round = 0; round < 3; round++)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
                (IsOld: number % 2 == 0, Result: await prober.ProbeAsync(stub.Endpoint(number % 2 == 0 ? "/old" : "/new"), TestToken))));

            Assert.All(results, result => Assert.Equal(result.IsOld ? Era.Handshake : Era.Stateless, result.Result.Era));
        }

        Assert.All(stub.Calls.Where(call => call.HttpMethod == "POST" && call.Header("Mcp-Session-Id") is not null), call => Assert.Equal("/old", call.Path));
    }
}
