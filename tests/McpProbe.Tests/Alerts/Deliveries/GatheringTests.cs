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
    // A limit that is used up gathers everything that comes, whatever its group; the last of it is kept for an outage.
    [InlineData("scarce", "0:A+ 1:a+ 2:A- 3:a- 4:B- 9:b+", "0:A+ 1:a+ 60:A-a-B-b+")]
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

    /// <summary>
    /// The same with severities: <c>i w e c</c> behind the letter is an opening that is info, a warning, an error or critical, and
    /// <c>E</c> a reminder of an incident that is an error by now.
    /// </summary>
    [Theory]
    // Never behind what is less severe; what waits goes along.
    [InlineData("generous", "0:Aw 5:Bc", "0:Aw 5:Bc")]
    [InlineData("generous", "0:Aw 2:Bw 5:Cc", "0:Aw 5:BwCc")]
    [InlineData("generous", "0:Ai 1:Bw 2:Ce 3:Dc", "0:Ai 1:Bw 2:Ce 3:Dc")]
    // Behind what is as severe, or more so, as before.
    [InlineData("generous", "0:Ac 5:Bc 6:Cw", "0:Ac 60:BcCw")]
    [InlineData("generous", "0:Ac 5:Bw 10:Cc", "0:Ac 60:BwCc")]
    // An incident that gets worse while its opening waits takes its opening along.
    [InlineData("generous", "0:Aw 5:Bw 10:BE", "0:Aw 10:BwBE")]
    // The last of a limit is kept for what is worse.
    [InlineData("small", "0:Aw 61:Bw 122:Cw 183:Dw 200:ac 210:Ec", "0:Aw 61:Bw 122:Cw 200:Dwac 210:Ec")]
    [InlineData("small", "0:Aw 61:Be 122:Ce 183:De 200:Fe 210:ac", "0:Aw 61:Be 122:Ce 183:De 210:Feac")]
    public async Task Next_Severities_TheWorstFirst(string limit, string steps, string expected)
    {
        var channel = new Channel
        {
            Name = "ops",
            Type = ChannelType.Slack,
            Url = "https://hooks.example.com/x",
            Limit = limit == "small" ? new SendLimit(null, 5) : Generous,
        };
        var simulation = new DeliverySimulation(channel, alone: false);
        var names = new Dictionary<string, string>();
        var story = steps.Split(' ').Select(step => ReadSevere(step, names)).ToArray();

        await simulation.RunAsync(story);

        var told = string.Join(' ', simulation.Messages.Select(message =>
            $"{(message.At - Alerting.Now).TotalSeconds:F0}:{string.Concat(message.Transitions.Select(id => names[id]))}"));
        Assert.StartsWith(expected, told, StringComparison.Ordinal);
        simulation.AssertPromises([.. story.Select(step => step.Transition)]);
    }

    [Fact]
    public async Task Next_ManyWarningsByMail_LeaveRoomForAnOutage()
    {
        var simulation = new DeliverySimulation(new Channel { Name = "ops", Type = ChannelType.Email }, alone: false);
        var warnings = Enumerable.Range(0, 50).Select(i => (i * 60.0, Severe(Alerting.Transition(1, $"e{i}", $"https://host{i}.example.com/mcp"), 'w')));
        var outage = Severe(Alerting.Transition(1, "down", "https://down.example.com/mcp"), 'c');

        await simulation.RunAsync([.. warnings, (2990, outage)]);

        Assert.Equal(Alerting.Now.AddSeconds(2990), simulation.Messages.Single(message => message.Transitions.Contains(outage.Id)).At);
    }

    /// <summary>What does not get through holds up nothing that is worse: a new message goes before the repeats, and at once.</summary>
    [Theory]
    [InlineData(1, IncidentSeverity.Warning, IncidentSeverity.Critical, true)]
    [InlineData(8, IncidentSeverity.Warning, IncidentSeverity.Critical, true)]
    [InlineData(8, IncidentSeverity.Error, IncidentSeverity.Critical, true)]
    [InlineData(1, IncidentSeverity.Critical, IncidentSeverity.Critical, false)]
    [InlineData(1, IncidentSeverity.Critical, IncidentSeverity.Warning, false)]
    public void Next_RepeatsThatAreDue_GoAfterWhatIsWorse(int repeats, IncidentSeverity repeat, IncidentSeverity fresh, bool freshFirst)
    {
        var state = ChannelState.New with
        {
            Outgoing =
            [
                .. Enumerable.Range(0, repeats).Select(i =>
                    new OutgoingAlert($"{i}", [$"x{i}_1"], DeliveryStatus.Pending, 1, 1, "no", Alerting.Now.AddSeconds(-5), null) { Severity = repeat }),
            ],
            Sends = [Alerting.Now.AddSeconds(-10)],
        };
        var row = Delivery.Of(Alerting.Transition(1, "a"), "ops", Alerting.Now) with { Severity = fresh };

        var step = Gathering.Next(state, Generous, [row], _ => true, Alerting.Now);

        Assert.Equal(freshFirst, step.Rows.Count > 0);
        Assert.NotNull(step.Alert);
    }

    [Fact]
    public void Next_SeveralGroupsWhenTheLimitIsFreeAgain_BeginsWithTheWorst()
    {
        Delivery Row(string endpoint, IncidentSeverity severity) =>
            Delivery.Of(Alerting.Transition(1, endpoint, $"https://{endpoint}.example.com/mcp"), "ops", Alerting.Now) with { Severity = severity };

        var step = Gathering.Next(
            ChannelState.New, Generous, [Row("a", IncidentSeverity.Info), Row("b", IncidentSeverity.Critical), Row("c", IncidentSeverity.Error)], _ => true, Alerting.Now);

        Assert.Equal("b_outage", step.Alert!.Transitions.Single()[..8]);
        Assert.Equal(IncidentSeverity.Critical, step.Alert.Severity);
    }

    [Fact]
    public void Delivery_OfAResolve_WaitsForWhatItEnds()
    {
        Assert.Equal(IncidentSeverity.Critical, Delivery.Of(Alerting.Transition(1), "ops", Alerting.Now).Severity);
        Assert.Equal(IncidentSeverity.Info, Delivery.Of(Alerting.Transition(2), "ops", Alerting.Now).Severity);
    }

    /// <summary>Whom a send did not reach is all that the next one is for.</summary>
    [Fact]
    public void Record_SomeNotReached_AreWhomTheNextSendIsFor()
    {
        var alert = new OutgoingAlert("a", ["a_1"], DeliveryStatus.Pending, 1, 0, null, Alerting.Now, new AlertLease("x/1", Alerting.Now.AddSeconds(90)));
        var state = ChannelState.New.Replace(alert);

        var once = Gathering.Record(state, alert, SendOutcome.Retry("b was refused") with { Unreached = ["b"] }, null, Alerting.Now, 0).Outgoing.Single();
        var twice = Gathering.Record(state, once, SendOutcome.Retry("no connection"), null, Alerting.Now, 0).Outgoing.Single();
        var last = Gathering.Record(state, twice, SendOutcome.Delivered with { Error = "c was refused" }, null, Alerting.Now, 0);

        Assert.Equal(["b"], once.To!);
        Assert.Equal(["b"], twice.To!);
        Assert.Equal((DeliveryStatus.Delivered, "c was refused"), (last.Outgoing.Single().Status, last.Outgoing.Single().LastError));
        Assert.Equal(("c was refused", Alerting.Now), (last.LastError!.Error, last.LastSuccess!.Value));
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

    /// <summary>
    /// One decision. Messages that are out, by the seconds until their next attempt; sends, by the seconds since; the group's last
    /// opening, by the seconds since. Two incidents of two groups wait. Expected: the incidents of a new message, <c>repeat</c> and
    /// the message, or the seconds to wait.
    /// </summary>
    [Theory]
    [InlineData("", "", "", "a")]
    [InlineData("3600 3600 3600 3600 3600 3600 3600", "60", "", "a")]
    [InlineData("3600 3600 3600 3600 3600 3600 3600 3600", "60", "", "240")] // eight in trouble: five minutes after the last send
    [InlineData("3600 3600 3600 3600 3600 3600 3600 3600", "300", "", "a b")] // and then everything
    [InlineData("120 3600 3600 3600 3600 3600 3600 3600", "60", "", "120")] // or the first of the repeats
    [InlineData("0", "", "", "repeat 0")]
    [InlineData("-5 -9 -2", "", "", "repeat 1")] // that which waited longest
    [InlineData("-5", "1 1 1 1 1 1 1 1 1 1", "", "59")] // a repeat counts for the limit too
    [InlineData("30", "1 1 1 1 1 1 1 1 1 1", "", "59")]
    [InlineData("90 80", "1 1 1 1 1 1 1 1 1 1", "", "59")]
    [InlineData("", "", "20", "b")] // the group was told: the other one goes
    [InlineData("", "", "20 50", "b")]
    [InlineData("", "", "60", "a")]
    [InlineData("", "", "-5", "a")] // a clock that was set back
    public void Next_OneDecision_IsWhatMayGoFirst(string outgoing, string sends, string told, string expected)
    {
        static IEnumerable<double> Seconds(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(each => double.Parse(each, CultureInfo.InvariantCulture));
        var ledger = ChannelState.New with
        {
            Outgoing = [.. Seconds(outgoing).Select((at, i) => new OutgoingAlert($"{i}", [$"x{i}_1"], DeliveryStatus.Pending, 1, 1, "no", Alerting.Now.AddSeconds(at), null))],
            Sends = [.. Seconds(sends).Select(ago => Alerting.Now.AddSeconds(-ago))],
            Told = [.. Seconds(told).Select((ago, i) => new GroupTold("a.example.com", TransitionType.Opened, $"x{i}", Alerting.Now.AddSeconds(-ago)))],
        };
        Delivery[] waiting =
        [
            Delivery.Of(Alerting.Transition(1, "a", "https://a.example.com/mcp"), "ops", Alerting.Now),
            Delivery.Of(Alerting.Transition(1, "b", "https://b.example.com/mcp"), "ops", Alerting.Now) with { At = Alerting.Now.AddSeconds(1) },
        ];

        var step = Gathering.Next(ledger, new SendLimit(10, null), waiting.Reverse().ToList(), _ => true, Alerting.Now);

        Assert.Equal(expected, step switch
        {
            { Alert: null, Until: var until } => $"{(until!.Value - Alerting.Now).TotalSeconds:F0}",
            { Rows.Count: 0, Alert: var repeat } => $"repeat {repeat.Id}",
            var made => string.Join(' ', made.Rows.Select(row => row.IncidentId[..1])),
        });
        if (step.Rows.Count > 0)
            Assert.Equal((0, 0, Alerting.Now), (step.Alert!.Attempts, step.Alert.Claims, step.Alert.NextAttemptAt));
    }

    [Fact]
    public void Next_GroupToldTwiceLately_WaitsForTheLaterOne()
    {
        var row = Delivery.Of(Alerting.Transition(1, "a", "https://a.example.com/mcp"), "ops", Alerting.Now);
        GroupTold Told(string incident, int ago) => new("a.example.com", TransitionType.Opened, incident, Alerting.Now.AddSeconds(-ago));

        Assert.Equal(Alerting.Now.AddSeconds(40), Next(Told("x", 50), Told("y", 20)).Until);
        // Its own earlier message holds nothing up.
        Assert.NotNull(Next(Told(row.IncidentId, 20)).Alert);

        GatherStep Next(params GroupTold[] told) => Gathering.Next(ChannelState.New with { Told = told }, Generous, [row], _ => true, Alerting.Now);
    }

    [Fact]
    public void Next_WhatIsFinalInTheLedger_HoldsUpNothing()
    {
        var (a, later) = (Alerting.Transition(1, "a"), Alerting.Transition(2, "a"));
        var ended = new OutgoingAlert(a.Id, [a.Id], DeliveryStatus.Delivered, 1, 1, null, Alerting.Now, null);

        var step = Gathering.Next(
            ChannelState.New with { Outgoing = [ended] }, Generous, [Delivery.Of(later, "ops", Alerting.Now)], _ => true, Alerting.Now);

        Assert.Equal([later.Id], step.Alert?.Transitions);
    }

    [Fact]
    public void Next_AnotherIncidentIsOut_HoldsUpNothing()
    {
        var out1 = Alerting.Transition(1, "x");
        var ledger = ChannelState.New with { Outgoing = [new OutgoingAlert(out1.Id, [out1.Id], DeliveryStatus.Pending, 1, 1, null, Alerting.Now.AddHours(1), null)] };
        var (a, x) = (Delivery.Of(Alerting.Transition(1, "a"), "ops", Alerting.Now), Delivery.Of(Alerting.Transition(2, "x"), "ops", Alerting.Now));

        Assert.Equal([a.TransitionId], Gathering.Next(ledger, Generous, [x, a], _ => true, Alerting.Now).Alert?.Transitions);
    }

    private static (double At, Transition Transition) ReadSevere(string step, Dictionary<string, string> names)
    {
        var (at, transition) = Read(step[..^1] + (step[^1] is 'E' ? '!' : '+'), names);
        names[transition.Id] = step[^2..];
        return (at, Severe(transition, step[^1]));
    }

    private static Transition Severe(Transition transition, char severity) => transition with
    {
        Incident = transition.Incident with
        {
            Severity = severity switch { 'i' => IncidentSeverity.Info, 'w' => IncidentSeverity.Warning, 'c' => IncidentSeverity.Critical, _ => IncidentSeverity.Error },
        },
    };

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
