using System.Collections.Concurrent;
using System.Text.Json;
using Azure.Storage.Queues;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Http;

/// <summary>Timers that stopped while the pages answer as ever.</summary>
public class HeadHealthTests(Emulators emulators)
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_WhileTheTimersRunAndWhenTheyStop_SaysSo()
    {
        using var log = new KeptLog();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account.ConnectionString, account.Connect(), _time, log.Use, ("ProbeLocations", "home,west"));
        var courier = new Courier(head, _time);

        // New, and not yet scheduled: nothing is late.
        Assert.Equal(200, await HealthAsync(head, courier));
        await TickAsync(head);
        for (var minute = 0; minute < 3; minute++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(200, await HealthAsync(head, courier));
        }

        // It was sent up to 65 s ahead, and three minutes are tolerated.
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(503, await HealthAsync(head, courier, "schedule lags: No probes were sent for the last "));
        var line = Assert.Single(log.Records, record => record.Text.Contains("schedule lags", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains("at home, west", line.Text, StringComparison.Ordinal);

        // The page still answers: what was seen is there.
        Assert.Equal(200, (await head.SendAsync(courier.Client, "GET", "/", key: null, accept: "text/html")).Status);
        await TickAsync(head);
        Assert.Equal(200, await HealthAsync(head, courier));
    }

    [Fact]
    public async Task Health_TimersThatNeverRan_IsBadAfterAFewMinutes()
    {
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), _time);
        var courier = new Courier(head, _time);

        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(503, await HealthAsync(head, courier, "schedule lags"));
    }

    // The timer of the alerts sees that the other one has stopped: nobody may ask for the health.
    [Fact]
    public async Task Sweep_TheOtherTimerStopped_LogsOneLine()
    {
        using var log = new KeptLog();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account.ConnectionString, account.Connect(), _time, log.Use);
        var courier = new Courier(head, _time);

        await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, Cancellation));
        Assert.DoesNotContain(log.Records, record => record.Text.Contains("schedule lags", StringComparison.OrdinalIgnoreCase));
        _time.Advance(TimeSpan.FromMinutes(5));
        await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, Cancellation));

        Assert.Single(log.Records, record => record.Text.Contains("schedule lags", StringComparison.OrdinalIgnoreCase));
    }

    // Its slots are sent and lie there: no other location would see it, and no timer has stopped.
    [Fact]
    public async Task Health_LocationThatTakesNoSlots_SaysSoAndRecovers()
    {
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account, _time, ("ProbeLocations", "home,west"));
        var courier = new Courier(head, _time);
        var queue = head.Services.GetRequiredService<QueueServiceClient>().GetQueueClient("probes-west");
        await queue.SendMessageAsync("a message of slots", Cancellation);
        Assert.Equal(200, await HealthAsync(head, courier));

        await AdvanceAsync(head, TimeSpan.FromMinutes(16));

        var health = await head.SendAsync(courier.Client, "GET", "/api/health", key: null);
        var cause = Assert.Single(JsonDocument.Parse(health.Body).RootElement.GetProperty("causes").EnumerateArray());
        Assert.Equal("location-silent", cause.GetProperty("code").GetString());
        // Its name is for those who may see everything.
        Assert.DoesNotContain("west", health.Body, StringComparison.Ordinal);
        var known = await head.SendAsync(courier.Client, "GET", "/api/health");
        Assert.Equal(["west"], JsonDocument.Parse(known.Body).RootElement.GetProperty("causes")[0].GetProperty("details").EnumerateArray().Select(each => each.GetString()));

        await queue.ClearMessagesAsync(Cancellation);
        Assert.Equal(200, await HealthAsync(head, courier));
    }

    [Fact]
    public async Task Health_ChannelThatGaveUp_SaysSoUntilOneArrives()
    {
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(
            account, _time, ("Channels__ops__type", "webhook"), ("Channels__ops__url", "https://hooks.example.com/x"));
        var courier = new Courier(head, _time);
        await TickAsync(head);
        var row = (await head.Store.KeepAsync(StoreSamples.Transition("a", 1, 1, "ops"), Cancellation))[0];
        await head.Store.WriteDeliveryAsync(
            row with { Status = DeliveryStatus.GaveUp, NextAttemptAt = null, UpdatedAt = _time.GetUtcNow(), LastError = "answered 404" }, Cancellation);

        Assert.Equal(503, await HealthAsync(head, courier, "alerts failing: Alerts do not get through one channel."));

        await head.Store.WriteChannelAsync(
            "ops", await head.Store.ReadChannelAsync("ops", Cancellation), ChannelState.New with { LastSuccess = _time.GetUtcNow() + TimeSpan.FromSeconds(1) }, Cancellation);
        Assert.Equal(200, await HealthAsync(head, courier));
    }

    [Fact]
    public async Task Heartbeat_IsSentBySweepsWhileAllIsWellAndKeptBackOtherwise()
    {
        var asked = new ConcurrentQueue<string>();
        await using var service = await StubServer.StartAsync(context =>
        {
            asked.Enqueue(context.Request.Path);
            return Task.CompletedTask;
        });
        using var log = new KeptLog();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(
            account.ConnectionString, account.Connect(), _time, log.Use,
            ("MCPPROBE_HEARTBEAT_URL", $"{service.Url}/s3cret"), ("MCPPROBE_HEARTBEAT_FAIL_URL", $"{service.Url}/s3cret/fail"));
        var courier = new Courier(head, _time);
        await TickAsync(head);

        await SweepAsync();
        Assert.Equal(["/s3cret"], asked);
        _time.Advance(TimeSpan.FromMinutes(6));
        await SweepAsync();
        Assert.Equal(["/s3cret", "/s3cret/fail"], asked);
        Assert.Contains(log.Records, record => record.Text.Contains("withheld, since McpProbe is not well: schedule lags", StringComparison.Ordinal));
        await TickAsync(head);
        await SweepAsync();

        Assert.Equal(["/s3cret", "/s3cret/fail", "/s3cret"], asked);
        Assert.DoesNotContain(log.Records, record => record.Text.Contains("s3cret", StringComparison.Ordinal));

        Task SweepAsync() => head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), courier.Client, Cancellation));
    }

    [Fact]
    public async Task Schedule_EndpointWhoseSecretIsMissing_IsToldOnce()
    {
        using var log = new KeptLog();
        var account = await emulators.NewAccountAsync();
        await using var head = await Head.StartAsync(account.ConnectionString, account.Connect(), _time, log.Use);
        await head.Store.PutEndpointAsync(
            new RegisteredEndpoint(StoreSamples.Endpoint("a") with { Bearer = "${env:HEAD_HEALTH_TEST_TOKEN}" }, EndpointSource.Api), Cancellation);

        await TickAsync(head);
        await TickAsync(head);

        var line = Assert.Single(log.Records, record => record.Text.Contains("HEAD_HEALTH_TEST_TOKEN", StringComparison.Ordinal));
        Assert.Contains("Endpoint 'a' cannot be probed: it needs the environment variable HEAD_HEALTH_TEST_TOKEN, which is not set", line.Text, StringComparison.Ordinal);
    }

    private async Task AdvanceAsync(Head head, TimeSpan by)
    {
        _time.Advance(by);
        await TickAsync(head);
    }

    private static Task TickAsync(Head head) =>
        head.InvokeAsync<ScheduleProbes>(schedule => schedule.RunAsync(new TimerInfo(), Cancellation));

    private static async Task<int> HealthAsync(Head head, Courier courier, string? reason = null)
    {
        var health = await head.SendAsync(courier.Client, "GET", "/api/health", key: null);
        await PublishedSchemas.AssertFitsAsync(reason is null ? "health" : "problem", health.Body);
        if (reason is not null)
        {
            Assert.StartsWith(
                reason, Assert.Single(JsonDocument.Parse(health.Body).RootElement.GetProperty("reasons").EnumerateArray()).GetString(), StringComparison.Ordinal);
        }

        return health.Status;
    }
}
