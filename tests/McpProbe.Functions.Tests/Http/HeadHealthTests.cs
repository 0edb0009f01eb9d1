using System.Text.Json;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
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
