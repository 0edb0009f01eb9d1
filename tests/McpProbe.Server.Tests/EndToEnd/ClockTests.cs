using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The built server on a machine whose clock is set while it runs, and while it does not.</summary>
public sealed class ClockTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    // Without a battery a clock may stand anywhere until a time server answers.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClockWasYearsAhead_OutageThatComesAfterIsToldAndEnds(bool restarted)
    {
        var clock = Clock();
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        clock.Set(TimeSpan.FromDays(3653));
        await using var first = await StartAsync(clock, watched, receiver);
        await Eventually.TrueAsync(async () => (await SlotsAsync(first)).Count >= 2, "two results of the wrong time", Long);

        if (restarted)
            await first.KillAsync();
        clock.Set(TimeSpan.Zero);
        await using var second = restarted ? await StartAsync(clock, watched, receiver) : null;
        await watched.StopAsync();

        await Eventually.TrueAsync(() => receiver.Alerts.Count == 1, "the outage is told", Long);
        await watched.StartAgainAsync();
        await Eventually.TrueAsync(() => receiver.Alerts.Count == 2, "and its end", Long);
        Assert.Equal(["incident.opened", "incident.resolved"], receiver.Alerts.Select(alert => alert.Type));
    }

    // Less than ten minutes: the slots that come again have their results already.
    [Fact]
    public async Task ClockIsSetBackByFiveMinutes_OutageIsToldMeanwhileAndNoSlotHasTwoResults()
    {
        var clock = Clock();
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        // Probes of the last minutes, in seconds: the clock goes on in steps.
        await using var server = await StartAsync(clock, watched, receiver);
        for (var minutes = 0; minutes <= 5; minutes++)
        {
            clock.Set(TimeSpan.FromMinutes(minutes));
            var seen = (await SlotsAsync(server)).Count;
            await Eventually.TrueAsync(async () => (await SlotsAsync(server)).Count >= seen + 3, $"results after {minutes} minutes", Long);
        }

        clock.Set(TimeSpan.Zero);
        await server.SaysAsync("The clock was set back", Long);
        await watched.StopAsync();

        await Eventually.TrueAsync(() => receiver.Alerts.Count == 1, "the outage is told", Long);
        var slots = await SlotsAsync(server);
        Assert.Equal(slots.Count, slots.Distinct().Count());
    }

    private SettableClock Clock()
    {
        if (SettableClock.Missing is { } missing)
            Assert.Skip(missing);
        return new SettableClock(_temp.File("clock"));
    }

    private async Task<ServerProcess> StartAsync(SettableClock clock, ScriptedMcpServer watched, WebhookReceiver receiver)
    {
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {"channels":[{"name":"ops","type":"webhook","url":"{{receiver.Url}}","secret":"${env:TEST_WEBHOOK_SECRET}"}],
             "endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"1s","timeout":"1s","channels":["ops"]}]}
            """,
            TestContext.Current.CancellationToken);
        return await ServerProcess.ListenAsync(
            new Dictionary<string, string>(clock.Environment) { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, "--probes", file, "--data", _temp.File("data"));
    }

    private static async Task<List<string?>> SlotsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/results?limit=500")).GetProperty("results").EnumerateArray().Select(result => result.GetProperty("slot").GetString())];
}
