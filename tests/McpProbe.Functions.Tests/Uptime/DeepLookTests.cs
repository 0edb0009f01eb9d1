using McpProbe.Endpoints;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Probing;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Functions.Tests.Uptime;

/// <summary>The daily deep look as a part of the hour's work, over Table Storage; each hour is another instance.</summary>
public class DeepLookTests(Emulators emulators)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollUp_LooksOnceADay_AtOwnEndpoints_AndKeepsWhatItFound()
    {
        var server = new SessionServer { Unknown = 400 };
        await using var listener = await StubServer.StartAsync(server.AnswerAsync);
        var own = Watched("own", listener);
        var stranger = Watched("stranger", listener) with { Imported = new Imported("registry", "x") };
        var due = Schedule.NextSlot(own with { Interval = TimeSpan.FromDays(1) }, new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero));
        var account = await emulators.NewAccountAsync();
        var time = new FakeTimeProvider(due - TimeSpan.FromMinutes(30));
        await using (var head = await Head.StartAsync(account, time))
        {
            foreach (var endpoint in new[] { own, stranger })
            {
                var put = await head.Store.PutEndpointAsync(new RegisteredEndpoint(endpoint, endpoint.Imported is null ? EndpointSource.Api : EndpointSource.Import), Token);
                var request = new ProbeRequest(endpoint with { Imported = null }, Schedule.SlotAt(endpoint, time.GetUtcNow()), StoreSamples.Location) { Generation = put.Generation };
                Assert.Equal(
                    CycleOutcome.Recorded,
                    await new MonitorCycle(head.Services.GetRequiredService<McpProber>(), head.Store, outbox: null, time).RunAsync(request, Token));
            }

            await RunAsync(head, time);
            Assert.Null((await StateAsync(head, "own")).Deep);
        }

        time.SetUtcNow(due.AddMinutes(30));
        await using (var head = await Head.StartAsync(account, time))
        {
            await RunAsync(head, time);
            var look = (await StateAsync(head, "own")).Deep!;
            Assert.Equal(due.AddMinutes(30), look.At);
            Assert.Contains("spec-terminated-session", look.Findings.Select(finding => finding.Rule));
            Assert.Null((await StateAsync(head, "stranger")).Deep);
        }

        // Another instance, an hour later: it was made. On the next day it is made again.
        foreach (var (after, looks) in new[] { (TimeSpan.FromHours(1), false), (TimeSpan.FromHours(24), true) })
        {
            time.SetUtcNow(due.AddMinutes(30) + after);
            await using var head = await Head.StartAsync(account, time);
            await RunAsync(head, time);
            Assert.Equal(looks ? time.GetUtcNow() : due.AddMinutes(30), (await StateAsync(head, "own")).Deep!.At);
        }
    }

    private static Endpoint Watched(string id, StubServer listener) => new()
    {
        Id = id,
        Url = new Uri(listener.Url + "/mcp"),
        Interval = TimeSpan.FromHours(1),
        Timeout = TimeSpan.FromSeconds(10),
    };

    private static async Task<EndpointState> StateAsync(Head head, string id) => (await head.Store.ReadStateAsync(id, Token))!.State;

    private static Task RunAsync(Head head, TimeProvider time)
    {
        var courier = new Courier(head, time);
        return head.InvokeAsync<RollUp>(rollUp => rollUp.RunAsync(new TimerInfo(), courier.Client, Token));
    }
}
