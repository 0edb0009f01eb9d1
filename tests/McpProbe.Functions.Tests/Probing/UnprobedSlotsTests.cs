using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues.Models;
using McpProbe.Endpoints;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Probing;

/// <summary>Slots that nobody can probe are no silence: they open an incident of kind <c>unwatched</c>, and a probe that speaks again resolves it.</summary>
public class UnprobedSlotsTests(Emulators emulators)
{
    private static readonly CancellationToken Cancellation = TestContext.Current.CancellationToken;

    // Later than the emulator's clock, so that messages are there at once.
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly ConcurrentQueue<string> _told = [];

    [Theory]
    [InlineData("a key of a newer version")]
    [InlineData("no JSON")]
    [InlineData("a timeout that no function may take")]
    [InlineData("larger than a message")]
    public async Task DefinitionThatCannotBeProbed_OpensUnwatchedAndTellsItsChannelsUntilItIsPutAgain(string kind)
    {
        await using var server = await StubServer.StartAsync(context => { context.Response.StatusCode = 404; return Task.CompletedTask; });
        await using var receiver = await StubServer.StartAsync(ReceiveAsync);
        var good = new Endpoint { Id = "a", Url = new Uri(server.Url), Channels = ["ops"] };
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        await using var head = await StartAsync(account, sent, receiver.Url);
        await PutAsync(head, kind switch
        {
            "a timeout that no function may take" => good with { Interval = TimeSpan.FromMinutes(10), Timeout = TimeSpan.FromMinutes(10), FailureThreshold = 1 },
            "larger than a message" => good with { Headers = new Dictionary<string, string> { ["X-Note"] = new('x', 60_000) } },
            _ => good,
        });
        if (kind is "a key of a newer version" or "no JSON")
            await SpoilAsync(account, head, "a", kind is "no JSON" ? "{ spoiled" : $$"""{"id":"a","url":"{{server.Url}}","colour":"red","channels":["ops"]}""");

        var courier = new Courier(head, _time);
        var opened = await RunUntilAsync(head, courier, sent, state => state.OpenIncidents.Count > 0);
        Assert.Equal((IncidentKind.Unwatched, IncidentRules.CannotBeProbed), (opened.OpenIncidents[0].Kind, opened.OpenIncidents[0].Rule));
        var results = await head.Store.ReadResultsAsync("a", null, 10, Cancellation);
        Assert.All(results, each => Assert.Equal((Verdict.Unknown, FailureKind.Config), (each.Result.Verdict, each.Result.Failure!.Kind)));

        await PutAsync(head, good with { Name = "mended" });
        await RunUntilAsync(head, courier, sent, state => state.OpenIncidents.Count == 0);
        // The second waits for the first, by the clock.
        for (var tries = 0; _told.Count < 2 && tries < 400; tries++)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(TimeSpan.FromMilliseconds(25), TimeProvider.System, Cancellation);
        }

        Assert.Equal(["incident.opened", "incident.resolved"], _told);
    }

    [Fact]
    public async Task DefinitionThatCannotBeRead_ButIsPaused_IsLeftAlone()
    {
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        await using var head = await StartAsync(account, sent, "http://127.0.0.1:1/");
        await PutAsync(head, new Endpoint { Id = "a", Url = new Uri("http://127.0.0.1:1/mcp"), Paused = true });
        await SpoilAsync(account, head, "a", """{"id":"a","url":"http://127.0.0.1:1/mcp","colour":"red","paused":true}""");

        for (var tick = 0; tick < 6; tick++)
            Assert.Empty(await TickAsync(head, new Courier(head, _time), sent));
    }

    [Fact]
    public async Task PoisonOverAndOver_OpensUnwatched_AndAProbeThatSpeaksResolvesIt()
    {
        await using var server = await StubServer.StartAsync(context => { context.Response.StatusCode = 404; return Task.CompletedTask; });
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        await using var head = await StartAsync(account, sent, "http://127.0.0.1:1/");
        await PutAsync(head, new Endpoint { Id = "a", Url = new Uri(server.Url), Alerts = new() { Unwatched = new(TimeSpan.FromMinutes(5)) } });
        var courier = new Courier(head, _time);

        // Whatever it is: each message fails five times.
        EndpointState state;
        do
        {
            foreach (var message in await TickAsync(head, courier, sent, work: false))
                await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(message, Cancellation));
            state = await StateAsync(head);
        }
        while (state.OpenIncidents.Count == 0 && _time.GetUtcNow().Minute < 30);

        var open = Assert.Single(state.OpenIncidents);
        Assert.Equal((IncidentKind.Unwatched, IncidentRules.UnknownTooLong), (open.Kind, open.Rule));
        Assert.Equal(TimeSpan.FromMinutes(5), open.OpenedAt - open.Since);
        // It is not the network.
        Assert.Contains("gave it up", open.Summary, StringComparison.Ordinal);
        await RunUntilAsync(head, courier, sent, now => now.OpenIncidents.Count == 0);
    }

    [Fact]
    public async Task PoisonOnce_AndThenNothing_OpensByTimeAlone()
    {
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        await using var head = await StartAsync(account, sent, "http://127.0.0.1:1/");
        await PutAsync(head, new Endpoint { Id = "a", Url = new Uri("http://127.0.0.1:1/mcp") });
        IReadOnlyList<QueueMessage> lost = [];
        while (lost.Count == 0)
            lost = await TickAsync(head, new Courier(head, _time), sent, work: false);
        _time.Advance(TimeSpan.FromMinutes(2));
        await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(lost[0], Cancellation));
        Assert.Empty((await StateAsync(head)).OpenIncidents);

        _time.Advance(TimeSpan.FromMinutes(16));
        await IncidentClock.RunAsync(head.Store, head.Store, outbox: null, _time, Cancellation);

        Assert.Equal(IncidentKind.Unwatched, Assert.Single((await StateAsync(head)).OpenIncidents).Kind);
    }

    // A message that failed while its neighbours in time did not: what they saw is newer.
    [Fact]
    public async Task PoisonOfASlotBeforeTheNewestResult_SaysNothingOfNow()
    {
        await using var server = await StubServer.StartAsync(context => { context.Response.StatusCode = 404; return Task.CompletedTask; });
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        await using var head = await StartAsync(account, sent, "http://127.0.0.1:1/");
        await PutAsync(head, new Endpoint { Id = "a", Url = new Uri(server.Url) });
        var courier = new Courier(head, _time);
        IReadOnlyList<QueueMessage> lost = [];
        while (lost.Count == 0)
            lost = await TickAsync(head, courier, sent, work: false);
        await RunUntilAsync(head, courier, sent, state => state.Verdict is Verdict.Down);
        var before = await StateAsync(head);

        foreach (var message in lost)
            await head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(message, Cancellation));

        Assert.Equal(JsonSerializer.Serialize(before, EngineJson.Default.EndpointState), JsonSerializer.Serialize(await StateAsync(head), EngineJson.Default.EndpointState));
    }

    private Task<Head> StartAsync(StorageAccount account, SentMessages sent, string receiver) => Head.StartAsync(
        account, account.Connect(sent.Configure), _time, ("Channels__ops__type", "webhook"), ("Channels__ops__url", receiver),
        ("Channels__ops__secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));

    private Task<RegistryOutcome> PutAsync(Head head, Endpoint endpoint) =>
        new EndpointRegistry(head.Store, head.Store, new NoOutbox(), _time).PutAsync(endpoint, EndpointSource.Api, Cancellation);

    /// <summary>As another version wrote it, or a fault.</summary>
    private static async Task SpoilAsync(StorageAccount account, Head head, string id, string definition)
    {
        var (table, partition) = (account.Connect().Tables.GetTableClient(Keys.Endpoints), Keys.Shard(head.Store.ShardOf(id)));
        await table.UpdateEntityAsync(
            new TableEntity(partition, id) { ["Definition"] = Encoding.UTF8.GetBytes(definition) }, Azure.ETag.All, TableUpdateMode.Merge, Cancellation);
        await table.UpsertEntityAsync(new TableEntity(partition, Keys.ShardVersion) { ["Version"] = Guid.NewGuid() }, cancellationToken: Cancellation);
    }

    private static async Task<EndpointState> StateAsync(Head head) => (await head.Store.ReadStateAsync("a", Cancellation))!.State;

    private readonly List<string> _waiting = [];

    /// <summary>Half a minute of the platform's.</summary>
    /// <param name="work">False for messages that fail: they are not worked.</param>
    /// <returns>Those whose slots are due.</returns>
    private async Task<IReadOnlyList<QueueMessage>> TickAsync(Head head, Courier courier, SentMessages sent, bool work = true)
    {
        await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
        _time.Advance(TimeSpan.FromSeconds(30));
        _waiting.AddRange(sent.Take("probes-home"));
        var due = _waiting.Where(text => ProbeMessage.Read(Encoding.UTF8.GetBytes(text)).Probes.All(probe => probe.Slot <= _time.GetUtcNow())).ToList();
        _waiting.RemoveAll(due.Contains);
        QueueMessage[] messages = [.. due.Select(Message)];
        foreach (var message in work ? messages : [])
            await head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(message, courier.Client, Cancellation));
        return messages;
    }

    private static QueueMessage Message(string text) =>
        QueuesModelFactory.QueueMessage("m", "p", BinaryData.FromString(text), dequeueCount: 1, null, null, null);

    private async Task<EndpointState> RunUntilAsync(Head head, Courier courier, SentMessages sent, Predicate<EndpointState> done)
    {
        for (var tick = 0; tick < 60; tick++)
        {
            await TickAsync(head, courier, sent);
            if (await StateAsync(head) is var state && done(state))
                return state;
        }

        throw new TimeoutException($"It is still as it was after half an hour: {JsonSerializer.Serialize(await StateAsync(head), EngineJson.Default.EndpointState)}");
    }

    private async Task ReceiveAsync(Microsoft.AspNetCore.Http.HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: Cancellation);
        _told.Enqueue(body.RootElement.GetProperty("type").GetString()!);
    }

    private sealed class NoOutbox : McpProbe.Alerts.Deliveries.IAlertOutbox
    {
        public Task HandOverAsync(Transition transition, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
