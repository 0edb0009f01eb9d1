using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Deliveries;

/// <summary>The process dies at every step of its I/O in turn: each read, each write, before each send and after it.</summary>
public class DeliveryDeathTests
{
    // Four endpoints of one host go down and come back within a minute, one of another host; one is told twice.
    private static readonly (double At, Transition Transition)[] Story =
    [
        (0, Alerting.Transition(1, "a")), (1, Alerting.Transition(1, "b")), (2, Alerting.Transition(1, "c")),
        (2, Alerting.Transition(1, "other", "https://elsewhere.example.com/mcp")), (20, Alerting.Transition(2, "b")),
        (30, Alerting.Transition(2, "a")), (65, Alerting.Transition(1, "d")), (80, Alerting.Transition(2, "c")),
    ];

    private static readonly Transition[] Transitions = [.. Story.Select(step => step.Transition)];

    [Theory]
    [InlineData(ChannelType.Webhook, false)]
    [InlineData(ChannelType.Webhook, true)]
    [InlineData(ChannelType.Slack, false)]
    [InlineData(ChannelType.Slack, true)]
    public async Task Deliver_DeathAtEveryStepInTurn_LosesNothingAndRepeatsOnlyTheSame(ChannelType type, bool alone)
    {
        var calm = await RunAsync(type, alone, diesAt: -1);
        Assert.InRange(calm.Store.Steps, 50, 1000);

        for (var step = 0; step < calm.Store.Steps; step++)
        {
            var died = await RunAsync(type, alone, step);

            Assert.True(died.Deaths == 1, $"no death at step {step}");
            // A death repeats one message at most.
            Assert.InRange(died.Messages.Count - died.Messages.Select(message => message.Id).Distinct().Count(), 0, 1 + Repeats);
        }
    }

    // The receiver's faults: the second message is to be repeated, the fifth is not even tried.
    private const int Repeats = 2;

    private static SendOutcome Answer(int message) => message switch
    {
        2 => SendOutcome.Retry("answered 503"),
        5 => SendOutcome.Retry("the circuit is open", Alerting.Now.AddMinutes(3)) with { NotTried = true },
        _ => SendOutcome.Delivered,
    };

    private static async Task<DeliverySimulation> RunAsync(ChannelType type, bool alone, int diesAt)
    {
        var channel = new Channel { Name = "ops", Type = type, Url = "https://hooks.example.com/x", Limit = new SendLimit(3, null) };
        var simulation = new DeliverySimulation(channel, alone, diesAt) { Answer = Answer };
        await simulation.RunAsync(Story);
        simulation.AssertPromises(Transitions);
        return simulation;
    }
}
