using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using McpProbe.Model;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace McpProbe.Functions.Tests.Alerts;

public class DurableOutboxTests
{
    private readonly DurableTaskClient _durable = Substitute.For<DurableTaskClient>("test");
    private readonly IDeliveryStore _deliveries = Substitute.For<IDeliveryStore>();

    public DurableOutboxTests() => _deliveries.KeepAsync(Arg.Any<Transition>(), Arg.Any<CancellationToken>()).Returns(call =>
        [.. call.Arg<Transition>().Channels.Select(channel => Delivery.Of(call.Arg<Transition>(), channel, Samples.Now))]);

    private void Known(params OrchestrationRuntimeStatus?[] statuses)
    {
        var answers = statuses.Select(status => status is { } known
            ? new OrchestrationMetadata(nameof(DeliverTransition), "x") { RuntimeStatus = known }
            : null).ToArray();
        _durable.GetInstanceAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(answers[0], answers[1..]);
    }

    private Task HandOverAsync() => HandOverAsync(Samples.Transition("ops"));

    private Task HandOverAsync(Transition transition) =>
        new DurableOutbox(_durable, _deliveries).HandOverAsync(transition, TestContext.Current.CancellationToken);

    private Task<string> Scheduling() => _durable.ScheduleNewOrchestrationInstanceAsync(
        Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<StartOrchestrationOptions?>(), Arg.Any<CancellationToken>());

    private int Scheduled() => _durable.ReceivedCalls().Count(call => call.GetMethodInfo().Name == nameof(DurableTaskClient.ScheduleNewOrchestrationInstanceAsync));

    [Fact]
    public async Task HandOver_NewTransition_StartsAnOrchestrationUnderItsId()
    {
        Known((OrchestrationRuntimeStatus?)null);

        await HandOverAsync();

        var transition = Samples.Transition("ops");
        await _durable.Received(1).ScheduleNewOrchestrationInstanceAsync(
            Arg.Is<TaskName>(name => name.Name == nameof(DeliverTransition)),
            Arg.Is<object?>(input => (string)input! == JsonSerializer.Serialize(transition, EngineJson.Default.Transition)),
            Arg.Is<StartOrchestrationOptions?>(options => options!.InstanceId == transition.Id),
            Arg.Any<CancellationToken>());
    }

    [Theory]
    [InlineData(OrchestrationRuntimeStatus.Pending, 0)]
    [InlineData(OrchestrationRuntimeStatus.Running, 0)]
    [InlineData(OrchestrationRuntimeStatus.Completed, 0)]
    [InlineData(OrchestrationRuntimeStatus.Suspended, 0)]
    [InlineData(OrchestrationRuntimeStatus.Failed, 1)]
    [InlineData(OrchestrationRuntimeStatus.Terminated, 1)]
    public async Task HandOver_Again_StartsOnlyWhatEndedWithoutDelivering(OrchestrationRuntimeStatus status, int starts)
    {
        Known(status);

        await HandOverAsync();

        Assert.Equal(starts, Scheduled());
    }

    [Fact]
    public async Task HandOver_SomebodyElseIsQuicker_IsNoError()
    {
        Known(null, OrchestrationRuntimeStatus.Running);
        Scheduling().ThrowsAsync(new InvalidOperationException("already exists"));

        await HandOverAsync();
    }

    [Fact]
    public async Task HandOver_PlatformFails_IsAnErrorSoThatTheTransitionStaysPending()
    {
        Known(null, null);
        Scheduling().ThrowsAsync(new InvalidOperationException("unavailable"));

        await Assert.ThrowsAsync<InvalidOperationException>(HandOverAsync);
    }

    [Fact]
    public async Task HandOver_NewTransition_IsKeptBeforeItsOrchestrationStarts()
    {
        Known((OrchestrationRuntimeStatus?)null);
        var kept = false;
        _deliveries.When(store => store.KeepAsync(Arg.Any<Transition>(), Arg.Any<CancellationToken>())).Do(_ => kept = Scheduled() == 0);

        await HandOverAsync();

        Assert.True(kept);
        Assert.Equal(1, Scheduled());
    }

    [Fact]
    public async Task HandOver_NobodyHearsOfIt_StartsNothing()
    {
        await HandOverAsync(Samples.Transition());

        Assert.Empty(_durable.ReceivedCalls());
        Assert.Empty(_deliveries.ReceivedCalls());
    }

    [Theory]
    [InlineData(1, "~2~ops")]
    [InlineData(2, "~3~ops")]
    public async Task HandOver_SentAgain_HasAnInstanceForEachTime(int resends, string suffix)
    {
        Known((OrchestrationRuntimeStatus?)null);
        var transition = Samples.Transition("ops");
        _deliveries.KeepAsync(Arg.Any<Transition>(), Arg.Any<CancellationToken>())
            .Returns([Delivery.Of(transition, "ops", Samples.Now) with { Resends = resends }]);

        await HandOverAsync(transition);

        await _durable.Received(1).ScheduleNewOrchestrationInstanceAsync(
            Arg.Any<TaskName>(), Arg.Any<object?>(),
            Arg.Is<StartOrchestrationOptions?>(options => options!.InstanceId == transition.Id + suffix), Arg.Any<CancellationToken>());
    }
}
