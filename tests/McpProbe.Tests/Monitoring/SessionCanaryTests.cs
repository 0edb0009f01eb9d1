using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Sessions;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>The canary on its whole path: a slot, the probe, the look at its session, the judgement, the store. A server shows every outcome.</summary>
public sealed class SessionCanaryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Session_ThatGoesOn_CostsOneRequestAnInterval_AndNoState()
    {
        await using var world = await World.StartAsync(new SessionServer());

        await world.SlotAsync();
        var held = Assert.Single(world.Sessions.Held.Values);
        Assert.Equal(("session-2", "2025-11-25", new SessionHost("1.0", held.Host.Catalog, "127.0.0.1", null)), (held.Id, held.ProtocolVersion, held.Host));
        world.Server.Asked.Clear();
        var before = world.State;
        await world.SlotAsync();
        await world.SlotAsync();

        Assert.Equal(["tools/list", "tools/list"], world.Server.Asked.Where(asked => asked.Session == "session-2").Select(asked => asked.Method));
        Assert.Equal(before.Sessions!.Held, world.State.Sessions!.Held);
        Assert.Empty(world.Sessions.Ended);
        Assert.Equal(1, world.Sessions.SurvivalRate);
    }

    [Theory]
    [InlineData(404, 1, SessionEnd.Proper, "HTTP 404")]
    [InlineData(400, 1, SessionEnd.WrongError, "HTTP 400 and the JSON-RPC error -32600")]
    [InlineData(200, 1, SessionEnd.WrongError, "HTTP 200 and the JSON-RPC error -32600")]
    [InlineData(500, 2, SessionEnd.WrongError, "HTTP 500")]
    [InlineData(401, 2, SessionEnd.WrongError, "HTTP 401")]
    [InlineData(410, 2, SessionEnd.WrongError, "HTTP 410")]
    [InlineData(0, 2, SessionEnd.Hang, "no answer in time")]
    public async Task Session_ThatTheServerForgot_EndsAsTheServerSays(int status, int slots, SessionEnd end, string detail)
    {
        await using var world = await World.StartAsync(new SessionServer { Unknown = status });
        await world.SlotAsync();
        world.Server.Forget();

        for (var slot = 1; slot < slots; slot++)
        {
            await world.SlotAsync();
            Assert.Empty(world.Sessions.Ended);
            Assert.Equal(1, Assert.Single(world.Sessions.Held.Values).Doubts);
        }

        await world.SlotAsync();
        var ended = Assert.Single(world.Sessions.Ended);
        Assert.Equal((end, SessionCause.Idle, detail), (ended.End, ended.Cause, ended.Detail));
        Assert.Equal(slots * world.Endpoint.Interval, ended.Life);
        Assert.Empty(world.Sessions.Held);
        await world.SlotAsync();
        Assert.NotEqual("session-1", Assert.Single(world.Sessions.Held.Values).Id);
    }

    [Fact]
    public async Task Session_OneBadMoment_CutsNothing()
    {
        await using var world = await World.StartAsync(new SessionServer { Unknown = 503 });
        await world.SlotAsync();
        var id = Assert.Single(world.Sessions.Held.Values).Id;
        world.Server.Forget();
        await world.SlotAsync();
        world.Server.Remember(id!);
        await world.SlotAsync();
        world.Server.Forget();
        await world.SlotAsync();

        Assert.Empty(world.Sessions.Ended);
        Assert.Equal((id, 1), (Assert.Single(world.Sessions.Held.Values).Id, world.Sessions.Held.Values.Single().Doubts));
    }

    [Fact]
    public async Task Session_LimitedRequests_AreNoEnd()
    {
        await using var world = await World.StartAsync(new SessionServer { Unknown = 429 });
        await world.SlotAsync();
        world.Server.Forget();
        await world.SlotAsync();
        await world.SlotAsync();
        await world.SlotAsync();

        Assert.Empty(world.Sessions.Ended);
        Assert.Single(world.Sessions.Held);
    }

    [Fact]
    public async Task Session_EndedByADeployment_SaysSo_AndTheSecondCutOneInARowIsAnIncident()
    {
        await using var world = await World.StartAsync(new SessionServer { Unknown = 400 });
        await world.SlotAsync();
        world.Server.Deploy("1.1");
        await world.SlotAsync();
        var first = Assert.Single(world.Sessions.Ended);
        Assert.Equal((SessionEnd.WrongError, SessionCause.Deployment), (first.End, first.Cause));
        Assert.Equal("HTTP 400 and the JSON-RPC error -32600; changed about then: version", first.Detail);
        Assert.DoesNotContain(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);

        await world.SlotAsync();
        world.Server.Deploy("1.2");
        await world.SlotAsync();
        var open = Assert.Single(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);
        Assert.Equal("sessions-cut-in-a-row", open.Rule);
        Assert.StartsWith("The server cut 2 sessions in a row, the last one after 1m: the server answered its requests with HTTP 400", open.Summary, StringComparison.Ordinal);

        // It answers as it should from now on.
        world.Server.Unknown = 404;
        await world.SlotAsync();
        world.Server.Deploy("1.3");
        await world.SlotAsync();
        Assert.DoesNotContain(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);
        Assert.Equal((3, 1 / 3.0), (world.Sessions.Ended.Count, world.Sessions.SurvivalRate));
    }

    [Fact]
    public async Task Session_ThatOutlivesTheCutOnes_ResolvesTheIncident()
    {
        await using var world = await World.StartAsync(new SessionServer { Unknown = 400 });
        for (var cut = 0; cut < 2; cut++)
        {
            await world.SlotAsync();
            await world.SlotAsync();
            world.Server.Forget();
            await world.SlotAsync();
        }

        Assert.Contains(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);
        // Twice the two minutes that those lived: not before.
        for (var slot = 0; slot < 4; slot++)
        {
            await world.SlotAsync();
            Assert.Contains(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);
        }

        await world.SlotAsync();
        Assert.DoesNotContain(world.State.OpenIncidents, incident => incident.Kind is IncidentKind.Session);
        Assert.Equal("sessions-survive", world.Store.HandedOver[^1].Incident.Rule);
    }

    [Fact]
    public async Task Session_AcrossAnOutage_IsNotAskedThen_AndItsEndSaysSo()
    {
        await using var world = await World.StartAsync(new SessionServer());
        await world.SlotAsync();
        await world.StopAsync();
        await world.SlotAsync();
        Assert.True(Assert.Single(world.Sessions.Held.Values).SawOutage);
        world.Server.Forget();
        await world.RestartAsync();
        await world.SlotAsync();

        var ended = Assert.Single(world.Sessions.Ended);
        Assert.Equal((SessionEnd.Proper, SessionCause.Outage), (ended.End, ended.Cause));
    }

    [Fact]
    public async Task Session_LivesInTheStore_NotInAProcess()
    {
        // As on Azure: another process works the next slot.
        await using var world = await World.StartAsync(new SessionServer());
        await world.SlotAsync();
        world.NewProcess();
        await world.SlotAsync();

        Assert.Equal("session-2", Assert.Single(world.Sessions.Held.Values).Id);
        Assert.Contains(("tools/list", "session-2"), world.Server.Asked);
    }

    [Fact]
    public async Task Session_OfNoCanaryAnyMore_IsEndedPolitely()
    {
        await using var world = await World.StartAsync(new SessionServer());
        await world.SlotAsync();
        world.Endpoint = world.Endpoint with { Canary = false };
        await world.SlotAsync();

        Assert.Null(world.State.Sessions);
        Assert.Contains(("DELETE", "session-2"), world.Server.Asked);
        Assert.Equal(0, world.Server.Held);
    }

    [Theory]
    [InlineData(200, true, null)]
    [InlineData(400, false, "HTTP 400")]
    [InlineData(405, false, "HTTP 405")]
    public async Task Session_WhoseEventsHaveIds_IsResumedOnce(int status, bool resumed, string? detail)
    {
        await using var world = await World.StartAsync(new SessionServer { Resuming = status });
        await world.SlotAsync();
        await world.SlotAsync();
        Assert.Equal("event-1", Assert.Single(world.Sessions.Held.Values).LastEventId);
        await world.SlotAsync();
        await world.SlotAsync();

        var held = Assert.Single(world.Sessions.Held.Values);
        Assert.Equal((resumed, detail, null), (held.Resumed, held.NotResumed, held.LastEventId));
        Assert.Equal(["tools/list", "GET", "tools/list"], world.Server.Asked.Where(asked => asked.Session == held.Id && asked.Method != "notifications/initialized").Select(asked => asked.Method));
    }

    [Fact]
    public async Task Server_WithoutSessions_HasNothingToHold()
    {
        await using var world = await World.StartAsync(new SessionServer { Opening = 0 });
        await world.SlotAsync();
        await world.SlotAsync();

        Assert.StartsWith("The server gives no session id", world.Sessions.Without, StringComparison.Ordinal);
        Assert.Empty(world.Sessions.Held);
        Assert.Null(world.Sessions.SurvivalRate);
    }

    [Theory]
    [InlineData(true, SessionEnd.Proper)]
    [InlineData(false, SessionEnd.Dropped)]
    public async Task Stream_ThatTheServerEnds_WasEndedByAReplyOrDropped(bool reply, SessionEnd end)
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true });
        await world.SlotAsync();
        Assert.True(Assert.Single(world.Sessions.Held.Values).Stream);
        world.Server.Asked.Clear();
        await world.SlotAsync();
        Assert.DoesNotContain("subscriptions/listen", world.Server.Asked.Select(asked => asked.Method));

        world.Server.Forget(reply);
        await Eventually.TrueAsync(() => world.Server.Streams == 0, "the stream did not end");
        await Eventually.TrueAsync(async () =>
        {
            await world.SlotAsync();
            return world.Sessions.Ended.Count > 0;
        }, "the end was not seen");
        Assert.Equal(end, world.Sessions.Ended[0].End);
        await world.SlotAsync();
        Assert.Single(world.Sessions.Held);
    }

    [Fact]
    public async Task Stream_OfAnotherProcess_IsGivenUp_AndSaysNothingOfTheServer()
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true });
        await world.SlotAsync();
        await world.Streams!.DisposeAsync();
        world.NewProcess();
        await world.SlotAsync();
        Assert.Empty(world.Sessions.Held);
        await world.SlotAsync();

        Assert.Single(world.Sessions.Held);
        Assert.Empty(world.Sessions.Ended);
    }

    [Fact]
    public async Task Stream_WhereNothingIsHeldBetweenProbes_IsNotFaked()
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true }, holds: false);
        await world.SlotAsync();
        await world.SlotAsync();

        Assert.Contains("(Azure) nothing is held between two probes", world.Sessions.Without, StringComparison.Ordinal);
        Assert.DoesNotContain("subscriptions/listen", world.Server.Asked.Select(asked => asked.Method));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(405)]
    public async Task Stream_ThatIsNotOffered_IsNoFault(int status)
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true, Listening = status });
        await world.SlotAsync();

        Assert.Contains("answers subscriptions/listen with no stream", world.Sessions.Without, StringComparison.Ordinal);
        Assert.Empty(world.State.OpenIncidents);
    }

    [Fact]
    public async Task Stream_ThatNobodyLooksAt_EndsByItself()
    {
        var clock = new FakeTimeProvider();
        await using var world = await World.StartAsync(new SessionServer { Stateless = true }, probing: clock);
        await world.SlotAsync();
        Assert.Equal(1, world.Server.Streams);

        clock.Advance(TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(() => world.Server.Streams == 0, "the stream is still held");
    }

    /// <summary><c>c</c>: the tools change; <c>t</c>: it is told; <c>b</c>: both; <c>-</c>: nothing. One letter a slot.</summary>
    [Theory]
    [InlineData("- b - b -", 0, 0)]
    [InlineData("- t c - -", 0, 0)]
    [InlineData("- c t - -", 0, 0)]
    [InlineData("- c - - -", 1, 0)]
    [InlineData("- t - - -", 0, 1)]
    [InlineData("- c - c -", 2, 0)]
    [InlineData("- - - - -", 0, 0)]
    public async Task Stream_TellsOfChanges_AsItAgreedTo(string steps, int untold, int needless)
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true });
        await world.SlotAsync();
        Assert.True(Assert.Single(world.Sessions.Held.Values).Tells);
        foreach (var step in steps.Split(' '))
        {
            if (step is "c" or "b")
                world.Server.Tool += "x";
            if (step is "t" or "b")
            {
                await world.Server.TellAsync();
                // On its way through the loopback.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }

            await world.SlotAsync();
        }

        Assert.Equal((untold, needless), (world.Sessions.Untold?.Times ?? 0, world.Sessions.Needless?.Times ?? 0));
    }

    /// <summary>As on Azure, where a message comes twice: both workers open a session, and one of them is known afterwards.</summary>
    [Fact]
    public async Task Slot_ThatTwoWorkersHave_LeavesOneSession()
    {
        await using var world = await World.StartAsync(new SessionServer());
        var first = new TaskCompletionSource();
        var arrived = 0;
        // Each waits for the other: at the probe, and at the canary.
        world.Server.BeforeOpening = async () =>
        {
            var other = Volatile.Read(ref first);
            if (Interlocked.Increment(ref arrived) % 2 == 0)
            {
                Volatile.Write(ref first, new TaskCompletionSource());
                other.SetResult();
            }

            await other.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
        };
        Assert.Equal([CycleOutcome.Recorded, CycleOutcome.AlreadyJudged], (await world.SlotTwiceAsync()).Order());

        Assert.Equal(4, arrived);
        Assert.Equal(1, world.Server.Held);
        world.Server.BeforeOpening = null;
        await world.SlotAsync();
        Assert.Empty(world.Sessions.Ended);
        Assert.Contains(("tools/list", Assert.Single(world.Sessions.Held.Values).Id), world.Server.Asked);
    }

    /// <summary>A slot that is worked while the one before has no session yet opens one too; the state keeps the first.</summary>
    [Fact]
    public async Task Slots_ThatOverlap_LeaveOneSession()
    {
        await using var world = await World.StartAsync(new SessionServer());
        world.Endpoint = world.Endpoint with { Timeout = TimeSpan.FromSeconds(30) };
        var (asked, goesOn, opened) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        Task<CycleOutcome>? first = null;
        world.Server.BeforeOpening = async () =>
        {
            switch (Interlocked.Increment(ref opened))
            {
                // The canary of the first slot waits for that of the second,
                case 2:
                    asked.SetResult();
                    await goesOn.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
                    break;
                // which is answered when the first slot is committed.
                case 4:
                    goesOn.SetResult();
                    await first!.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
                    break;
            }
        };
        first = world.BeginSlotAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, Cancellation);
        Assert.Equal(CycleOutcome.Recorded, await world.BeginSlotAsync());
        Assert.Equal(CycleOutcome.Recorded, await first);

        Assert.Equal((4, 1), (opened, world.Server.Held));
        await world.SlotAsync();
        Assert.Empty(world.Sessions.Ended);
        Assert.Contains(("tools/list", Assert.Single(world.Sessions.Held.Values).Id), world.Server.Asked);
    }

    [Theory]
    [InlineData("url: 'https://x/mcp'", null, null)]
    [InlineData("url: 'https://x/mcp', protocol: '2026-07-28'", null, "holds a stream of subscriptions/listen, as 2026-07-28 has no sessions, and on Azure nothing is held between two probes; remove it, or watch this endpoint from one machine")]
    [InlineData("url: 'https://x/sse', transport: sse", "cannot hold a session of HTTP+SSE, which is the stream of one connection; remove it", "cannot hold a session of HTTP+SSE")]
    [InlineData("command: [node, server.js]", "holds a session of a server that runs by itself, and a 'command' is started for each probe; remove it", "")]
    public void Definition_OfWhatCannotBeHeld_IsAMistake(string keys, string? mistake, string? onAzure)
    {
        foreach (var (azure, says) in new[] { (false, mistake), (true, onAzure) })
        {
            var errors = ProbesFile.Parse("a.yaml", $"endpoints: [{{ id: a, canary: true, {keys} }}]", azure ? AzureLimits.Timeout : null).Errors;
            Assert.True(says is null == (errors.Count == 0), string.Join('\n', errors));
            if (says is not null)
                Assert.Contains(errors, error => error.Message.Contains(says, StringComparison.Ordinal));
        }
    }

    /// <summary>What is stored of an endpoint is read again alone: a default must not become its mistake there.</summary>
    [Theory]
    [InlineData("url: 'https://x/mcp'", true, false)]
    [InlineData("url: 'https://x/sse', transport: sse", false, false)]
    [InlineData("command: [node, server.js]", false, false)]
    [InlineData("url: 'https://x/mcp', canary: false, interval: 30m", false, true)]
    [InlineData("url: 'https://x/mcp', canary: false", false, false)]
    public void Default_ThatSaysNothingOfAnEndpoint_IsLeftOut(string keys, bool canary, bool coldStart)
    {
        var parsed = ProbesFile.Parse("a.yaml", $"defaults: {{ canary: true, coldStart: {{ after: 20m }} }}\nendpoints: [{{ id: a, {keys} }}]");

        Assert.Empty(parsed.Errors);
        var endpoint = Assert.Single(parsed.Value!.Endpoints);
        Assert.Equal((canary, coldStart), (endpoint.Canary, endpoint.ColdStart is not null));
    }

    [Fact]
    public async Task Stranger_HasNoCanary()
    {
        await using var world = await World.StartAsync(new SessionServer());
        // Its address is a private one, which probes of strangers refuse: so it is an own server that became a stranger's.
        await world.SlotAsync();
        world.Server.Asked.Clear();
        world.Endpoint = world.Endpoint with { Imported = new Imported("registry", "x") };
        await world.SlotAsync();

        Assert.Empty(world.Server.Asked);
    }

    /// <summary>One endpoint with a canary, its server and its store.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly bool _holds;
        private readonly TimeProvider _probing;
        private StubServer? _listener;
        private McpProber _prober;
        private MonitorCycle _cycle;
        private DateTimeOffset _slot;

        private World(SessionServer server, StubServer listener, bool holds, TimeProvider? probing)
        {
            (Server, _listener, _holds) = (server, listener, holds);
            _probing = probing ?? TimeProvider.System;
            Endpoint = new Endpoint { Id = "a", Url = new Uri(listener.Url + "/mcp"), Canary = true, Timeout = TimeSpan.FromSeconds(2) };
            _slot = Schedule.SlotAt(Endpoint, Time.GetUtcNow());
            (_prober, _cycle) = Begin();
        }

        public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

        public SessionServer Server { get; }

        public Endpoint Endpoint { get; set; }

        public MemoryStore Store { get; } = new();

        public HeldStreams? Streams { get; private set; }

        public EndpointState State => Store.State;

        public SessionHistory Sessions => State.Sessions ?? SessionHistory.Empty;

        public static async Task<World> StartAsync(SessionServer server, bool holds = true, TimeProvider? probing = null)
        {
            var world = new World(server, await StubServer.StartAsync(server.AnswerAsync), holds, probing);
            world.Store.Put(new RegisteredEndpoint(world.Endpoint, EndpointSource.Api));
            return world;
        }

        public async Task SlotAsync()
        {
            _slot += Endpoint.Interval;
            Time.SetUtcNow(_slot);
            Assert.Equal(CycleOutcome.Recorded, await _cycle.RunAsync(new ProbeRequest(Endpoint, _slot, "local"), Cancellation));
        }

        /// <summary>The next slot, by another worker.</summary>
        public Task<CycleOutcome> BeginSlotAsync()
        {
            _slot += Endpoint.Interval;
            Time.SetUtcNow(_slot);
            return Begin().Cycle.RunAsync(new ProbeRequest(Endpoint, _slot, "local"), Cancellation);
        }

        public async Task<IReadOnlyList<CycleOutcome>> SlotTwiceAsync()
        {
            _slot += Endpoint.Interval;
            Time.SetUtcNow(_slot);
            var request = new ProbeRequest(Endpoint, _slot, "local");
            return await Task.WhenAll(_cycle.RunAsync(request, Cancellation), Begin().Cycle.RunAsync(request, Cancellation));
        }

        public void NewProcess()
        {
            _prober.Dispose();
            (_prober, _cycle) = Begin();
        }

        public async Task StopAsync()
        {
            await _listener!.DisposeAsync();
            _listener = null;
        }

        public async Task RestartAsync() => _listener = await StubServer.StartAsync(Server.AnswerAsync, Endpoint.Url!.GetLeftPart(UriPartial.Authority));

        public async ValueTask DisposeAsync()
        {
            if (Streams is not null)
                await Streams.DisposeAsync();
            _prober.Dispose();
            if (_listener is not null)
                await _listener.DisposeAsync();
        }

        private (McpProber Prober, MonitorCycle Cycle) Begin()
        {
            Streams = _holds ? new HeldStreams() : null;
            var prober = new McpProber(new ProberOptions(), _probing);
            return (prober, new MonitorCycle(prober, Store, Store, Time, turns: new HostTurns(Time), streams: Streams));
        }
    }
}
