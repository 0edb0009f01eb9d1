using System.Globalization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;

namespace McpProbe.Tests.Alerts.Deliveries;

public class GatheringTests
{
    private static readonly SendLimit Generous = new(100, null);

    /// <summary>
    /// A step is <c>seconds:transition</c>: a letter for the incident and <c>+</c> for its opening, <c>!</c> for a reminder, <c>-</c>
    /// for its resolve. Upper-case incidents are of one group, lower-case ones of another. Expected: <c>seconds:what one message
    /// held</c>, for a channel that takes three messages a minute and five in two of them, or more than anybody needs.
    /// </summary>
    [Theory]
    // The first of a group goes at once, and so does its own resolve; another group is not held up.
    [InlineData("generous", "0:A+", "0:A+")]
    [InlineData("generous", "0:A+ 10:A-", "0:A+ 10:A-")]
    [InlineData("generous", "0:A+ 1:a+", "0:A+ 1:a+")]
    [InlineData("generous", "0:A+ 5:A!", "0:A+ 5:A!")]
    // Others of the group within the minute wait, and are one message when it is over.
    [InlineData("generous", "0:A+ 5:B+ 30:C+ 59:D+", "0:A+ 60:B+C+D+")]
    [InlineData("generous", "0:A+ 61:B+", "0:A+ 61:B+")]
    // The minute counts from the last message of the kind.
    [InlineData("generous", "0:A+ 5:B+ 70:C+", "0:A+ 60:B+ 120:C+")]
    // The group's opening holds no resolve of another incident up; who waits goes along.
    [InlineData("generous", "0:A+ 5:B+ 20:A-", "0:A+ 20:B+A-")]
    // An opening and its resolve that both wait are both told, in one message and in their order.
    [InlineData("generous", "0:A+ 5:B+ 20:B-", "0:A+ 60:B+B-")]
    [InlineData("generous", "0:A+ 5:B+ 20:B- 30:C+", "0:A+ 60:B+B-C+")]
    // A limit that is used up gathers everything that comes, whatever its group.
    [InlineData("scarce", "0:A+ 1:a+ 2:A- 3:a- 4:B- 9:b+", "0:A+ 1:a+ 2:A- 60:a-B-b+")]
    // Its last half tells everything that waits, so that nobody waits for a message that cannot come soon.
    [InlineData("scarce", "0:A+ 1:B+ 2:a+", "0:A+ 2:B+a+")]
    [InlineData("generous", "0:A+ 1:B+ 2:a+", "0:A+ 2:a+ 60:B+")]
    public async Task Next_Steps_GoAtOnceOrGathered(string limit, string steps, string expected)
    {
        var channel = new Channel
        {
            Name = "ops",
            Type = ChannelType.Slack,
            Url = "https://hooks.example.com/x",
            Limit = limit == "scarce" ? new SendLimit(3, 20) : Generous,
        };
        var simulation = new DeliverySimulation(channel, alone: false);

        var names = new Dictionary<string, string>();
        var story = steps.Split(' ').Select(step => Read(step, names)).ToArray();
        await simulation.RunAsync(story);

        Assert.Equal(
            expected,
            string.Join(' ', simulation.Messages.Select(message =>
                $"{(message.At - Alerting.Now).TotalSeconds:F0}:{string.Concat(message.Transitions.Select(id => names[id]))}")));
        simulation.AssertPromises([.. story.Select(step => step.Transition)]);
    }

    [Fact]
    public async Task Next_ManyOfOneHost_AreTwoMessages()
    {
        var simulation = new DeliverySimulation(new Channel { Name = "ops", Type = ChannelType.Email }, alone: false);
        var story = Enumerable.Range(0, 500).Select(i => (i / 50.0, Alerting.Transition(1, $"e{i}"))).ToArray();

        await simulation.RunAsync(story);

        Assert.Equal([1, 499], simulation.Messages.Select(message => message.Transitions.Count));
        simulation.AssertPromises([.. story.Select(step => step.Item2)]);
    }

    [Fact]
    public async Task Next_ManyHostsByMail_KeepsBothLimitsAndTellsEverythingWithinThem()
    {
        var simulation = new DeliverySimulation(new Channel { Name = "ops", Type = ChannelType.Email }, alone: false);
        var story = Enumerable.Range(0, 120).Select(i => (i * 60.0, Alerting.Transition(1, $"e{i}", $"https://host{i}.example.com/mcp"))).ToArray();

        await simulation.RunAsync(story);

        var sends = simulation.Messages.Select(message => message.At).ToList();
        Assert.All(sends, at => Assert.InRange(sends.Count(other => other <= at && other > at.AddMinutes(-1)), 1, 5));
        Assert.All(sends, at => Assert.InRange(sends.Count(other => other <= at && other > at.AddHours(-1)), 1, 10));
        simulation.AssertPromises([.. story.Select(step => step.Item2)]);
    }

    [Fact]
    public async Task Next_AReceiverThatFailsForHours_GetsNewMessagesOnlyNowAndThen()
    {
        var back = Alerting.Now.AddHours(4);
        DeliverySimulation simulation = null!;
        simulation = new DeliverySimulation(new Channel { Name = "ops", Type = ChannelType.Discord }, alone: false)
        {
            Answer = _ => simulation.Time.GetUtcNow() < back ? SendOutcome.Retry("answered 503") : SendOutcome.Delivered,
        };
        var story = Enumerable.Range(0, 200).Select(i => (i * 60.0, Alerting.Transition(1, $"e{i}", $"https://host{i}.example.com/mcp"))).ToArray();

        await simulation.RunAsync(story);

        // Eight, and one each five minutes after that; not one for each of the two hundred.
        Assert.InRange(simulation.Messages.Select(message => message.Id).Distinct().Count(), 9, 60);
        simulation.AssertPromises([.. story.Select(step => step.Item2)]);
    }

    [Fact]
    public void Next_SendsInTheFuture_AreOfAClockThatWasSetBack()
    {
        var state = ChannelState.New with { Sends = [.. Enumerable.Repeat(Alerting.Now.AddDays(1), 10)] };

        var step = Gathering.Next(state, new SendLimit(1, 1), [Delivery.Of(Alerting.Transition(), "ops", Alerting.Now)], _ => true, Alerting.Now);

        Assert.NotNull(step.Alert);
    }

    private static (double At, Transition Transition) Read(string step, Dictionary<string, string> names)
    {
        var (at, name) = (double.Parse(step[..step.IndexOf(':', StringComparison.Ordinal)], CultureInfo.InvariantCulture), step[^2..]);
        var endpoint = char.IsUpper(name[0]) ? $"{char.ToLowerInvariant(name[0])}1" : $"{name[0]}2";
        var url = char.IsUpper(name[0]) ? "https://one.example.com/mcp" : "https://two.example.com/mcp";
        var transition = Alerting.Transition(1 + names.Values.Count(each => each[0] == name[0]), endpoint, url) with
        {
            Type = name[1] switch
            {
                '+' => TransitionType.Opened,
                '!' => TransitionType.Reminded,
                _ => TransitionType.Resolved,
            },
        };
        names.Add(transition.Id, name);
        return (at, transition);
    }
}
