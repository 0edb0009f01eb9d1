using System.Text.Json;
using Azure.Storage.Queues.Models;
using McpProbe.Endpoints;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>A head that starts before its store can be used, and works in the same process once it can.</summary>
public class StoreOpeningTests(Emulators emulators)
{
    private const string Refused = "role not effective yet";
    private const string Unreachable = "storage unreachable";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StorageProxy.Mood.Refuses, Refused)]
    [InlineData(StorageProxy.Mood.Cuts, Unreachable)]
    internal Task Start_StorageThatComesLater_WorksInTheSameProcess(StorageProxy.Mood mood, string reason) =>
        StartAsync(mood, reason, TimeSpan.Zero);

    /// <summary>As long as roles take to spread: by hand, <c>-explicit only -class '*StoreOpeningTests'</c>.</summary>
    [Fact(Explicit = true)]
    public Task Start_RolesSpreadForTwoMinutes_WorksInTheSameProcess() =>
        StartAsync(StorageProxy.Mood.Refuses, Refused, TimeSpan.FromMinutes(2));

    private async Task StartAsync(StorageProxy.Mood mood, string reason, TimeSpan lasts)
    {
        await using var server = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), mood);
        using var log = new KeptLog();
        await using var head = await Head.BeginAsync(proxy.Account.ConnectionString, null, null, log.Use);
        var courier = new Courier(head, TimeProvider.System);
        await Eventually.TrueAsync(() => head.Opening.Obstacle?.Reason == reason, $"the head says '{reason}'");

        // A message waits, timers skip, requests are told why.
        var endpoint = new Endpoint { Id = "a", Url = new Uri($"{server.Url}/mcp") };
        var probing = head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(Message(endpoint), courier.Client, Cancellation));
        await RunTimersAsync(head, courier);
        await AssertBlockedAsync(head, courier, reason);
        await Task.Delay(lasts, TimeProvider.System, Cancellation);
        Assert.False(probing.IsCompleted);

        proxy.Now = StorageProxy.Mood.Passes;
        await head.Opening.WaitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        var put = await head.SendAsync(courier.Client, "PUT", "/api/endpoints/a", $$"""{"url":"{{server.Url}}/mcp"}""");
        await probing;
        await RunTimersAsync(head, courier);
        await head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(Message(endpoint), courier.Client, Cancellation));

        Assert.Equal(201, put.Status);
        Assert.Contains(
            await head.Store.ReadResultsAsync("a", after: null, 10, Cancellation), record => record.Result.Verdict is Verdict.Healthy);
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/api/health", key: null)).Status);
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Status);
        // A line a cause and minute, and one when it is over.
        var opening = log.Records.Where(record => record.Category == typeof(StoreOpening).FullName).ToList();
        Assert.All(opening, record => Assert.Equal(LogLevel.Warning, record.Level));
        Assert.InRange(opening.Count(record => record.Text.Contains(reason, StringComparison.Ordinal)), 1, 1 + (int)lasts.TotalMinutes);
        Assert.Contains("open now", opening[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1/account")]
    [InlineData("http://store.invalid/account")]
    public async Task Start_NoStorageAtAll_SaysSoSoon(string address)
    {
        var connection = $"DefaultEndpointsProtocol=http;AccountName=account;AccountKey={Convert.ToBase64String(new byte[32])};TableEndpoint={address};QueueEndpoint={address};BlobEndpoint={address};";
        await using var head = await Head.BeginAsync(connection, null, null, _ => { });
        var courier = new Courier(head, TimeProvider.System);

        await Eventually.TrueAsync(() => head.Opening.Obstacle?.Reason == Unreachable, "the head says that its storage is away");

        await AssertBlockedAsync(head, courier, Unreachable);
        await RunTimersAsync(head, courier);
    }

    [Fact]
    public async Task Start_StorageThatNeverAnswers_SaysSoAndGoesOn()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Hangs);
        await using var head = await Head.BeginAsync(proxy.Account.ConnectionString, null, time, _ => { });
        await Eventually.TrueAsync(() => proxy.TurnedDown > 0, "the first try");

        await AdvanceUntilAsync(time, () => head.Opening.Obstacle?.Reason == Unreachable);
        proxy.Now = StorageProxy.Mood.Passes;
        await AdvanceUntilAsync(time, () => head.Opening.IsOpen);
    }

    [Fact]
    public async Task Start_RefusedForLong_SaysItOnceAMinuteAndNeverGivesUp()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new KeptLog();
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Refuses);
        await using var head = await Head.BeginAsync(proxy.Account.ConnectionString, null, time, log.Use);
        var begin = time.GetUtcNow();

        await AdvanceUntilAsync(time, () => time.GetUtcNow() - begin > TimeSpan.FromMinutes(30));
        var tried = proxy.TurnedDown;
        proxy.Now = StorageProxy.Mood.Passes;
        await AdvanceUntilAsync(time, () => head.Opening.IsOpen);

        // Every 15 s, several requests a try; SDK retries would multiply them.
        Assert.InRange(tried, 30, 30 * 4 * 20);
        Assert.InRange(log.Records.Count(record => record.Text.Contains("not open", StringComparison.Ordinal)), 10, 31);
    }

    // It comes again, and was not worked: the platform counts it five times before it is given up.
    [Fact]
    public async Task Message_StoreNotOpenWithinTheFunctionsTime_Fails()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Refuses);
        await using var head = await Head.BeginAsync(proxy.Account.ConnectionString, null, time, _ => { });
        var courier = new Courier(head, time);
        await Eventually.TrueAsync(() => head.Opening.Obstacle?.Reason == Refused, "the head knows why");

        var message = Message(new Endpoint { Id = "a", Url = new Uri("http://127.0.0.1:1/mcp") });
        Task[] waiting =
        [
            head.InvokeAsync<ProbeEndpoints>(probe => probe.RunAsync(message, courier.Client, Cancellation)),
            head.InvokeAsync<ProbePoison>(poison => poison.RunAsync(message, Cancellation)),
            head.InvokeAsync<Deliver>(deliver => deliver.RunAsync(new DeliveryRequest("{}", "ops"), Cancellation)),
        ];
        time.Advance(StoreOpening.Patience - TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(waiting, task => task.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));

        foreach (var task in waiting)
            Assert.Contains(Refused, (await Assert.ThrowsAsync<StoreNotOpenException>(() => task)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_StorageThatGoesAwayLater_IsToldSoSoon()
    {
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Passes);
        await using var head = await Head.StartAsync(proxy.Account);
        var courier = new Courier(head, TimeProvider.System);
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Status);

        foreach (var (mood, reason) in new[] { (StorageProxy.Mood.Cuts, Unreachable), (StorageProxy.Mood.Refuses, Refused) })
        {
            proxy.Now = mood;
            var start = TimeProvider.System.GetTimestamp();
            await AssertBlockedAsync(head, courier, reason);
            // Three requests, each with its retries: 1.4 s of waiting.
            Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(3 * 4));
        }

        proxy.Now = StorageProxy.Mood.Passes;
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Status);
    }

    [Fact]
    public async Task Open_EmptyAccount_CreatesWhatTheHeadNeedsAndDoesSoAgain()
    {
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account, null, ("ProbeLocations", "home,west"));
        await using var again = await Head.StartAsync(account, null, ("ProbeLocations", "home,west"));

        var queues = account.Connect().Queues.GetQueuesAsync(cancellationToken: Cancellation);
        var names = new List<string>();
        await foreach (var queue in queues)
            names.Add(queue.Name);

        Assert.Equal(["probes-home", "probes-home-poison", "probes-west", "probes-west-poison"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Open_OtherNumberOfShards_IsSaidAndNothingRuns()
    {
        var account = await emulators.NewAccountAsync();
        await using (await Head.StartAsync(account, null, ("Shards", "4")))
        {
        }

        await using var head = await Head.BeginAsync(account.ConnectionString, null, null, _ => { }, ("Shards", "8"));
        await Eventually.TrueAsync(() => head.Opening.Obstacle?.Reason == "store does not fit the settings", "the head says what does not fit");

        Assert.Contains("set it to 4", head.Opening.Obstacle!.Detail, StringComparison.Ordinal);
        Assert.Equal(503, (await head.SendAsync(new Courier(head, TimeProvider.System).Client, "GET", "/api/health", key: null)).Status);
    }

    // Whoever wakes the app is served, and not told that it is just waking.
    [Fact]
    public async Task Start_FirstRequestAndFirstTimer_WaitForTheStore()
    {
        await using var proxy = await StorageProxy.StartAsync(await emulators.NewAccountAsync(), StorageProxy.Mood.Hangs);
        await using var head = await Head.BeginAsync(proxy.Account.ConnectionString, null, null, _ => { });
        var courier = new Courier(head, TimeProvider.System);
        var page = head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html");
        var tick = head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
        await Eventually.TrueAsync(() => proxy.TurnedDown > 0, "the first try");
        Assert.False(page.IsCompleted || tick.IsCompleted);

        // What hangs is cut, and the client's own retry gets through.
        proxy.Now = StorageProxy.Mood.Passes;
        proxy.CutWhatHangs();
        await tick;

        Assert.Equal(200, (await page).Status);
        var through = await head.Store.ReadScheduledThroughAsync(["home"], Cancellation);
        Assert.True(through["home"] > TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task Tick_AfterEverythingWasRemoved_MakesItAgain()
    {
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account);
        var courier = new Courier(head, TimeProvider.System);
        var clients = account.Connect();
        foreach (var queue in new[] { "probes-home", "probes-home-poison" })
            await clients.Queues.DeleteQueueAsync(queue, Cancellation);
        foreach (var table in new[] { "endpoints", "state", "incidents", "drift", "deliveries", "rollups", "schedule" })
            await clients.Tables.DeleteTableAsync(table, Cancellation);
        foreach (var container in new[] { "catalogs", "overflow" })
            await clients.Blobs.DeleteBlobContainerAsync(container, cancellationToken: Cancellation);
        Assert.Contains("storage emptied", (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Body, StringComparison.Ordinal);

        await Assert.ThrowsAnyAsync<Exception>(() => head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation)));

        await RunTimersAsync(head, courier);
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Status);
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/api/health", key: null)).Status);
        Assert.True(await clients.Queues.GetQueueClient("probes-home-poison").ExistsAsync(Cancellation));
    }

    internal static async Task AssertBlockedAsync(Head head, Courier courier, string reason)
    {
        // With the key: what the public sees may be some seconds old.
        var page = await head.SendAsync(courier.Client, "GET", "/", accept: "text/html");
        var api = await head.SendAsync(courier.Client, "GET", "/api/endpoints");
        var health = await head.SendAsync(courier.Client, "GET", "/api/health", key: null);

        Assert.Equal((503, 503, 503), (page.Status, api.Status, health.Status));
        Assert.Contains("<html", page.Body, StringComparison.Ordinal);
        Assert.Contains(reason, page.Body, StringComparison.Ordinal);
        foreach (var (_, body, headers) in new[] { api, health })
        {
            await PublishedSchemas.AssertFitsAsync("problem", body);
            var problem = JsonDocument.Parse(body).RootElement;
            Assert.Contains(problem.GetProperty("reasons").EnumerateArray(), each => each.GetString()!.StartsWith($"{reason}: ", StringComparison.Ordinal));
            Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal("10", Assert.Single(api.Headers.GetValues("Retry-After")));
    }

    private static async Task RunTimersAsync(Head head, Courier courier)
    {
        await head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));
        await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, Cancellation));
        await head.InvokeAsync<RollUp>(rollUp => rollUp.RunAsync(new TimerInfo(), courier.Client, Cancellation));
    }

    // The work between two waits is real, so that time must not run ahead of it.
    private static Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> condition) => Eventually.TrueAsync(
        async () =>
        {
            if (condition())
                return true;
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancellation);
            return condition();
        },
        "what time brings", TimeSpan.FromSeconds(60));

    private static QueueMessage Message(Endpoint endpoint)
    {
        var slot = Schedule.SlotAt(endpoint, TimeProvider.System.GetUtcNow());
        var batch = Assert.Single(ProbeBatch.Pack([new ScheduledProbe(endpoint, slot)], HeadSettings.Home, 50).Batches);
        return QueuesModelFactory.QueueMessage("m", "p", new BinaryData(batch.Body), dequeueCount: 1);
    }
}
