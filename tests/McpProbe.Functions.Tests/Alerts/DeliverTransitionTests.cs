using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using Microsoft.DurableTask;
using NSubstitute;

namespace McpProbe.Functions.Tests.Alerts;

/// <summary>The orchestrator's own steps; <see cref="DurableDeliveryTests"/> runs it in the engine.</summary>
public class DeliverTransitionTests
{
    private readonly TaskOrchestrationContext _context = Substitute.For<TaskOrchestrationContext>();
    private readonly List<string> _steps = [];

    private void Start(string[] channels, Func<string, int, DeliveryStep> answer)
    {
        var calls = new Dictionary<string, int>();
        _context.GetInput<string>().Returns(JsonSerializer.Serialize(Samples.Transition(channels), EngineJson.Default.Transition));
        _context.CallActivityAsync<DeliveryStep>(Arg.Any<TaskName>(), Arg.Any<object?>(), Arg.Any<TaskOptions?>()).Returns(call =>
        {
            var request = (DeliveryRequest)call[1];
            var attempt = calls[request.Channel] = calls.GetValueOrDefault(request.Channel) + 1;
            _steps.Add($"{((TaskName)call[0]).Name} {request.Channel} {attempt}");
            return Task.FromResult(answer(request.Channel, attempt));
        });
        _context.CreateTimer(Arg.Any<DateTime>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            _steps.Add($"sleep until {call.Arg<DateTime>():HH:mm:ss} {call.Arg<DateTime>().Kind}");
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Run_ReceiverAsksForLater_SleepsUntilThenAndTriesAgain()
    {
        Start(["ops"], (_, attempt) => attempt < 3
            ? new DeliveryStep(DeliveryStatus.Pending, Samples.Now.AddMinutes(attempt))
            : new DeliveryStep(DeliveryStatus.Delivered, null));

        await DeliverTransition.RunAsync(_context);

        Assert.Equal(
            ["Deliver ops 1", "sleep until 10:01:00 Utc", "Deliver ops 2", "sleep until 10:02:00 Utc", "Deliver ops 3"], _steps);
    }

    [Fact]
    public async Task Run_NoChannels_DoesNothing()
    {
        Start([], (_, _) => throw new InvalidOperationException("no channel, no activity"));

        await DeliverTransition.RunAsync(_context);

        Assert.Empty(_steps);
    }
}
