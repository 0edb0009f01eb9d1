using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Prober;
using McpProbe.Monitoring.Results;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Probing.Sessions;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>Whether a server keeps its promises of how long a result may be kept, and tells its changes: on the whole path, by a server that changes in every way.</summary>
public sealed class FreshnessTests
{
    private const int Minute = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// A letter a slot, a minute apart. <c>c</c>: the tools change; <c>r</c>: they are the first ones again; <c>w</c>: the server's
    /// instructions change; <c>v</c>: its version; <c>f</c>: it fails; <c>g</c>: no probe; <c>d</c>: other headers are sent from now on, and the
    /// tools change; <c>-</c>: nothing.
    /// </summary>
    [Theory]
    [InlineData("- c -", Minute + 1, 0, 1, "tools/list")]
    [InlineData("- c - -", 24 * 60 * Minute, 0, 1, "tools/list")]
    [InlineData("- c c c", 2 * Minute, 0, 3, "tools/list")]
    [InlineData("- c r -", 2 * Minute, 0, 2, "tools/list")]
    [InlineData("- c - r -", 2 * Minute, 0, 2, "tools/list")]
    [InlineData("- w -", 0, 2 * Minute, 1, "server/discover")]
    [InlineData("- c -", Minute, 2 * Minute, 0, null)]
    [InlineData("- w -", 2 * Minute, Minute, 0, null)]
    [InlineData("- c - c -", 0, 0, 0, null)]
    [InlineData("- v -", 2 * Minute, 2 * Minute, 0, null)]
    [InlineData("- - - -", 24 * 60 * Minute, 24 * 60 * Minute, 0, null)]
    [InlineData("- f c -", 24 * 60 * Minute, 0, 0, null)]
    [InlineData("- g c -", 24 * 60 * Minute, 0, 0, null)]
    [InlineData("- d -", 24 * 60 * Minute, 0, 0, null)]
    public async Task Change_InsideItsTimeToLive_IsCounted(string steps, int ttlMs, int serverTtlMs, int times, string? method)
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true, TtlMs = ttlMs, ServerTtlMs = serverTtlMs }, canary: false);
        foreach (var step in steps.Split(' '))
            await world.StepAsync(step);

        var findings = WatchedSpecification.Of(world.State, world.Time.GetUtcNow());
        Assert.Equal(times, world.State.ChangedEarly?.Times ?? 0);
        if (times == 0)
        {
            Assert.Empty(findings);
            return;
        }

        var finding = Assert.Single(findings);
        Assert.Equal(
            ("spec-time-to-live", method, Requirement.Should, "MCP 2026-07-28, Caching, Time-to-Live (TTL) Field", FindingLevel.Soft),
            (finding.Rule, finding.Path, finding.Requirement, finding.Section, finding.Level));
        Assert.Contains($"Seen {(times == 1 ? "once" : $"{times} times")}, last at 2026-11-22 10:0", finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(world.State.OpenIncidents, incident => incident.Kind is not IncidentKind.Drift);
        Assert.Empty(WatchedSpecification.Of(world.State, world.Time.GetUtcNow() + WatchedSpecification.Remembered));
    }

    /// <summary><c>b</c>: the tools change and it is told; <c>t</c>: it is told only.</summary>
    [Theory]
    [InlineData("- b - b -")]
    [InlineData("- t c - -", "spec-list-changed-untold", "spec-list-changed-needless")]
    [InlineData("- c - -", "spec-time-to-live", "spec-list-changed-untold")]
    [InlineData("- t - -", "spec-list-changed-needless")]
    [InlineData("- w - -")]
    public async Task Change_ThatIsToldOnTheStream_IsNoBrokenPromise(string steps, params string[] rules)
    {
        // What is told one slot early is heard before the probe that sees the change.
        if (steps.Contains("t c", StringComparison.Ordinal))
            rules = [];
        await using var world = await World.StartAsync(new SessionServer { Stateless = true, TtlMs = 2 * Minute }, canary: true);
        foreach (var step in steps.Split(' '))
            await world.StepAsync(step);

        Assert.True(Assert.Single(world.State.Sessions!.Held.Values).Tells);
        Assert.Equal(rules, WatchedSpecification.Of(world.State, world.Time.GetUtcNow()).Select(finding => finding.Rule));
        Assert.All(WatchedSpecification.Of(world.State, world.Time.GetUtcNow()), finding => Assert.Equal(Requirement.Should, finding.Requirement));
    }

    [Fact]
    public async Task Hints_AreKeptWithTheCatalogue()
    {
        await using var world = await World.StartAsync(new SessionServer { Stateless = true, TtlMs = 59_999, ServerTtlMs = 7 }, canary: false);
        await world.StepAsync("-");
        await world.StepAsync("-");

        var result = world.Last;
        Assert.Equal((new CacheHints(59_999, "private"), new CacheHints(7, "private")), (result.Catalog!.Cache, result.Catalog.ServerCache));
        var compact = CompactResult.Of(result, result.StartedAt);
        Assert.Equal((new CacheHints(59_000, "private"), new CacheHints(7, "private")), (compact.Facts.Catalog!.Cache, compact.Facts.Catalog.ServerCache));
        Assert.Equal(compact.Facts, ResultFacts.FromJson(compact.Facts.ToJson()));
    }

    [Fact]
    public async Task Server_OfTheHandshakeEra_PromisesNothing()
    {
        await using var world = await World.StartAsync(new SessionServer { TtlMs = 2 * Minute }, canary: false);
        foreach (var step in new[] { "-", "c", "-" })
            await world.StepAsync(step);

        Assert.Null(world.Last.Catalog!.Cache);
        Assert.Empty(WatchedSpecification.Of(world.State, world.Time.GetUtcNow()));
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("map")]
    [InlineData("context7")]
    [InlineData("mcp-proxy")]
    public async Task RealServer_IsToldNothing(string name)
    {
        await using var server = await RealServers.StartAsync(name);
        await using var world = World.Of(new Endpoint { Id = name, Url = server.Url, Canary = true, Timeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        for (var slot = 0; slot < 4; slot++)
            await world.SlotAsync();

        Assert.NotNull(world.Last.Catalog);
        Assert.Empty(WatchedSpecification.Of(world.State, world.Time.GetUtcNow()));
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly SessionServer? _server;
        private readonly StubServer? _listener;
        private readonly McpProber _prober;
        private readonly MonitorCycle _cycle;
        private readonly MemoryStore _store = new();
        private readonly HeldStreams _streams = new();
        private Endpoint _endpoint;
        private long _generation = 1;
        private DateTimeOffset _slot;

        private World(Endpoint endpoint, SessionServer? server, StubServer? listener, TimeProvider? probing)
        {
            (_endpoint, _server, _listener) = (endpoint, server, listener);
            _slot = Schedule.SlotAt(endpoint, Time.GetUtcNow());
            _prober = new McpProber(new ProberOptions(), probing ?? Time);
            _cycle = new MonitorCycle(_prober, _store, _store, Time, turns: new HostTurns(Time), streams: _streams);
            _store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        }

        public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

        public EndpointState State => _store.State;

        public ProbeResult Last { get; private set; } = null!;

        public static World Of(Endpoint endpoint, TimeProvider probing) => new(endpoint, null, null, probing);

        public static async Task<World> StartAsync(SessionServer server, bool canary)
        {
            var listener = await StubServer.StartAsync(server.AnswerAsync);
            return new World(
                new Endpoint { Id = "a", Url = new Uri(listener.Url + "/mcp"), Canary = canary, Timeout = TimeSpan.FromSeconds(10) }, server, listener, probing: null);
        }

        public async Task StepAsync(string step)
        {
            var server = _server!;
            server.Refusing = step is "f" ? 503 : 200;
            switch (step)
            {
                case "c" or "b":
                    server.Tool += "x";
                    break;
                case "r":
                    server.Tool = "echo";
                    break;
                case "w":
                    server.Instructions += "More. ";
                    break;
                case "v":
                    server.Version += ".1";
                    break;
                case "d":
                    server.Tool += "x";
                    await DefineAsync();
                    break;
            }

            if (step is "t" or "b")
            {
                await server.TellAsync();
                // On its way through the loopback.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }

            if (step is "g")
                _slot += _endpoint.Interval;
            else
                await SlotAsync();
        }

        public async Task SlotAsync()
        {
            _slot += _endpoint.Interval;
            Time.SetUtcNow(_slot);
            Assert.Equal(CycleOutcome.Recorded, await _cycle.RunAsync(new ProbeRequest(_endpoint, _slot, "local") { Generation = _generation }, Cancellation));
            Last = (await _store.FindResultAsync(_endpoint.Id, _slot, "local", Cancellation))!;
        }

        private async Task DefineAsync()
        {
            _endpoint = _endpoint with { Headers = new Dictionary<string, string> { ["X-Team"] = "other" } };
            _generation++;
            Time.Advance(TimeSpan.FromSeconds(1));
            await new EndpointJudge(_store, _store).DefineAsync(_endpoint, _generation, before: null, Time, Cancellation);
        }

        public async ValueTask DisposeAsync()
        {
            await _streams.DisposeAsync();
            _prober.Dispose();
            if (_listener is not null)
                await _listener.DisposeAsync();
        }
    }
}
