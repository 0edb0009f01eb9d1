using System.Text.Json;
using McpProbe.Functions.Alerts;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace McpProbe.Functions.Tests.Alerts;

public class DurableOutboxTests
{
    private readonly DurableTaskClient _durable = Substitute.For<DurableTaskClient>("test");

    private void Known(params OrchestrationRuntimeStatus?[] statuses)
    {
        var answers = statuses.Select(status => status is { } known
            ? new OrchestrationMetadata(nameof(DeliverTransition), "x") { RuntimeStatus = known }
            : null).ToArray();
        _durable.GetInstanceAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns(answers[0], answers[1..]);
    }

    private Task HandOverAsync() => new DurableOutbox(_durable).HandOverAsync(Samples.Transition("ops"), TestContext.Current.CancellationToken);

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
}
