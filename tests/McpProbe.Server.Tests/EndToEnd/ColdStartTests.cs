using System.Net;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>A running server measures one that sleeps after a minute of silence, less a tenth, beside one that it watches closely.</summary>
public sealed class ColdStartTests : IDisposable
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(200);
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Server_ThatSleeps_HasASeriesOfItsOwn_AndItsBudgetIsToldOf()
    {
        var time = TimeProvider.System;
        var asked = time.GetUtcNow().AddHours(-1);
        var woken = 0;
        var answers = McpScript.Handshake("echo");
        await using var sleeper = await StubServer.StartAsync(async context =>
        {
            var (silent, now) = (time.GetUtcNow() - asked, time.GetUtcNow());
            asked = now;
            if (silent > TimeSpan.FromSeconds(54))
            {
                Interlocked.Increment(ref woken);
                await Task.Delay(Nap, time, context.RequestAborted);
            }

            await answers(context);
        });
        await using var busy = await StubServer.StartAsync(McpScript.Handshake("echo"));
        await using var receiver = await WebhookReceiver.StartAsync();
        var file = _temp.File("probes.yaml");
        // The first probe of a process measures nothing: let it be another server's.
        await WriteAsync("");
        await using var head = await ServerProcess.ListenAsync(
            new Dictionary<string, string> { ["TEST_WEBHOOK_SECRET"] = receiver.Secret }, "--probes", file, "--data", _temp.File("data"));
        await Eventually.TrueAsync(
            async () => (await head.GetAsync("/api/endpoints/busy/results")).GetProperty("results").GetArrayLength() > 0 || await LaterAsync(), "a first probe", Patience);
        await WriteAsync(
            $$"""  - { id: sleeper, url: "{{sleeper.Url}}/mcp", interval: 1m, timeout: 10s, failureThreshold: 1, coldStart: { after: 1m, budget: 500ms }, channels: [ops] }""");
        await head.SaysAsync("was applied: added sleeper", Patience);

        await Eventually.TrueAsync(async () => (await SamplesAsync(head)).Count >= 2 || await LaterAsync(), "two cold starts", Patience);

        var samples = await SamplesAsync(head);
        Assert.All(samples, sample => Assert.True(sample.Cold >= Nap.TotalMilliseconds - 50 && sample.Warm < sample.Cold, $"{sample}"));
        // Nothing in between woke it, and none was measured while it was awake.
        Assert.Equal(samples.Count, Volatile.Read(ref woken));
        var results = (await head.GetAsync("/api/endpoints/sleeper/results")).GetProperty("results").EnumerateArray().Select(record => record.GetProperty("result")).ToList();
        // The slot that was missed before the start is worked at once, the next one in its time: of the two one is an ordinary probe.
        Assert.InRange(results.Count, samples.Count, samples.Count + 1);
        Assert.All(results, result => Assert.True(result.GetProperty("timings").GetProperty("handshakeMs").GetDouble() < Nap.TotalMilliseconds - 50));
        var judged = results.Where(result => result.GetProperty("conditions").EnumerateArray().Any(condition => condition.GetProperty("name").GetString() == "budget-cold-start")).ToList();
        Assert.Equal(samples.Count, judged.Count);
        Assert.All(judged, result => Assert.Equal("degraded", result.GetProperty("verdict").GetString()));

        await Eventually.TrueAsync(() => !receiver.Alerts.IsEmpty, "the alert arrives", Patience);
        var alert = Assert.Single(receiver.Alerts).Body.GetProperty("data");
        Assert.Equal(("sleeper", "degraded"), (alert.GetProperty("endpoint").GetProperty("id").GetString(), alert.GetProperty("incident").GetProperty("kind").GetString()));
        Assert.Matches(@"The cold handshake took \d+ ms of the 500 ms allowed\. Keep an instance ready, or allow more time\.", alert.GetProperty("summary").GetString());

        using var page = await head.SendAsync(HttpMethod.Get, "/endpoints/sleeper");
        var text = WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Too few starts were measured to say whether it sleeps.", text, StringComparison.Ordinal);
        Assert.Contains("exceeded 2 of 2 times", text, StringComparison.Ordinal);

        Task WriteAsync(string sleeps) => File.WriteAllTextAsync(
            file,
            $$"""
            channels: [{ name: ops, type: webhook, url: "{{receiver.Url}}", secret: "${env:TEST_WEBHOOK_SECRET}" }]
            endpoints:
              - { id: busy, url: "{{busy.Url}}/mcp", interval: 1s, timeout: 1s, failureThreshold: 1000 }
            {{sleeps}}
            """,
            TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<(double Cold, double Warm)>> SamplesAsync(ServerProcess head) =>
        (await head.GetAsync("/api/endpoints/sleeper")).GetProperty("state").TryGetProperty("coldStarts", out var series)
            ? [.. series.GetProperty("samples").EnumerateArray().Select(sample => (sample.GetProperty("coldMs").GetDouble(), sample.GetProperty("warmMs").GetDouble()))]
            : [];

    private static async Task<bool> LaterAsync()
    {
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TestContext.Current.CancellationToken);
        return false;
    }
}
