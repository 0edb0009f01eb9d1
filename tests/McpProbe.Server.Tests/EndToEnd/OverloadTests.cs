using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>
/// 5,000 endpoints a minute whose servers take 5 s of a sudden: 256 probes in flight are then 51 a second, where 83 are due. It lasts seven
/// minutes, so it is run by name:
/// <c>dotnet run --project tests/McpProbe.Server.Tests -- -explicit only -class '*OverloadTests' -showLiveOutput</c>.
/// </summary>
public sealed class OverloadTests(ITestOutputHelper output) : IDisposable
{
    private const int Endpoints = 5_000;
    private const int InFlight = 256;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    private readonly TempDirectory _temp = new();
    private readonly ConcurrentQueue<(int Endpoint, DateTimeOffset At)> _arrived = [];
    private TimeSpan _takes;

    public void Dispose() => _temp.Dispose();

    [Fact(Explicit = true)]
    public async Task ServersBecomeSlow_EachIsProbedAsOftenAsAnyOther_NobodyIsDown_AndItRecovers()
    {
        await using var stub = await StubServer.StartAsync(AnswerAsync);
        var file = _temp.File("probes.json");
        await File.WriteAllTextAsync(
            file,
            JsonSerializer.Serialize(new
            {
                endpoints = Enumerable.Range(0, Endpoints).Select(number => new { id = $"e{number}", url = $"{stub.Url}/{number}/mcp", failureThreshold = 1 }),
            }),
            TestContext.Current.CancellationToken);
        await using var server = await ServerProcess.ListenAsync(
            new Dictionary<string, string>(), "--probes", file, "--data", _temp.File("data"), "--control", "none",
            "--concurrency", InFlight.ToString(CultureInfo.InvariantCulture));
        await Eventually.TrueAsync(
            () => _arrived.Select(each => each.Endpoint).Distinct().Count() == Endpoints, "every endpoint is probed once", TimeSpan.FromMinutes(3));

        _takes = Slow;
        await PassAsync(TimeSpan.FromSeconds(30));
        var before = server.Memory;
        var from = TimeProvider.System.GetUtcNow();
        await PassAsync(TimeSpan.FromMinutes(4));
        var until = TimeProvider.System.GetUtcNow();
        var counts = Counts(from, until);
        var health = await server.SendAsync(HttpMethod.Get, "/api/health");
        var why = await health.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        output.WriteLine(
            $"{counts.Sum()} probes in {(until - from).TotalSeconds:F0} s, of one endpoint {counts.Min()} to {counts.Max()}; memory {before >> 20} to {server.Memory >> 20} MB; {why}");

        // 12,300 probes of 5,000 endpoints.
        Assert.InRange(counts.Min(), 2, counts.Max());
        Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("slots", why, StringComparison.Ordinal);
        Assert.InRange(server.Memory, 1, before * 5 / 4 + (64 << 20));
        await NobodyIsDownAsync(server);

        _takes = TimeSpan.Zero;
        await PassAsync(TimeSpan.FromSeconds(75));
        from = TimeProvider.System.GetUtcNow();
        await PassAsync(TimeSpan.FromSeconds(65));
        counts = Counts(from, TimeProvider.System.GetUtcNow());
        output.WriteLine($"afterwards {counts.Sum()} probes in 65 s, of one endpoint {counts.Min()} to {counts.Max()}");

        Assert.InRange(counts.Min(), 1, 2);
        await NobodyIsDownAsync(server);
    }

    private static async Task NobodyIsDownAsync(ServerProcess server)
    {
        Assert.Empty((await server.GetAsync("/api/incidents")).GetProperty("incidents").EnumerateArray());
        Assert.DoesNotContain("\"verdict\":\"down\"", (await server.GetAsync("/api/status?limit=1000")).GetRawText(), StringComparison.Ordinal);
    }

    private int[] Counts(DateTimeOffset from, DateTimeOffset until)
    {
        var counts = new int[Endpoints];
        foreach (var (endpoint, at) in _arrived)
            counts[endpoint] += at >= from && at < until ? 1 : 0;
        return counts;
    }

    private static Task PassAsync(TimeSpan duration) => Task.Delay(duration, TimeProvider.System, TestContext.Current.CancellationToken);

    // The stateless era: one request finds the server out, another lists its tools.
    private async Task AnswerAsync(HttpContext context)
    {
        using var request = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var id = request.RootElement.GetProperty("id").GetRawText();
        context.Response.ContentType = "application/json";
        if (request.RootElement.GetProperty("method").GetString() != "server/discover")
        {
            await context.Response.WriteAsync(
                $$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{"tools":[{"name":"a","inputSchema":{"type":"object"}}],"resultType":"complete","ttlMs":0,"cacheScope":"private"}}""",
                context.RequestAborted);
            return;
        }

        _arrived.Enqueue((int.Parse(context.Request.Path.Value!.Split('/')[1], CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow()));
        await Task.Delay(_takes, TimeProvider.System, context.RequestAborted);
        await context.Response.WriteAsync(
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{"serverInfo":{"name":"slow","version":"1"},"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete","ttlMs":0,"cacheScope":"private"}}""",
            context.RequestAborted);
    }
}
