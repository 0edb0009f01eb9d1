using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Prober;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Monitoring;

/// <summary>When endpoints are looked at in depth, round by round, as a head runs it each hour.</summary>
public sealed class DeepWatchTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly MemoryStore _store = new();
    private readonly SessionServer _server = new() { Unknown = 400 };
    private readonly McpProber _prober;
    private StubServer? _listener;
    private int _atOnce;
    private int _mostAtOnce;

    public DeepWatchTests() => _prober = new McpProber(new ProberOptions(), _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _prober.Dispose();
        if (_listener is not null)
            await _listener.DisposeAsync();
    }

    [Fact]
    public async Task Endpoint_IsLookedAtOnceADay()
    {
        await AddAsync("a");
        var looks = new List<DateTimeOffset>();
        for (var hour = 0; hour < 72; hour++)
        {
            _time.SetUtcNow(Start.AddHours(hour));
            if (await RunAsync() == 1)
                looks.Add(_store.StateOf("a").Deep!.At);
        }

        Assert.Equal(3, looks.Count);
        Assert.All(looks.Zip(looks.Skip(1)), pair => Assert.Equal(TimeSpan.FromDays(1), pair.Second - pair.First));
        // The stub looks at nothing but the session.
        Assert.Equal(["spec-foreign-origin", "spec-terminated-session", "spec-unknown-version"], _store.StateOf("a").Deep!.Findings.Select(finding => finding.Rule).Order());
        // No tool is called for it.
        Assert.DoesNotContain("tools/call", _server.Asked.Select(asked => asked.Method));
    }

    [Fact]
    public async Task Endpoints_OfOneHost_TakeTurns()
    {
        foreach (var id in new[] { "a", "b", "c", "d", "e" })
            await AddAsync(id);
        await ADayAsync();

        Assert.All(new[] { "a", "b", "c", "d", "e" }, id => Assert.NotNull(_store.StateOf(id).Deep));
        Assert.Equal(1, _mostAtOnce);
    }

    [Theory]
    [InlineData("deep: false")]
    [InlineData("stranger")]
    [InlineData("paused")]
    [InlineData("archived")]
    [InlineData("unprobed")]
    public async Task Endpoint_ThatIsLeftAlone_IsNotAskedAnything(string which)
    {
        await AddAsync("a", which);
        _server.Asked.Clear();
        await ADayAsync();

        Assert.Null(_store.StateOf("a").Deep);
        Assert.Empty(_server.Asked);
    }

    [Fact]
    public async Task Server_ThatIsDown_KeepsWhatTheLastLookFound_AndIsTriedAgain()
    {
        await AddAsync("a");
        await ADayAsync();
        var found = _store.StateOf("a").Deep!;
        var url = _listener!.Url;
        await _listener.DisposeAsync();
        _listener = null;

        await ADayAsync();
        Assert.Same(found, _store.StateOf("a").Deep);
        // Neither does one that fails say anything of how it is.
        _listener = await StubServer.StartAsync(_server.AnswerAsync, url);
        _server.Refusing = 503;
        await ADayAsync();
        Assert.Same(found, _store.StateOf("a").Deep);
        _server.Refusing = 200;
        await _listener.DisposeAsync();
        _listener = null;

        // It is back within the three hours in which a look may be late.
        var due = Schedule.SlotAt(Daily("a"), _time.GetUtcNow().AddDays(1));
        _time.SetUtcNow(due);
        Assert.Equal(0, await RunAsync());
        _listener = await StubServer.StartAsync(_server.AnswerAsync, url);
        _time.SetUtcNow(due.AddHours(2));
        Assert.Equal(1, await RunAsync());
        Assert.Equal(due.AddHours(2), _store.StateOf("a").Deep!.At);
    }

    /// <summary>What goes wrong with one endpoint harms no other.</summary>
    [Fact]
    public async Task Look_ThatFails_LeavesTheOthersTheirs()
    {
        await AddAsync("a");
        await AddAsync("b");
        await AddAsync("c");
        var broken = new BrokenFor("b", _store);
        var failures = 0;
        for (var hour = 0; hour < 24; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            try
            {
                await RunAsync(broken);
            }
            catch (AggregateException failure)
            {
                failures += failure.InnerExceptions.Count;
            }
        }

        Assert.Equal(3, failures);
        Assert.Null(_store.StateOf("b").Deep);
        Assert.NotNull(_store.StateOf("a").Deep);
        Assert.NotNull(_store.StateOf("c").Deep);
    }

    private static Endpoint Daily(string id) => new() { Id = id, Interval = TimeSpan.FromDays(1) };

    private async Task AddAsync(string id, string? which = null)
    {
        _listener ??= await StubServer.StartAsync(async context =>
        {
            InterlockedMax(ref _mostAtOnce, Interlocked.Increment(ref _atOnce));
            try
            {
                await _server.AnswerAsync(context);
            }
            finally
            {
                Interlocked.Decrement(ref _atOnce);
            }
        });
        var endpoint = new Endpoint { Id = id, Url = new Uri(_listener.Url + "/mcp"), Timeout = TimeSpan.FromSeconds(10) };
        _store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        if (which is not "unprobed")
        {
            var slot = Schedule.SlotAt(endpoint, _time.GetUtcNow());
            Assert.Equal(CycleOutcome.Recorded, await new MonitorCycle(_prober, _store, _store, _time).RunAsync(new ProbeRequest(endpoint, slot, "local"), Token));
        }

        _store.Put(which switch
        {
            "deep: false" => new RegisteredEndpoint(endpoint with { Deep = false }, EndpointSource.Api),
            "stranger" => new RegisteredEndpoint(endpoint with { Imported = new Imported("registry", "x") }, EndpointSource.Import),
            "paused" => new RegisteredEndpoint(endpoint with { Paused = true }, EndpointSource.Api),
            "archived" => new RegisteredEndpoint(endpoint, EndpointSource.Archived),
            _ => new RegisteredEndpoint(endpoint, EndpointSource.Api),
        });
    }

    private async Task ADayAsync()
    {
        for (var hour = 0; hour < 24; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await RunAsync();
        }
    }

    private Task<int> RunAsync(IMonitorStore? store = null)
    {
        // A process of its own each time: what is remembered is in the store.
        var watch = new DeepWatch(_store, store ?? _store, _prober, new DeepProber(new ProberOptions(), _time), new HostTurns(_time), _time);
        return watch.RunAsync(_store, _time.GetUtcNow().AddHours(1), Token);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int before;
        while ((before = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, before) != before)
        {
        }
    }

    /// <summary>A store that cannot read the state of one endpoint.</summary>
    private sealed class BrokenFor(string id, IMonitorStore inner) : IMonitorStore
    {
        public Task<StoredState?> ReadStateAsync(string endpointId, CancellationToken cancellationToken) =>
            endpointId == id ? throw new IOException("disk") : inner.ReadStateAsync(endpointId, cancellationToken);

        public Task<ProbeResult?> FindResultAsync(string endpointId, DateTimeOffset slot, string location, CancellationToken cancellationToken) =>
            inner.FindResultAsync(endpointId, slot, location, cancellationToken);

        public Task<ReadOnlyMemory<byte>?> ReadCatalogAsync(string hash, CancellationToken cancellationToken) => inner.ReadCatalogAsync(hash, cancellationToken);

        public Task<CommitOutcome> CommitAsync(StateChange change, CancellationToken cancellationToken) => inner.CommitAsync(change, cancellationToken);

        public Task<IReadOnlyList<string>> ReadDueAsync(DateTimeOffset now, int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
            inner.ReadDueAsync(now, limit, except, cancellationToken);

        public Task<PendingPage> ReadPendingAsync(int limit, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
            inner.ReadPendingAsync(limit, except, cancellationToken);

        public Task ClearPendingAsync(IReadOnlyList<Transition> transitions, CancellationToken cancellationToken) =>
            inner.ClearPendingAsync(transitions, cancellationToken);
    }
}
