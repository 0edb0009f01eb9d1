using System.Net;
using System.Net.Sockets;
using System.Text;
using Azure.Storage.Queues.Models;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Probing;

public class ProbeEndpointsTests(Emulators emulators)
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    private static Endpoint Endpoint(string id, string url) => new()
    {
        Id = id,
        Url = new Uri(url),
        Timeout = TimeSpan.FromSeconds(2),
    };

    private static QueueMessage Message(string body, int dequeueCount = 1) => QueuesModelFactory.QueueMessage(
        "m", "p", BinaryData.FromString(body), dequeueCount, null, null, null);

    /// <summary>As it is sent for what is defined now.</summary>
    private static async Task<string> BodyAsync(Head head, string location, params (Endpoint Endpoint, DateTimeOffset Slot)[] probes)
    {
        var generations = await Task.WhenAll(probes.Select(probe => head.Store.FindEndpointAsync(probe.Endpoint.Id, Cancellation)));
        return Body(location, [.. probes.Select((probe, i) => new ScheduledProbe(probe.Endpoint, probe.Slot, generations[i]?.Generation ?? 0))]);
    }

    private static string Body(string location, params ScheduledProbe[] probes) =>
        Encoding.UTF8.GetString(Assert.Single(ProbeBatch.Pack(probes, location, 50).Batches).Body.Span);

    private static async Task<Head> StartAsync(StorageAccount account, IEnumerable<Endpoint> endpoints, params (string, string)[] settings)
    {
        var head = await Head.StartAsync(account, null, settings);
        foreach (var endpoint in endpoints)
            await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), Cancellation);
        return head;
    }

    private static Task RunAsync(Head head, Courier courier, QueueMessage message) =>
        head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(message, courier.Client, Cancellation));

    private static async Task<ProbeResult> LastAsync(Head head, string id) =>
        Assert.Single(await head.Store.ReadResultsAsync(id, null, 10, Cancellation)).Result;

    // All of one message: a span of slots, just begun.
    private static DateTimeOffset Slot()
    {
        var ticks = TimeProvider.System.GetUtcNow().UtcTicks;
        return new DateTimeOffset(ticks - ticks % ProbeBatch.Span.Ticks, TimeSpan.Zero);
    }

    [Fact]
    public async Task Run_OneServerHangs_TheOthersAreRecordedAndSoIsIt()
    {
        await using var server = await RealServers.StartAsync("everything");
        await using var hanging = await StubServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        var (good, bad) = (Endpoint("good", server.Url.AbsoluteUri), Endpoint("hanging", hanging.Url));
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [good, bad]);
        var slot = Slot();

        await RunAsync(head, new Courier(head, TimeProvider.System), Message(await BodyAsync(head, "home", (good, slot), (bad, slot))));

        Assert.Equal(Verdict.Healthy, (await LastAsync(head, "good")).Verdict);
        Assert.Equal(FailureKind.Timeout, (await LastAsync(head, "hanging")).Failure!.Kind);
    }

    [Fact]
    public async Task Run_DefinitionNotValidAnyMore_IsShownAndHoldsNobodyUp()
    {
        await using var refusing = await StubServer.StartAsync(context => { context.Response.StatusCode = 500; return Task.CompletedTask; });
        var (old, good) = (Endpoint("old", refusing.Url), Endpoint("other", refusing.Url));
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [old, good]);
        var slot = Slot();
        var body = (await BodyAsync(head, "home", (old, slot), (good, slot))).Replace("\"id\":\"old\"", "\"id\":\"old\",\"colour\":\"red\"", StringComparison.Ordinal);
        Assert.Contains("colour", body, StringComparison.Ordinal);

        await RunAsync(head, new Courier(head, TimeProvider.System), Message(body));

        var shown = await LastAsync(head, "old");
        Assert.Equal((Verdict.Unknown, FailureKind.Config), (shown.Verdict, shown.Failure!.Kind));
        Assert.Contains("colour", shown.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.HttpStatus, (await LastAsync(head, "other")).Failure!.Kind);
    }

    [Fact]
    public async Task Run_MessageAgain_DoesNotProbeTwice()
    {
        var requests = 0;
        await using var counting = await StubServer.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        var endpoint = Endpoint("a", counting.Url);
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [endpoint]);
        var courier = new Courier(head, TimeProvider.System);
        var body = await BodyAsync(head, "home", (endpoint, Slot()));

        await RunAsync(head, courier, Message(body));
        var probed = requests;
        await RunAsync(head, courier, Message(body, dequeueCount: 2));

        Assert.InRange(probed, 1, 10);
        Assert.Equal(probed, requests);
        await LastAsync(head, "a");
    }

    [Fact]
    public async Task Run_SlotAhead_WaitsForIt()
    {
        var requests = 0;
        await using var server = await StubServer.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        var endpoint = Endpoint("a", server.Url);
        var (slot, early) = (Slot(), TimeSpan.FromSeconds(1.5));
        var time = new WaitedForTime(slot - early, early);
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), time);
        await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), Cancellation);

        var running = RunAsync(head, new Courier(head, TimeProvider.System), Message(await BodyAsync(head, "home", (endpoint, slot))));
        Assert.Same(time.Waited, await Task.WhenAny(running, time.Waited));
        Assert.Equal(0, requests);
        time.Advance(early);
        await running;

        Assert.Equal(slot, (await LastAsync(head, "a")).StartedAt);
    }

    [Fact]
    public async Task Run_FurtherLocation_LeavesItsAlertsToTheHomeApp()
    {
        await using var server = await StubServer.StartAsync(context => { context.Response.StatusCode = 503; return Task.CompletedTask; });
        var endpoint = Endpoint("a", server.Url) with { FailureThreshold = 1, Channels = ["ops"] };
        await using var head = await StartAsync(
            await emulators.NewAccountAsync(), [endpoint],
            ("ProbeLocation", "westeurope"), ("ProbeQueue", "probes-westeurope"), ("ProbePoisonQueue", "probes-westeurope-poison"));
        var courier = new Courier(head, TimeProvider.System);

        await RunAsync(head, courier, Message(await BodyAsync(head, "westeurope", (endpoint, Slot()))));

        Assert.Empty(courier.Instances);
        Assert.Single(await head.Store.ReadPendingAsync(10, Cancellation));
    }

    // The host hands an instance more than it has places for; it works so many of them as its memory is good for.
    [Fact]
    public async Task Run_MoreMessagesThanAnInstanceCanWork_TakesTurnsAndFinishesAll()
    {
        const int Messages = 12;
        var (now, most) = (0, 0);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await StubServer.StartAsync(async context =>
        {
            var atOnce = Interlocked.Increment(ref now);
            InterlockedMax(ref most, atOnce);
            if (atOnce >= ProbeWorker.MostAtOnce)
                full.TrySetResult();
            // Held until the instance is full: only then is anybody in anybody's way.
            await Task.WhenAny(full.Task, Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, context.RequestAborted));
            Interlocked.Decrement(ref now);
            context.Response.StatusCode = 404;
        });
        Endpoint[] endpoints = [.. Enumerable.Range(0, Messages * 50).Select(number => Endpoint($"e{number}", $"{server.Url}/mcp") with { Timeout = TimeSpan.FromSeconds(40) })];
        await using var head = await StartAsync(await emulators.NewAccountAsync(), []);
        await Parallel.ForEachAsync(endpoints, Cancellation, async (endpoint, token) =>
            await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), token));
        var courier = new Courier(head, TimeProvider.System);
        var slot = Slot();

        await Task.WhenAll(endpoints.Chunk(50).Select(async some => await RunAsync(head, courier, Message(await BodyAsync(head, "home", [.. some.Select(each => (each, slot))])))));

        Assert.Equal(ProbeWorker.MostAtOnce, most);
        var recorded = await Task.WhenAll(endpoints.Select(each => head.Store.FindResultAsync(each.Id, slot, "home", Cancellation)));
        Assert.All(recorded, result => Assert.Equal(FailureKind.HttpStatus, result!.Failure!.Kind));
    }

    private static (Endpoint Endpoint, DateTimeOffset Slot) Open(Endpoint endpoint) =>
        (endpoint, Schedule.SlotAt(endpoint, TimeProvider.System.GetUtcNow()));

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as a version before generations sent it
    public async Task Run_MessageOfAnotherTarget_AsksNobodyAndRecordsNothing(bool isOfAnOlderVersion)
    {
        var before = 0;
        await using var old = await StubServer.StartAsync(context => { Interlocked.Increment(ref before); context.Response.StatusCode = 503; return Task.CompletedTask; });
        await using var current = await StubServer.StartAsync(context => { context.Response.StatusCode = 404; return Task.CompletedTask; });
        var endpoint = Endpoint("a", old.Url) with { Interval = TimeSpan.FromHours(1), FailureThreshold = 1 };
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [endpoint]);
        var courier = new Courier(head, TimeProvider.System);
        var (_, slot) = Open(endpoint);
        var body = isOfAnOlderVersion
            ? Body("home", new ScheduledProbe(endpoint, slot))
            : await BodyAsync(head, "home", (endpoint, slot));
        await Registry(head).PutAsync(endpoint with { Url = new Uri(current.Url) }, EndpointSource.Api, Cancellation);

        await RunAsync(head, courier, Message(body));
        await RunAsync(head, courier, Message(body, dequeueCount: 2));

        // Slots of before are not those of the server that is watched now.
        Assert.Equal(0, before);
        var state = (await head.Store.ReadStateAsync("a", Cancellation))!.State;
        Assert.Equal(WatchedTarget.Of(endpoint with { Url = new Uri(current.Url) }), state.Target);
        Assert.Empty(state.OpenIncidents);
        Assert.Empty(await head.Store.ReadResultsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task Run_MessageOfAnOlderDefinitionOfTheSameServer_ProbesByTheNewOne()
    {
        await using var server = await StubServer.StartAsync(context => { context.Response.StatusCode = 503; return Task.CompletedTask; });
        var endpoint = Endpoint("a", server.Url) with { Interval = TimeSpan.FromHours(1), FailureThreshold = 1 };
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [endpoint]);
        var body = await BodyAsync(head, "home", Open(endpoint));
        await Registry(head).PutAsync(endpoint with { FailureThreshold = 3 }, EndpointSource.Api, Cancellation);

        await RunAsync(head, new Courier(head, TimeProvider.System), Message(body));

        // No slot is lost by a change of the thresholds, and it counts by the new ones.
        Assert.Equal(FailureKind.HttpStatus, (await LastAsync(head, "a")).Failure!.Kind);
        Assert.Empty((await head.Store.ReadStateAsync("a", Cancellation))!.State.OpenIncidents);
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("deleted")]
    [InlineData("another interval")]
    [InlineData("made anew")]
    public async Task Run_MessageOfWhatIsNotDefinedSoAnyMore_RecordsNothing(string change)
    {
        var requests = 0;
        await using var server = await StubServer.StartAsync(context => { Interlocked.Increment(ref requests); context.Response.StatusCode = 503; return Task.CompletedTask; });
        var endpoint = Endpoint("a", server.Url) with { Interval = TimeSpan.FromHours(1), FailureThreshold = 1 };
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [endpoint]);
        var body = await BodyAsync(head, "home", Open(endpoint));
        var store = head.Store;
        if (change is "deleted" or "made anew")
            await Registry(head).DeleteAsync("a", EndpointSource.Api, Cancellation);
        // 61 minutes have another phase: the slot is none of the new definition.
        var changed = endpoint with { Paused = change is "paused", Interval = TimeSpan.FromMinutes(change is "another interval" or "made anew" ? 61 : 60) };
        if (change is not "deleted")
            await Registry(head).PutAsync(changed, EndpointSource.Api, Cancellation);

        await RunAsync(head, new Courier(head, TimeProvider.System), Message(body));
        await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(Message(body), Cancellation));

        Assert.Equal(0, requests);
        Assert.Empty((await store.ReadStateAsync("a", Cancellation))?.State.OpenIncidents ?? []);
        Assert.Empty(await store.ReadResultsAsync("a", null, 10, Cancellation));
    }

    private static EndpointRegistry Registry(Head head) => new(head.Store, head.Store, new NoOutbox(), TimeProvider.System);

    private sealed class NoOutbox : IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen;)
            seen = Interlocked.CompareExchange(ref most, value, seen) is var found && found == seen ? value : found;
    }

    [Fact]
    public async Task Run_EndpointDeleted_IsDone()
    {
        var endpoint = Endpoint("gone", "http://127.0.0.1:1/mcp");
        await using var head = await StartAsync(await emulators.NewAccountAsync(), []);

        await RunAsync(head, new Courier(head, TimeProvider.System), Message(await BodyAsync(head, "home", (endpoint, Slot()))));

        Assert.Empty(await head.Store.ReadResultsAsync("gone", null, 10, Cancellation));
    }

    [Fact]
    public async Task Poison_LostSlots_AreShownWithoutAnIncident()
    {
        var endpoint = Endpoint("a", "http://127.0.0.1:1/mcp") with { FailureThreshold = 1 };
        await using var head = await StartAsync(await emulators.NewAccountAsync(), [endpoint]);
        var message = Message(await BodyAsync(head, "home", (endpoint, Slot())));

        await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(message, Cancellation));
        await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(message, Cancellation));

        var shown = await LastAsync(head, "a");
        Assert.Equal((Verdict.Unknown, FailureKind.ProberOffline), (shown.Verdict, shown.Failure!.Kind));
        Assert.Empty(await head.Store.ReadIncidentsAsync("a", null, 10, Cancellation));
    }

    [Fact]
    public async Task Run_ServersAndControlsSilent_SaysThatTheProberIsOffline()
    {
        using var control = new TcpListener(IPAddress.Loopback, 0);
        control.Start();
        // RFC 6761, 6.4: no such name resolves.
        Endpoint[] endpoints = [.. Enumerable.Range(0, 4).Select(number => Endpoint($"e{number}", $"http://e{number}.invalid/mcp"))];
        await using var head = await StartAsync(
            await emulators.NewAccountAsync(), endpoints, ("ControlAddresses", $"{control.LocalEndpoint}"));
        var courier = new Courier(head, TimeProvider.System);
        // One that is gone is down, and it makes the prober learn that the control answers.
        await RunAsync(head, courier, Message(await BodyAsync(head, "home", (endpoints[0], Slot()))));
        Assert.Equal(FailureKind.Dns, (await LastAsync(head, "e0")).Failure!.Kind);

        control.Stop();
        await RunAsync(head, courier, Message(await BodyAsync(head, "home", [.. endpoints[1..].Select(endpoint => (endpoint, Slot()))])));

        foreach (var endpoint in endpoints[1..])
        {
            var result = await LastAsync(head, endpoint.Id);
            Assert.Equal((Verdict.Unknown, FailureKind.ProberOffline), (result.Verdict, result.Failure!.Kind));
        }
    }

    /// <summary>A clock that stands, and says when somebody waits for so long.</summary>
    private sealed class WaitedForTime(DateTimeOffset now, TimeSpan wait) : FakeTimeProvider(now)
    {
        private readonly TaskCompletionSource _waited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Waited => _waited.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == wait)
                _waited.TrySetResult();
            return timer;
        }
    }
}
