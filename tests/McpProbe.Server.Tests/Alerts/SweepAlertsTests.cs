using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Server.Alerts;
using McpProbe.Testing;
using McpProbe.Web.Health;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpProbe.Server.Tests.Alerts;

public class SweepAlertsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Execute_MaintenanceEnds_TellsWhatStandsWithoutAProbe()
    {
        await using var driver = new DeliveryDriver();
        var store = driver.Store;
        var put = await store.PutEndpointAsync(StoreSamples.Registered("any") with { Endpoint = StoreSamples.Endpoint("any") with { FailureThreshold = 1 } }, Token);
        var end = StoreSamples.Start.AddMinutes(1);
        var held = StoreSamples.State(1) with
        {
            Generation = put.Generation,
            OpenIncidents = [],
            Maintenance = new AdHocMaintenance(StoreSamples.Start, end, "Ann", null),
            DueAt = end,
        };
        await store.CommitAsync(new StateChange { EndpointId = "any", Before = (await store.ReadStateAsync("any", Token))!, After = held }, Token);
        using var sweep = new SweepAlerts(store, store, store, store, new StandingObstacles(), driver.Time, NullLogger<SweepAlerts>.Instance);

        await sweep.StartAsync(Token);
        driver.Time.Advance(TimeSpan.FromSeconds(55));
        Assert.Empty(await store.ReadIncidentsAsync("any", before: null, 10, Token));
        await Eventually.TrueAsync(
            async () =>
            {
                driver.Time.Advance(TimeSpan.FromSeconds(5));
                // Told and handed over: an end in between would leave it pending, for the next start.
                return (await store.ReadIncidentsAsync("any", before: null, 10, Token)).Count > 0
                    && (await store.ReadStateAsync("any", Token))!.Pending.Count == 0;
            },
            "the outage that the maintenance held back is told");
        await sweep.StopAsync(CancellationToken.None);

        Assert.Equal(IncidentRules.FailuresInARow, Assert.Single(await store.ReadIncidentsAsync("any", before: null, 10, Token)).Rule);
        Assert.Empty((await store.ReadStateAsync("any", Token))!.Pending);
        Assert.Empty(await store.ReadDueAsync(DateTimeOffset.MaxValue, 10, Token));
    }
}
