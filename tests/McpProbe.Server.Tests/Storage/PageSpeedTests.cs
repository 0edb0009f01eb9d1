using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using static McpProbe.Testing.StoreSamples;

namespace McpProbe.Server.Tests.Storage;

/// <summary>The figures of docs/pages.md: how long the server takes for a page, of a fleet of a few thousand with 90 days behind it.</summary>
public sealed class PageSpeedTests(ITestOutputHelper output)
{
    private const int Endpoints = 3000;
    private const int Days = 91;
    private const int InDetail = 50;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 30, 0, TimeSpan.Zero);

    private static readonly string[] Paths =
    [
        "/", "/?range=90d&sort=slowest", "/?q=endpoint-7&problems=1", "/endpoints/endpoint-7", "/endpoints/endpoint-7?range=7d&phase=total", "/endpoints/endpoint-7?range=90d",
        "/endpoints/endpoint-7/results", "/incidents", "/incidents?group=team-3&kind=outage", "/incidents?endpoint=endpoint-2999", "/reports?range=30d&group=team-3",
        "/reports?range=90d&group=team-3&zone=Europe/Berlin", "/status/public", "/status/public/endpoint-3", "/badge/endpoint-7.svg?show=uptime&range=90d", "/feeds/incidents.atom",
    ];

    [Fact(Explicit = true)]
    public async Task Pages_OfThreeThousandEndpoints_TakeLessThan300Ms()
    {
        using var reopened = new ReopenedStore();
        var store = reopened.Open();
        var token = TestContext.Current.CancellationToken;
        await FillAsync(store, token);
        var time = new FakeTimeProvider(Now);
        var page = new PublicPage { Name = "public", Groups = ["team-3", "team-4"], Title = "Example" };
        await using var app = MonitorHost.Build(
            new ServerOptions { Urls = ["http://127.0.0.1:0"], Controls = ControlAddresses.None }, new ProbesDocument([], []) { Pages = [page] }, store, time,
            services =>
            {
                services.AddLogging(logging => logging.ClearProviders());
                // The pages alone: nobody probes.
                foreach (var hosted in services.Where(each => each.ServiceType == typeof(IHostedService) && each.ImplementationType?.Namespace?.StartsWith("Microsoft", StringComparison.Ordinal) is not true).ToList())
                    services.Remove(hosted);
            });
        await app.StartAsync(token);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var slow = new List<string>();
        foreach (var path in Paths)
        {
            // As the head does it: an hour is rolled up soon after its end.
            await store.WriteRolledThroughAsync(UptimeSummary.FloorHour(time.GetUtcNow().AddMinutes(-5)), token);
            var took = new List<double>();
            var bytes = 0;
            for (var round = 0; round < 7; round++)
            {
                // Nothing that is kept for a minute helps.
                time.Advance(TimeSpan.FromSeconds(61));
                var begun = TimeProvider.System.GetTimestamp();
                using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), token);
                bytes = (await answer.Content.ReadAsByteArrayAsync(token)).Length;
                took.Add(TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds);
                Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
            }

            var median = took.Skip(1).Order().ElementAt(3);
            output.WriteLine($"{path,-50} first {took[0],5:F0} ms, then {median,4:F0} ms, {bytes / 1024,4} KB");
            if (median > 300)
                slow.Add(path);
        }

        Assert.Empty(slow);
    }

    // All have their days and the hours of yesterday and today; some their last hours' results. Half a year of incidents.
    private static async Task FillAsync(SqliteStore store, CancellationToken token)
    {
        var hours = Enumerable.Range(0, 48).Select(RollupSamples.UsualHour).ToList();
        var day = hours.Take(24).Aggregate(Rollup.Empty, (sum, hour) => sum.Merge(hour));
        var midnight = Now.Date;
        var rolled = new DateTimeOffset(Now.Year, Now.Month, Now.Day, Now.Hour, 0, 0, TimeSpan.Zero);
        await Parallel.ForAsync(0, Endpoints, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = token }, async (number, cancellation) =>
        {
            var id = $"endpoint-{number}";
            await store.PutEndpointAsync(
                Registered(id) with { Endpoint = Endpoint(id) with { Group = $"team-{number % 60}", Slo = 99.9, Visibility = Visibility.Public }, Watched = new(Now.AddDays(-120), null) }, cancellation);
            await store.WriteRollupsAsync(
                id,
                [
                    .. Enumerable.Range(1, Days).Select(back => new RollupRecord(RollupPeriod.Day, new DateTimeOffset(midnight, TimeSpan.Zero).AddDays(-back), Location, day)),
                    .. Enumerable.Range(0, 48).Select(back => new RollupRecord(RollupPeriod.Hour, rolled.AddHours(-1 - back), Location, hours[(number + back) % 48])),
                ],
                cancellation);
            var before = (await store.ReadStateAsync(id, cancellation))!;
            var past = Enumerable.Range(1, 10).Select(back => Incident(id, 0) with
            {
                Id = IncidentIds.Of(id, IncidentKind.Outage, Now.AddDays(-18 * back).AddMinutes(number)),
                OpenedAt = Now.AddDays(-18 * back).AddMinutes(number),
                ResolvedAt = Now.AddDays(-18 * back).AddMinutes(number + 9),
            }).ToList();
            var results = number < InDetail ? Enumerable.Range(0, 180).Reverse() : [0];
            foreach (var back in results)
            {
                var slot = Now.AddMinutes(-back);
                var after = before.State with { Verdict = number % 97 == 0 ? Verdict.Down : Verdict.Healthy, Since = Now.AddDays(-2), Locations = new Dictionary<string, LocationState> { [Location] = new(slot, Verdict.Healthy, 0, 3) } };
                await store.CommitAsync(
                    new StateChange { EndpointId = id, Before = before, After = after, Record = new ProbeRecord(slot, Location, Healthy() with { StartedAt = slot, Cold = false }), Incidents = past }, cancellation);
                past = [];
                before = (await store.ReadStateAsync(id, cancellation))!;
            }
        });
        await store.WriteRolledThroughAsync(rolled, token);
    }
}
