using System.Text.Json;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using Microsoft.DurableTask;
using NSubstitute;

namespace McpProbe.Functions.Tests.Alerts;

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
    public async Task Run_SeveralChannels_OneWaitingHoldsNoOther()
    {
        var slow = new TaskCompletionSource();
        Start(["slow", "quick"], (channel, attempt) => channel == "slow" && attempt == 1
            ? new DeliveryStep(DeliveryStatus.Pending, Samples.Now)
            : new DeliveryStep(DeliveryStatus.Delivered, null));
        _context.CreateTimer(Arg.Any<DateTime>(), Arg.Any<CancellationToken>()).Returns(slow.Task);

        var running = DeliverTransition.RunAsync(_context);
        Assert.Equal(["Deliver slow 1", "Deliver quick 1"], _steps);
        Assert.False(running.IsCompleted);

        slow.SetResult();
        await running;
        Assert.Equal("Deliver slow 2", _steps[^1]);
    }

    [Fact]
    public async Task Run_GivenUp_Ends()
    {
        Start(["ops"], (_, _) => new DeliveryStep(DeliveryStatus.GaveUp, null));

        await DeliverTransition.RunAsync(_context);

        Assert.Equal(["Deliver ops 1"], _steps);
    }

    [Fact]
    public async Task Run_NoChannels_DoesNothing()
    {
        Start([], (_, _) => throw new InvalidOperationException("no channel, no activity"));

        await DeliverTransition.RunAsync(_context);

        Assert.Empty(_steps);
    }

    [Fact]
    public void Messages_ThroughThePlatformsSerializer_StayWhatTheyWere()
    {
        // The worker serializes with System.Text.Json's defaults.
        var step = new DeliveryStep(DeliveryStatus.Pending, Samples.Now);
        Assert.Equal(step, JsonSerializer.Deserialize<DeliveryStep>(JsonSerializer.Serialize(step)));
        var request = new DeliveryRequest("{}", "ops");
        Assert.Equal(request, JsonSerializer.Deserialize<DeliveryRequest>(JsonSerializer.Serialize(request)));
    }
}
