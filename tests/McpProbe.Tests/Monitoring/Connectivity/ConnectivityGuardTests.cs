using System.Net;
using System.Net.Sockets;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring.Connectivity;

/// <summary>Results as a prober would make them, and control addresses on this machine that the test opens and closes.</summary>
public sealed class ConnectivityGuardTests : IDisposable
{
    private static readonly Failure TimedOut = new(FailureKind.ConnectTimeout, Phase.Connect, "No connection within 10 s.");

    private readonly FakeTimeProvider _time = new();
    private readonly TcpListener _control = Listen();
    private readonly TcpListener _otherControl = Listen();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _control.Dispose();
        _otherControl.Dispose();
    }

    [Fact]
    public async Task Check_ControlsSilentWithTheHosts_SaysThatTheProberIsOffline()
    {
        var guard = Guard();
        Assert.Null((await CheckAsync(guard, "a", null)).Failure);
        CloseControls();

        var first = await CheckAsync(guard, "b", TimedOut);
        var second = await CheckAsync(guard, "c", TimedOut);

        Assert.Equal((Verdict.Down, TimedOut), (first.Verdict, first.Failure));
        Assert.Equal((Verdict.Unknown, FailureKind.ProberOffline, Phase.Connect), (second.Verdict, second.Failure!.Kind, second.Failure.Phase));
        Assert.Contains("2 of the 3 hosts", second.Failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{_control.LocalEndpoint}, {_otherControl.LocalEndpoint}", second.Failure.Message, StringComparison.Ordinal);
        Assert.EndsWith(TimedOut.Message, second.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OneControlAnswers_BelievesTheProbe()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        _control.Stop();

        Assert.All(await CheckAsync(guard, TimedOut, "b", "c", "d"), result => Assert.Equal(Verdict.Down, result.Verdict));
    }

    [Fact]
    public async Task Check_ControlsThatNeverAnswered_SayNothing()
    {
        CloseControls();
        var guard = Guard();
        await CheckAsync(guard, "a", null);

        Assert.All(await CheckAsync(guard, TimedOut, "b", "c", "d", "e"), result => Assert.Equal(Verdict.Down, result.Verdict));
    }

    [Fact]
    public async Task Check_NetworkBackAndGoneAgain_IsNoticedBothTimes()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        CloseControls();
        Assert.Equal(Verdict.Unknown, (await CheckAsync(guard, TimedOut, "a", "b"))[^1].Verdict);

        _control.Start();
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.All(await CheckAsync(guard, failure: null, "a", "b"), result => Assert.Equal(Verdict.Healthy, result.Verdict));
        Assert.Equal(Verdict.Down, (await CheckAsync(guard, TimedOut, "a", "b"))[^1].Verdict);

        _control.Stop();
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(Verdict.Unknown, (await CheckAsync(guard, TimedOut, "a", "b"))[^1].Verdict);
    }

    [Fact]
    public async Task Check_ControlsBlockedWhileServersAnswer_DoNotSilenceAlertsForLong()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        CloseControls();
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(Verdict.Unknown, (await CheckAsync(guard, TimedOut, "b", "c"))[^1].Verdict);

        // A server answers and no control does: the controls are what is gone.
        await CheckAsync(guard, "a", null);

        Assert.Equal(Verdict.Down, (await CheckAsync(guard, TimedOut, "b", "c"))[^1].Verdict);
    }

    [Fact]
    public async Task Check_ManyFailuresAtOnce_AskTheControlsOnce()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        _otherControl.Stop();
        await AcceptedAsync(_control);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => CheckAsync(guard, $"host{i}", TimedOut)));

        Assert.Equal(1, await AcceptedAsync(_control));
    }

    [Fact]
    public async Task Check_ControlsThatAllAnswer_AreTriedOnce()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        Assert.Equal(1, await AcceptedAsync(_control));

        _time.Advance(TimeSpan.FromHours(1));
        await CheckAsync(guard, "a", null);

        Assert.Equal(0, await AcceptedAsync(_control));
    }

    [Theory]
    [InlineData(299, 0)]
    [InlineData(300, 1)]
    public async Task Check_ControlThatIsSilentWhileServersAnswer_IsTriedEachFiveMinutes(int seconds, int tries)
    {
        var guard = Guard();
        _otherControl.Stop();
        await CheckAsync(guard, "a", null);
        await AcceptedAsync(_control);

        _time.Advance(TimeSpan.FromSeconds(seconds));
        await CheckAsync(guard, "a", TimedOut);
        Assert.Equal(0, await AcceptedAsync(_control)); // a failure teaches nothing
        await CheckAsync(guard, "a", null);
        Assert.Equal(tries, await AcceptedAsync(_control));
        await CheckAsync(guard, "a", null);
        Assert.Equal(0, await AcceptedAsync(_control));
    }

    [Fact]
    public async Task Check_FirstProbeFailed_LearnsWithTheFirstAnswer()
    {
        var guard = Guard();
        _otherControl.Stop();
        await CheckAsync(guard, "a", TimedOut);
        Assert.Equal(1, await AcceptedAsync(_control));

        await CheckAsync(guard, "b", null);

        Assert.Equal(1, await AcceptedAsync(_control));
    }

    [Theory]
    [InlineData(9.9, 0)]
    [InlineData(10, 1)]
    public async Task Check_AnswerOfTheControls_IsGoodForTenSeconds(double seconds, int tries)
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        await CheckAsync(guard, TimedOut, "b", "c");
        Assert.Equal(2, await AcceptedAsync(_control));

        _time.Advance(TimeSpan.FromSeconds(seconds));
        await CheckAsync(guard, "d", TimedOut);

        Assert.Equal(tries, await AcceptedAsync(_control));
    }

    [Fact]
    public async Task Check_NameServersThatHang_AreWaitedForTwoSeconds()
    {
        var hangs = false;
        var options = new ProberOptions
        {
            // As the system's resolver: it does not listen to a cancellation.
            Resolver = (_, _) => hangs ? new TaskCompletionSource<IPAddress[]>().Task : Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        };
        var port = ((IPEndPoint)_control.LocalEndpoint).Port;
        var guard = new ConnectivityGuard(ControlAddresses.Parse($"control.example:{port}", out _)!, options, _time);
        await CheckAsync(guard, "a", TimedOut);
        hangs = true;

        var result = CheckAsync(guard, "b", TimedOut);

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(0.5));
                return result.IsCompleted;
            },
            "the controls are given up");
        Assert.Equal(FailureKind.ProberOffline, (await result).Failure!.Kind);
    }

    [Fact]
    public async Task Check_RefusedByThePolicy_IsNoAnswer()
    {
        var guard = new ConnectivityGuard(Controls(), new ProberOptions { Addresses = AddressRule.PublicOnly }, _time);
        await CheckAsync(guard, "a", null);

        Assert.All(await CheckAsync(guard, TimedOut, "b", "c", "d"), result => Assert.Equal(Verdict.Down, result.Verdict));
        Assert.False(_control.Pending());
    }

    [Fact]
    public async Task Check_ThisMachineAndCommands_AreTakenAsTheyAre()
    {
        var guard = Guard();
        await CheckAsync(guard, "a", null);
        CloseControls();
        await CheckAsync(guard, TimedOut, "b", "c");
        var spawn = new Failure(FailureKind.SpawnFailed, null, "no such file");

        Assert.Equal(Verdict.Down, (await CheckAsync(guard, "127.0.0.1", TimedOut)).Verdict);
        Assert.Equal(Verdict.Down, (await guard.CheckAsync(new Endpoint { Id = "x", Command = ["x"] }, Result(spawn), Token)).Verdict);
        // While one that did answer, with whatever, says how its server is.
        Assert.Equal(Verdict.Down, (await CheckAsync(guard, "b", new Failure(FailureKind.Refused, Phase.Connect, "refused"))).Verdict);
    }

    [Fact]
    public async Task Check_None_ContactsNobody()
    {
        var guard = new ConnectivityGuard(ControlAddresses.None, new ProberOptions(), _time);

        Assert.All(await CheckAsync(guard, TimedOut, "b", "c", "d"), result => Assert.Equal(Verdict.Down, result.Verdict));
    }

    [Theory]
    [InlineData("https://mcp.example/mcp", null, "mcp.example")]
    [InlineData("https://mcp.example/mcp", "10.0.0.1:8443", "10.0.0.1")]
    [InlineData("http://10.0.0.1/mcp", null, "10.0.0.1")]
    [InlineData("http://[2001:db8::1]/mcp", null, "2001:db8::1")]
    [InlineData("http://localhost:8080/mcp", null, null)]
    [InlineData("http://LOCALHOST/mcp", null, null)]
    [InlineData("http://a.localhost/mcp", null, null)]
    [InlineData("http://127.0.0.2/mcp", null, null)]
    [InlineData("http://[::1]/mcp", null, null)]
    [InlineData("https://mcp.example/mcp", "127.0.0.1", null)]
    public void HostOf_AnEndpoint_IsWhereItsPacketsGo(string url, string? connectTo, string? expected) =>
        Assert.Equal(expected, ConnectivityGuard.HostOf(new Endpoint { Id = "x", Url = new Uri(url), ConnectTo = connectTo }));

    [Theory]
    [InlineData(FailureKind.Dns, Phase.Dns, false)]
    [InlineData(FailureKind.ConnectTimeout, Phase.Connect, false)]
    [InlineData(FailureKind.Timeout, Phase.Dns, false)]
    [InlineData(FailureKind.Timeout, Phase.Tls, null)]
    [InlineData(FailureKind.Timeout, Phase.Handshake, null)]
    [InlineData(FailureKind.BlockedAddress, Phase.Connect, null)]
    [InlineData(FailureKind.ProberOffline, Phase.Connect, null)]
    [InlineData(FailureKind.Config, null, null)]
    [InlineData(FailureKind.Refused, Phase.Connect, true)]
    [InlineData(FailureKind.Reset, Phase.Tls, true)]
    [InlineData(FailureKind.Tls, Phase.Tls, true)]
    [InlineData(FailureKind.HttpStatus, Phase.Handshake, true)]
    [InlineData(FailureKind.Gated, Phase.Handshake, true)]
    [InlineData(FailureKind.Budget, Phase.Catalog, true)]
    public void Answered_OfAFailure_IsWhetherAnythingCameBack(FailureKind kind, Phase? phase, bool? expected) =>
        Assert.Equal(expected, ConnectivityGuard.Answered(new Failure(kind, phase, "")));

    [Fact]
    public void Answered_Unreachable_IsSilence() => Assert.Equal(
        (false, true),
        (ConnectivityGuard.Answered(Dialer.ToFailure(SocketError.NetworkUnreachable, new ConnectTarget("a", 1))), ConnectivityGuard.Answered(null)));

    private ConnectivityGuard Guard() => new(Controls(), new ProberOptions(), _time);

    private ControlAddresses Controls() => ControlAddresses.Parse($"{_control.LocalEndpoint},{_otherControl.LocalEndpoint}", out _)!;

    private void CloseControls()
    {
        _control.Stop();
        _otherControl.Stop();
    }

    private static async Task<ProbeResult[]> CheckAsync(ConnectivityGuard guard, Failure? failure, params string[] hosts)
    {
        var results = new List<ProbeResult>();
        foreach (var host in hosts)
            results.Add(await CheckAsync(guard, host, failure));
        return [.. results];
    }

    private static Task<ProbeResult> CheckAsync(ConnectivityGuard guard, string host, Failure? failure) =>
        guard.CheckAsync(new Endpoint { Id = "x", Url = new Uri($"http://{host}/mcp") }, Result(failure), Token);

    private static ProbeResult Result(Failure? failure) => new()
    {
        Target = "http://mcp.example/mcp",
        Verdict = failure?.VerdictOf() ?? Verdict.Healthy,
        Failure = failure,
        Timings = new Timings(null, null, null, null, null, null, 1),
        StartedAt = default,
    };

    private static TcpListener Listen()
    {
        var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = (IPEndPoint)free.LocalEndpoint;
        free.Dispose();
        // Of a known port, so that it is the same one when it is closed and opened again.
        var listener = new TcpListener(address);
        listener.Start();
        return listener;
    }

    /// <returns>How many connections were waiting.</returns>
    private static async Task<int> AcceptedAsync(TcpListener listener)
    {
        var count = 0;
        for (; listener.Pending(); count++)
            (await listener.AcceptSocketAsync(Token)).Dispose();
        return count;
    }
}
