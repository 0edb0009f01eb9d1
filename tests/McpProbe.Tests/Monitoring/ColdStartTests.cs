using McpProbe.Configuration;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using ColdStart = McpProbe.Endpoints.ColdStart;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Monitoring;

/// <summary>A server that sleeps after each slot, and one that does not; and what would keep it warm.</summary>
public sealed class ColdStartTests : IAsyncLifetime
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(400);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly McpProber _prober = new(new ProberOptions(), TimeProvider.System);
    private readonly MemoryStore _store = new();
    private StubServer _server = null!;
    private bool _asleep;
    private bool _sleeps = true;
    private int _status = 200;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await StubServer.StartAsync(AnswerAsync);
        // The prober's own start is over.
        await _prober.ProbeConfirmedAsync(new Endpoint { Id = "w", Url = new Uri(_server.Url + "/mcp") }, storedHash: null, Token);
    }

    public async ValueTask DisposeAsync()
    {
        _prober.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Slots_OfAServerThatSleeps_MakeASeriesOfTheirOwn()
    {
        var results = await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), Budget: null), slots: 4);

        var series = _store.State.ColdStarts!;
        Assert.Equal(4, series.Samples.Count);
        Assert.All(series.Samples, sample => Assert.True(sample.ColdMs >= 350 && sample.WarmMs < sample.ColdMs, $"{sample}"));
        Assert.True(series.Sleeps);
        // No result holds a cold time.
        Assert.All(results, result => Assert.True(result is { Verdict: Verdict.Healthy, Timings.HandshakeMs: < 350 }, $"{result.Timings}"));
    }

    [Fact]
    public async Task Slots_OfAServerThatStaysAwake_SayThatItDoesNotSleep()
    {
        _sleeps = false;
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), Budget: null), slots: 2);
        Assert.Null(_store.State.ColdStarts!.Sleeps);
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), Budget: null), slots: 1);

        Assert.False(_store.State.ColdStarts!.Sleeps);
    }

    [Theory]
    [InlineData(200, Verdict.Degraded)]
    [InlineData(5000, Verdict.Healthy)]
    public async Task Budget_OfTheColdHandshake_IsJudged(int milliseconds, Verdict verdict)
    {
        var result = Assert.Single(await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromMilliseconds(milliseconds)), slots: 1));

        Assert.Equal(verdict, result.Verdict);
        var condition = Assert.Single(result.Conditions, condition => condition.Name == "budget-cold-start");
        Assert.Equal(verdict is Verdict.Healthy, condition.Passed);
        if (verdict is Verdict.Degraded)
            Assert.StartsWith("The server works, and wakes up too slowly: The cold handshake took ", result.Failure!.Message, StringComparison.Ordinal);
    }

    /// <summary>Clients do not ask twice either.</summary>
    [Fact]
    public async Task Server_ThatDoesNotWakeUp_IsDown()
    {
        _status = 503;
        var result = Assert.Single(await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), Budget: null), slots: 1));

        Assert.Equal((Verdict.Down, 503), (result.Verdict, result.Failure!.HttpStatus));
        Assert.Empty(_store.State.ColdStarts!.Samples);
    }

    /// <summary>After a start the slot that was missed is worked late, and the next one in time: the server was asked a moment ago.</summary>
    [Fact]
    public async Task Slot_SoonAfterALateOne_IsNoColdStart()
    {
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromMilliseconds(200)), slots: 1, late: TimeSpan.FromMinutes(25));
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromMilliseconds(200)), slots: 2);

        var samples = _store.State.ColdStarts!.Samples;
        Assert.Equal(2, samples.Count);
        Assert.Equal(TimeSpan.FromMinutes(60), samples[1].At - samples[0].At);
    }

    /// <summary>Two locations begin a slot together, and one of them wakes it.</summary>
    [Fact]
    public async Task Slot_OfTwoLocations_IsOneColdStart()
    {
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), Budget: null), slots: 1, locations: ["a", "b"]);

        Assert.True(Assert.Single(_store.State.ColdStarts!.Samples).ColdMs >= 350);
        Assert.Equal(2, _store.Results.Count);
    }

    /// <summary>The daily look was there a moment ago: the server is awake, and its time would be no cold one.</summary>
    [Theory]
    [InlineData(10, 0)]
    [InlineData(25, 1)]
    public async Task Slot_AfterADeepLook_IsNoColdStart(int minutes, int samples)
    {
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromMilliseconds(200)), slots: 1);
        var before = _store.State.ColdStarts!.Samples.Count;
        _store.Set("a", _store.State with { Deep = new DeepLook(_time.GetUtcNow().AddMinutes(30 - minutes), []) });
        await RunAsync(new ColdStart(TimeSpan.FromMinutes(20), TimeSpan.FromMilliseconds(200)), slots: 1);

        Assert.Equal(before + samples, _store.State.ColdStarts!.Samples.Count);
    }

    [Theory]
    [InlineData("interval: 30m, coldStart: { after: 20m }", null)]
    [InlineData("interval: 20m, coldStart: {}", null)]
    [InlineData("coldStart: { after: 20m }", "needs a silence of 20m, and a probe every 1m keeps the server warm; set 'interval' to 20m or more for this endpoint")]
    [InlineData("interval: 30m, canary: true, coldStart: { after: 20m }", "needs silence, and 'canary' asks in between")]
    [InlineData("interval: 30m, coldStart: { after: 20m, budget: 11s }", "is never exceeded")]
    [InlineData("interval: 30m, coldStart: { after: 59s }", "1m")]
    public void Definition_ThatWouldKeepItWarm_IsAMistake(string keys, string? mistake)
    {
        var errors = ProbesFile.Parse("a.yaml", $"endpoints: [{{ id: a, url: 'https://x/mcp', {keys} }}]").Errors;

        Assert.Equal(mistake is null, errors.Count == 0);
        Assert.All(errors, error => Assert.Contains(mistake!, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://x/mcp", "", false)]
    [InlineData("https://x/mcp", ", paused: true", true)]
    [InlineData("https://x/mcp", ", interval: 20m", true)]
    [InlineData("https://x/other", "", true)]
    public void OtherEndpoint_OfTheSameAddress_WouldKeepItWarm(string url, string more, bool valid) => Assert.Equal(
        valid,
        ProbesFile.Parse("a.yaml", $"endpoints: [{{ id: a, url: 'https://x/mcp', interval: 30m, coldStart: {{ after: 20m }} }}, {{ id: b, url: '{url}'{more} }}]").Errors.Count == 0);

    private async Task<IReadOnlyList<ProbeResult>> RunAsync(ColdStart rule, int slots, TimeSpan late = default, string[]? locations = null)
    {
        var endpoint = new Endpoint { Id = "a", Url = new Uri(_server.Url + "/mcp"), Interval = TimeSpan.FromMinutes(30), ColdStart = rule };
        _store.Put(new RegisteredEndpoint(endpoint, EndpointSource.Api));
        var cycle = new MonitorCycle(_prober, _store, _store, _time);
        var slot = Schedule.NextSlot(endpoint, _time.GetUtcNow());
        for (var i = 0; i < slots; i++, slot += endpoint.Interval)
        {
            _time.SetUtcNow(slot + late);
            _asleep = _sleeps;
            Assert.All(
                await Task.WhenAll((locations ?? ["local"]).Select(location => cycle.RunAsync(new ProbeRequest(endpoint, slot, location), Token))),
                outcome => Assert.Equal(CycleOutcome.Recorded, outcome));
        }

        return [.. _store.Results];
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (_status != 200)
        {
            context.Response.StatusCode = _status;
            return;
        }

        if (_asleep)
        {
            _asleep = false;
            await Task.Delay(Nap, TimeProvider.System, Token);
        }

        await McpScript.Stateless("echo")(context);
    }
}
