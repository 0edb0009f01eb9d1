using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

public class WarmUpTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, "mcp", Era.Handshake)]
    [InlineData(false, "stateless", Era.Stateless)]
    [InlineData(true, "mcp", Era.Handshake)]
    [InlineData(true, "stateless", Era.Stateless)]
    public async Task Server_AProbe_IsHealthyInItsEra(bool tls, string path, Era era)
    {
        await using var server = new WarmUpServer(tls, TimeProvider.System);
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);

        var result = await prober.ProbeAsync(new Endpoint { Id = "a", Url = new Uri(server.Url, path), Insecure = true }, Token);

        Assert.Equal((null, Verdict.Healthy, era), (result.Failure?.Message, result.Verdict, result.Era));
        Assert.Equal(1, result.Catalog?.Tools);
    }

    [Fact]
    public async Task Run_BeforeTheFirstProbe_MakesItWarm()
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);
        var warmUp = new WarmUp(prober, TimeProvider.System);

        await Task.WhenAll(warmUp.RunAsync(), warmUp.RunAsync());

        var first = await prober.ProbeConfirmedAsync(new Endpoint { Id = "a", Url = new Uri(server.Url) }, null, Token);
        Assert.Equal((Verdict.Healthy, false), (first.Verdict, first.Cold));
    }

    [Fact]
    public async Task Run_ProbesThatHang_EndsInTimeAndLeavesNothingRunning()
    {
        var time = new FakeTimeProvider();
        var (begun, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var prober = new McpProber(time, async (_, deadline, _) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, deadline.Token).ContinueWith(_ => ended.TrySetResult(), TaskScheduler.Default);
            throw new OperationCanceledException();
        });

        var running = new WarmUp(prober, time).RunAsync();
        await begun.Task.WaitAsync(Token);
        Assert.False(running.IsCompleted);
        time.Advance(WarmUp.Patience);

        await running.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
    }

    // As it is where there is no port to listen on, or no certificate to be had.
    [Fact]
    public async Task Run_WhatCannotBeDone_IsLeftOut()
    {
        using var prober = new McpProber(TimeProvider.System, (_, _, _) => throw new System.Net.Sockets.SocketException());

        await new WarmUp(prober, TimeProvider.System).RunAsync().WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
    }
}
