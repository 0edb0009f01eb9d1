using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing;

public class LiveSessionTests
{
    [Fact]
    public async Task Ask_AgainAndAgain_StaysInOneSession()
    {
        await using var stub = await StartAsync(call => Handshake(call));
        await using (var session = new LiveSession(stub.Endpoint(), new ProberOptions(), TimeProvider.System))
        {
            for (var i = 0; i < 3; i++)
                Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
        }

        Assert.Equal(
            ["POST server/discover", "POST initialize", "POST notifications/initialized", "POST tools/list", "POST tools/list", "POST tools/list", "DELETE"],
            stub.Asked);
        Assert.Equal(3, stub.Calls.Where(call => call.Method == "tools/list").Select(call => call.Id).Distinct().Count());
    }

    [Fact]
    public async Task Ask_ServerForgotTheSession_OpensAnother()
    {
        var sessions = 0;
        await using var stub = await StartAsync(call => call.ToString() switch
        {
            "POST initialize" => Handshake(call) with { Headers = [("Mcp-Session-Id", $"session-{++sessions}")] },
            "POST tools/list" when call.Header("Mcp-Session-Id") == "session-1" && sessions == 1 && call.Id.Length > 2 => new Answer(404),
            _ => Handshake(call),
        });
        await using var session = new LiveSession(stub.Endpoint(), new ProberOptions(), TimeProvider.System);

        Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
        Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
        Assert.Equal(2, sessions);
    }

    [Fact]
    public async Task Ask_ServerFailsAndRecovers_SaysSo()
    {
        var down = false;
        await using var stub = await StartAsync(call => down ? new Answer(503) : Stateless(call));
        await using var session = new LiveSession(stub.Endpoint(), new ProberOptions(), TimeProvider.System);

        Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
        down = true;
        var failed = await AskAsync(session);
        Assert.Equal((Verdict.Down, FailureKind.HttpStatus), (failed.Verdict, failed.Failure?.Kind));
        down = false;
        Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
    }

    [Fact]
    public async Task Ask_BetweenQuestions_TheClockStands()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        await using var stub = await StartAsync(call => Handshake(call));
        await using var session = new LiveSession(stub.Endpoint(), new ProberOptions(), time);

        await AskAsync(session);
        time.Advance(TimeSpan.FromHours(1));
        var later = await AskAsync(session);

        Assert.Equal(Verdict.Healthy, later.Verdict);
        Assert.Single(stub.Asked, asked => asked == "POST initialize");
    }

    [Fact]
    public async Task Ask_NoAnswerInTime_IsATimeout()
    {
        var hang = false;
        await using var stub = await StartAsync(call => hang ? null : Stateless(call));
        await using var session = new LiveSession(stub.Endpoint() with { Timeout = TimeSpan.FromSeconds(1) }, new ProberOptions(), TimeProvider.System);

        await AskAsync(session);
        hang = true;
        Assert.Equal(FailureKind.Timeout, (await AskAsync(session)).Failure?.Kind);
        hang = false;
        Assert.Equal(Verdict.Healthy, (await AskAsync(session)).Verdict);
    }

    private static Task<ProbeResult> AskAsync(LiveSession session) => session.AskAsync(TestContext.Current.CancellationToken);
}
