using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using McpProbe.Endpoints;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Scheduling;

public class WindowSchedulerTests(Emulators emulators)
{
    // Later than the emulator's clock, so that no message waits for its slot: a delay is never negative.
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    private static Endpoint Endpoint(string id, string header = "") => new()
    {
        Id = id,
        Url = new Uri("https://mcp.example.com/mcp"),
        Headers = header.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["X-Note"] = header },
    };

    private static async Task PutAsync(Head head, params IEnumerable<Endpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
            await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, EndpointSource.Api), TestContext.Current.CancellationToken);
    }

    private static Task RunAsync(Head head) => head.InvokeAsync<ScheduleProbes>(
        schedule => schedule.RunAsync(new TimerInfo(), TestContext.Current.CancellationToken));

    private static QueueClient Queue(Head head, string location = "home") =>
        head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient(HeadSettings.QueueOf(location));

    // Messages that are not visible yet cannot be read, but they are counted; what is visible is read.
    private static async Task<int> CountAsync(QueueClient queue) =>
        (await queue.GetPropertiesAsync(TestContext.Current.CancellationToken)).Value.ApproximateMessagesCount;

    [Fact]
    public async Task Run_TwoInstancesAtOnce_SendEachWindowOnce()
    {
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account, _time);
        await PutAsync(head, Enumerable.Range(0, 20).Select(number => Endpoint($"ep-{number}")));
        var scheduler = head.Services.GetRequiredService<WindowScheduler>();

        var sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => scheduler.RunAsync(TestContext.Current.CancellationToken)));

        // The window is a little longer than the interval: each endpoint has one slot in it, or two.
        Assert.InRange(sent.Sum(), 20, 22);
    }

    [Fact]
    public async Task Run_TickAfterTick_SendsEverySlotOnceAndNoPastOnes()
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), _time);
        await PutAsync(head, Endpoint("a"), Endpoint("b"), Endpoint("c"));
        var scheduler = head.Services.GetRequiredService<WindowScheduler>();
        var cancellation = TestContext.Current.CancellationToken;

        var sent = 0;
        for (var tick = 0; tick < 20; tick++)
        {
            sent += await scheduler.RunAsync(cancellation);
            _time.Advance(TimeSpan.FromSeconds(30));
        }

        // 20 ticks cover 9.5 minutes and the 65 seconds ahead of the last.
        Assert.InRange(sent, 3 * 10, 3 * 11);

        _time.Advance(TimeSpan.FromHours(1));
        Assert.InRange(await scheduler.RunAsync(cancellation), 3, 6);
    }

    [Fact]
    public async Task Run_Message_LivesForAnHourAndWaitsForItsSlot()
    {
        var real = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), real);
        // More often than the shortest window.
        var endpoint = Endpoint("a") with { Interval = TimeSpan.FromSeconds(30) };
        await PutAsync(head, endpoint);
        var queue = Queue(head);

        await RunAsync(head);
        var count = await CountAsync(queue);
        QueueMessage[] early = await queue.ReceiveMessagesAsync(32, cancellationToken: TestContext.Current.CancellationToken);

        var slot = Schedule.NextSlot(endpoint, real.GetUtcNow());
        Assert.InRange(count, 1, 3);
        Assert.All(early, message =>
        {
            Assert.True(slot - real.GetUtcNow() < TimeSpan.FromSeconds(5), "a message was visible before its slot");
            Assert.InRange((message.ExpiresOn - message.InsertedOn)!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        });
    }

    // As it is, which is what host.json says.
    [Fact]
    public async Task Queue_Message_IsTheJsonItself()
    {
        const string Header = "<&> 'single' \"double\"";
        var (head, sent) = await StartAsync();
        await using var started = head;
        await PutAsync(head, Endpoint("a", Header) with { Name = "é\u202e🙂" });

        await RunAsync(head);

        var text = sent.Take("probes-home")[0];
        Assert.StartsWith("{\"location\":\"home\",\"probes\":[", text, StringComparison.Ordinal);
        var read = ProbeMessage.Read(BinaryData.FromString(text).ToMemory()).Probes[0].Endpoint;
        Assert.Equal((Header, "é\u202e🙂"), (read.Headers["X-Note"], read.Name));
    }

    [Fact]
    public async Task Run_QueueRefuses_LeavesTheWindowToTheNextTick()
    {
        var (head, sent) = await StartAsync(("ProbeLocations", "home,west"), ("Shards", "2"));
        await using var started = head;
        await PutAsync(head, Twenty);
        await Queue(head).DeleteAsync(TestContext.Current.CancellationToken);
        var begin = _time.GetUtcNow();

        var failed = await Assert.ThrowsAsync<AggregateException>(() => RunAsync(head));
        // Of one location: the other one has its messages, and is not late.
        Assert.Single(failed.InnerExceptions);
        var through = await head.Store.ReadScheduledThroughAsync(["home", "west"], TestContext.Current.CancellationToken);
        Assert.Equal((true, false), (through["west"] == Horizon(begin), through["home"] == Horizon(begin)));
        Assert.Equal(Slots(begin, Horizon(begin)), sent.TakeSlots("probes-west", isRepeat: false));

        _time.Advance(TimeSpan.FromSeconds(30));
        await head.Store.OpenAsync(TestContext.Current.CancellationToken);
        await RunAsync(head);

        // From where the first window began, and no more than once.
        var now = _time.GetUtcNow();
        Assert.Equal(Slots(begin, Horizon(now)), sent.TakeSlots("probes-home", isRepeat: true));
        Assert.Equal(Slots(Horizon(begin), Horizon(now)), sent.TakeSlots("probes-west", isRepeat: false));
    }

    [Fact]
    public async Task Run_AfterASchedulerThatDiedWhileItSent_SendsItsWindow()
    {
        var (head, sent) = await StartAsync(("Shards", "1"));
        await using var started = head;
        await PutAsync(head, Twenty);
        var begin = _time.GetUtcNow();
        await head.Store.ClaimScheduleAsync(0, "home", begin, Horizon(begin), TestContext.Current.CancellationToken);

        _time.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(head);

        Assert.Equal(Slots(begin, Horizon(_time.GetUtcNow())), sent.TakeSlots("probes-home", isRepeat: true));
    }

    [Fact]
    public async Task Run_NoEndpoints_StillSaysThatTheScheduleIsAlive()
    {
        var (head, sent) = await StartAsync(("ProbeLocations", "home,west"));
        await using var started = head;

        await RunAsync(head);

        var through = await head.Store.ReadScheduledThroughAsync(["home", "west"], TestContext.Current.CancellationToken);
        Assert.Equal(["home", "west"], through.Keys.Order(StringComparer.Ordinal));
        Assert.All(through.Values, until => Assert.Equal(Horizon(_time.GetUtcNow()), until));
        // What comes now is sent with the next tick, and does not wait for what is past.
        await PutAsync(head, Twenty);
        _time.Advance(TimeSpan.FromSeconds(30));
        await RunAsync(head);
        Assert.Equal(Slots(_time.GetUtcNow(), Horizon(_time.GetUtcNow())), sent.TakeSlots("probes-home", isRepeat: false));
    }

    private static readonly Endpoint[] Twenty = [.. Enumerable.Range(0, 20).Select(number => Endpoint($"ep-{number}"))];

    private async Task<(Head Head, SentMessages Sent)> StartAsync(params (string Name, string Value)[] settings)
    {
        var (account, sent) = (await emulators.NewAccountAsync(), new SentMessages());
        return (await Head.StartAsync(account, account.Connect(sent.Configure), _time, settings), sent);
    }

    private static DateTimeOffset Horizon(DateTimeOffset now) =>
        DueProbes.Horizon(Cronos.CronExpression.Parse("*/30 * * * * *", Cronos.CronFormat.IncludeSeconds), now);

    // Of all that are no gaps.
    private static string[] Slots(DateTimeOffset after, DateTimeOffset through) =>
    [
        .. Twenty.SelectMany(endpoint => DueProbes.Of(endpoint, new(after, through)))
            .Select(probe => $"{probe.Endpoint.Id} {probe.Slot:O}").Order(StringComparer.Ordinal),
    ];

    [Fact]
    public async Task Run_DefinitionTooLarge_SendsItsSlotsWithoutIt()
    {
        var (head, sent) = await StartAsync();
        await using var started = head;
        await PutAsync(head, Endpoint("huge", new string('x', 60_000)) with { Channels = ["ops"] }, Endpoint("a"));

        await RunAsync(head);

        var probes = sent.Take("probes-home").SelectMany(text => ProbeMessage.Read(BinaryData.FromString(text).ToMemory()).Probes).ToLookup(probe => probe.Endpoint.Id);
        Assert.All(probes["huge"], probe => Assert.Equal((false, "ops", FailureKind.Config), (probe.Endpoint.HasTarget, Assert.Single(probe.Endpoint.Channels), probe.Unprobed!.Kind)));
        Assert.All(probes["a"], probe => Assert.Null(probe.Unprobed));
        Assert.NotEmpty(probes["huge"]);
    }

    [Fact]
    public async Task Run_TwoLocations_SendsToBothQueues()
    {
        await using var head = await Head.StartAsync(
            await emulators.NewAccountAsync(), _time, ("ProbeLocations", "home,westeurope"));
        await PutAsync(head, Endpoint("a"));

        await RunAsync(head);

        Assert.InRange(await CountAsync(Queue(head)), 1, 2);
        Assert.Equal(await CountAsync(Queue(head)), await CountAsync(Queue(head, "westeurope")));
    }
}
