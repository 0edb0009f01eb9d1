using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>The time-to-alert budget (docs/architecture.md, Budgets) of the built server, in real time with short intervals.</summary>
public sealed class TimeToAlertTests(ITestOutputHelper output) : IDisposable
{
    private const int FailureThreshold = 3;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Outage_FromTheFirstFailedSlot_IsAlertedWithinTheBudget(bool hangs)
    {
        await using var watched = await ScriptedMcpServer.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            $$"""
            {"channels":[{"name":"ops","type":"webhook","url":"{{receiver.Url}}","secret":"${env:TEST_WEBHOOK_SECRET}"}],
             "endpoints":[{"id":"a","url":"{{watched.Url}}/mcp","interval":"2s","timeout":"1s","failureThreshold":{{FailureThreshold}},"channels":["ops"]}]}
            """,
            TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, "--probes", file, "--data", _temp.File("data"));
        await Eventually.TrueAsync(async () => (await VerdictsAsync(server)).Any(each => each.Verdict == "healthy"), "a healthy probe");

        if (hangs)
            watched.Hold();
        else
            await watched.StopAsync();
        await Eventually.TrueAsync(() => !receiver.Alerts.IsEmpty, "the alert arrives", TimeSpan.FromSeconds(60));

        // Newest first: the failures in a row that the alert is about.
        var failed = (await VerdictsAsync(server)).SkipWhile(each => each.Verdict != "down").TakeWhile(each => each.Verdict == "down").ToList();
        var took = receiver.Alerts.First().At - failed[^1].Slot;
        var budget = (FailureThreshold - 1) * Interval + ProbeTimeout + Slack;
        output.WriteLine($"{(hangs ? "hanging" : "refusing")}: {took.TotalSeconds:F2} s from the first failed slot to the alert; budget {budget.TotalSeconds} s");
        Assert.InRange(took, (FailureThreshold - 1) * Interval, budget);
    }

    private static async Task<IReadOnlyList<(DateTimeOffset Slot, string Verdict)>> VerdictsAsync(ServerProcess server) =>
        [.. (await server.GetAsync("/api/endpoints/a/results")).GetProperty("results").EnumerateArray().Select(
            record => (record.GetProperty("slot").GetDateTimeOffset(), record.GetProperty("result").GetProperty("verdict").GetString()!))];
}
