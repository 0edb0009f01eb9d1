using McpProbe.Functions.Alerts;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;

namespace McpProbe.Functions.Tests.Alerts;

public class SweepAlertsTests(Emulators emulators)
{
    [Fact]
    public async Task Run_MaintenanceIsOver_StartsTheDeliveryOfWhatStands()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var end = StoreSamples.Start.AddMinutes(1);
        var time = new FakeTimeProvider(end.AddTicks(-1));
        await using var head = await Head.StartAsync(await emulators.NewAccountAsync(), time);
        var store = head.Store;
        await store.PutEndpointAsync(
            StoreSamples.Registered("any") with { Endpoint = StoreSamples.Endpoint("any") with { FailureThreshold = 1, Channels = ["ops"] } }, cancellation);
        var before = (await store.ReadStateAsync("any", cancellation))!;
        var held = StoreSamples.State(1) with
        {
            Generation = before.State.Generation,
            Target = before.State.Target,
            OpenIncidents = [],
            Maintenance = new AdHocMaintenance(StoreSamples.Start, end, "Ann", null),
            DueAt = end,
        };
        await store.CommitAsync(new StateChange { EndpointId = "any", Before = before, After = held });
        var durable = Substitute.For<DurableTaskClient>("test");

        await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), durable, cancellation));
        Assert.Empty(await store.ReadIncidentsAsync("any", before: null, 10, cancellation));

        time.Advance(TimeSpan.FromMinutes(1));
        await head.InvokeAsync<SweepAlerts>(sweep => sweep.RunAsync(new TimerInfo(), durable, cancellation));

        var opened = Assert.Single(await store.ReadIncidentsAsync("any", before: null, 10, cancellation));
        Assert.Contains(
            durable.ReceivedCalls(),
            call => call.GetMethodInfo().Name == nameof(DurableTaskClient.ScheduleNewOrchestrationInstanceAsync)
                && call.GetArguments().OfType<StartOrchestrationOptions>().Single().InstanceId == IncidentIds.OfTransition(opened.Id, 1));
        Assert.Empty((await store.ReadStateAsync("any", cancellation))!.Pending);
    }
}
