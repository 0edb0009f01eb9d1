using System.Collections.Concurrent;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Deliveries;

public class DeliveryWorkerTests
{
    private static readonly Channel Ops = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" };

    private readonly FakeTimeProvider _time = new(Alerting.Now);
    private readonly MemoryStore _rows;
    private readonly List<string> _sent = [];

    public DeliveryWorkerTests() => _rows = new MemoryStore(_time);

    private DeliveryWorker Worker(params SendOutcome[] answers) => Worker(Ops, answers);

    private DeliveryWorker Worker(Channel channel, params SendOutcome[] answers)
    {
        var queue = new Queue<SendOutcome>(answers);
        return new DeliveryWorker(
            _rows,
            new Dictionary<string, Channel> { ["ops"] = channel },
            (_, transition, _) =>
            {
                _sent.Add(transition.Id);
                return Task.FromResult(queue.Dequeue());
            },
            _ => null,
            _time);
    }

    [Fact]
    public async Task Deliver_Confirmed_IsRecordedAndNeverSentAgain()
    {
        var worker = Worker(SendOutcome.Delivered);

        var first = await worker.DeliverAsync(Alerting.Transition(), "ops", TestContext.Current.CancellationToken);
        var second = await worker.DeliverAsync(Alerting.Transition(), "ops", TestContext.Current.CancellationToken);

        Assert.Equal((DeliveryStatus.Delivered, 1, null), (first.Status, first.Attempts, first.NextAttemptAt));
        Assert.Equal(first, second);
        Assert.Single(_sent);
    }

    [Fact]
    public async Task Deliver_ReceiverAsksForLater_SaysWhen()
    {
        var later = Alerting.Now.AddMinutes(3);

        var row = await Worker(SendOutcome.Retry("answered 429", later))
            .DeliverAsync(Alerting.Transition(), "ops", TestContext.Current.CancellationToken);

        Assert.Equal((DeliveryStatus.Pending, later, "answered 429"), (row.Status, row.NextAttemptAt, row.LastError));
    }

    [Fact]
    public async Task Deliver_RefusedForGood_GivesUpVisibly()
    {
        var row = await Worker(SendOutcome.Refused("answered 410"))
            .DeliverAsync(Alerting.Transition(), "ops", TestContext.Current.CancellationToken);

        Assert.Equal((DeliveryStatus.GaveUp, "answered 410"), (row.Status, row.LastError));
        Assert.Equal(row, Assert.Single(_rows.Rows).Value);
    }

    [Fact]
    public async Task Deliver_FailsForADay_GivesUp()
    {
        var worker = Worker([.. Enumerable.Repeat(SendOutcome.Retry("no answer"), 100)]);
        Delivery row;
        do
        {
            row = await worker.DeliverAsync(Alerting.Transition(), "ops", TestContext.Current.CancellationToken);
            if (row.NextAttemptAt is { } next)
                _time.SetUtcNow(next);
        }
        while (!row.IsFinal);

        Assert.Equal((DeliveryStatus.GaveUp, "no answer", _sent.Count), (row.Status, row.LastError, row.Attempts));
    }

    [Fact]
    public async Task Deliver_PredecessorNotFinal_WaitsItsTurnWithoutCountingAnAttempt()
    {
        var (opened, resolved) = (Alerting.Transition(1), Alerting.Transition(2));
        var worker = Worker(SendOutcome.Retry("answered 503"), SendOutcome.Delivered, SendOutcome.Delivered);
        var token = TestContext.Current.CancellationToken;

        var failed = await worker.DeliverAsync(opened, "ops", token);
        var waiting = await worker.DeliverAsync(resolved, "ops", token);
        Assert.Equal((DeliveryStatus.Pending, 0), (waiting.Status, waiting.Attempts));
        Assert.True(waiting.NextAttemptAt > failed.NextAttemptAt);

        await worker.DeliverAsync(opened, "ops", token);
        await worker.DeliverAsync(resolved, "ops", token);
        Assert.Equal([opened.Id, opened.Id, resolved.Id], _sent);
    }

    [Fact]
    public async Task Deliver_UnknownChannel_GivesUpAndSaysWhatToDo()
    {
        var row = await Worker().DeliverAsync(Alerting.Transition(), "gone", TestContext.Current.CancellationToken);

        Assert.Equal(DeliveryStatus.GaveUp, row.Status);
        Assert.Contains("'gone'", row.LastError, StringComparison.Ordinal);
    }

    /// <summary>A mailbox is not told who has an incident, neither alone nor along with what is gathered; the alert after it goes on.</summary>
    [Theory]
    [InlineData(ChannelType.Email, TransitionType.Acknowledged, false)]
    [InlineData(ChannelType.Email, TransitionType.Unacknowledged, false)]
    [InlineData(ChannelType.Pagerduty, TransitionType.Acknowledged, true)]
    [InlineData(ChannelType.Pagerduty, TransitionType.Unacknowledged, false)]
    [InlineData(ChannelType.Webhook, TransitionType.Unacknowledged, true)]
    [InlineData(ChannelType.Slack, TransitionType.Acknowledged, true)]
    [InlineData(ChannelType.Ntfy, TransitionType.Unacknowledged, true)]
    public async Task Deliver_WhoHasIt_GoesToThoseThatAreTold(ChannelType type, TransitionType news, bool told)
    {
        var (second, third) = (Alerting.Transition(2) with { Type = news }, Alerting.Transition(3));
        await _rows.KeepAsync(second, Token);
        await _rows.KeepAsync(third, Token);
        var worker = Worker(Ops with { Type = type, Url = type is ChannelType.Ntfy ? "https://ntfy.example.com/x" : Ops.Url }, SendOutcome.Delivered, SendOutcome.Delivered);

        if (!told)
            await worker.DeliverAsync(third, "ops", Token);
        var row = await worker.DeliverAsync(second, "ops", Token);
        _time.Advance(TimeSpan.FromMinutes(2));
        var next = await worker.DeliverAsync(third, "ops", Token);

        Assert.Equal((told ? DeliveryStatus.Delivered : DeliveryStatus.LeftOut, told ? 1 : 0), (row.Status, row.Attempts));
        Assert.Equal(DeliveryStatus.Delivered, next.Status);
        if (!told)
            Assert.Equal([third.Id], _sent);
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Teams)]
    public async Task Deliver_EarlierOneThatWasNotForThisChannel_HoldsNothingUp(ChannelType type)
    {
        // Opened and escalated went elsewhere, the third is the first for this channel, the fifth waits for it.
        var (third, fifth) = (Alerting.Transition(3), Alerting.Transition(5));
        var worker = Worker(Ops with { Type = type }, SendOutcome.Retry("answered 503"), SendOutcome.Delivered, SendOutcome.Delivered);

        await worker.DeliverAsync(third, "ops", Token);
        var waits = await worker.DeliverAsync(fifth, "ops", Token);
        Assert.Equal((DeliveryStatus.Pending, 0), (waits.Status, waits.Attempts));

        _time.Advance(TimeSpan.FromMinutes(1));
        await worker.DeliverAsync(third, "ops", Token);
        await worker.DeliverAsync(fifth, "ops", Token);
        Assert.Equal([third.Id, third.Id, fifth.Id], _sent);
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Ntfy)]
    public async Task Deliver_NotTried_DoesNotCountTowardsGivingUp(ChannelType type)
    {
        var held = SendOutcome.Retry("the circuit is open", Alerting.Now.AddSeconds(30)) with { NotTried = true };
        var worker = Worker(Ops with { Type = type }, [.. Enumerable.Repeat(held, 50), SendOutcome.Delivered]);

        for (var i = 0; i < 50; i++)
        {
            var row = await worker.DeliverAsync(Alerting.Transition(), "ops", Token);
            Assert.Equal((DeliveryStatus.Pending, 0, "the circuit is open"), (row.Status, row.Attempts, _rows.Rows[(row.TransitionId, "ops")].LastError));
            _time.Advance(TimeSpan.FromMinutes(1));
        }
        await worker.DeliverAsync(Alerting.Transition(), "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 1), (Row().Status, Row().Attempts));
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Slack)]
    public async Task Deliver_ReceiverIsGone_DisablesTheChannelUntilItHasAnotherAddress(ChannelType type)
    {
        var channel = Ops with { Type = type };
        var worker = Worker(channel, SendOutcome.Gone("hooks.example.com answered 410"));

        var first = await worker.DeliverAsync(Alerting.Transition(1, "a"), "ops", Token);
        var second = await worker.DeliverAsync(Alerting.Transition(1, "b"), "ops", Token);

        Assert.Equal((DeliveryStatus.GaveUp, DeliveryStatus.GaveUp), (_rows.Rows[(first.TransitionId, "ops")].Status, second.Status));
        Assert.Single(_sent);
        Assert.Contains("'ops' is disabled since 2026-11-22 10:00Z, because hooks.example.com answered 410: ", second.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain("/x", _rows.ChannelOf("ops").Disabled!.Address, StringComparison.Ordinal);

        var moved = Worker(channel with { Url = "https://hooks.example.com/y" }, SendOutcome.Delivered);
        await moved.DeliverAsync(Alerting.Transition(1, "c"), "ops", Token);
        Assert.Equal(2, _sent.Count);
        Assert.Null(_rows.ChannelOf("ops").Disabled);
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Slack)]
    public async Task Deliver_EndedAndFailed_IsToldInTheChannelsState(ChannelType type)
    {
        var worker = Worker(Ops with { Type = type }, SendOutcome.Delivered, SendOutcome.Retry("answered 503"));

        await worker.DeliverAsync(Alerting.Transition(1, "a"), "ops", Token);
        _time.Advance(TimeSpan.FromMinutes(2));
        await worker.DeliverAsync(Alerting.Transition(1, "b"), "ops", Token);

        Assert.Equal(Alerting.Now, _rows.ChannelOf("ops").LastSuccess);
        Assert.Equal(new ChannelError(Alerting.Now.AddMinutes(2), "answered 503"), _rows.ChannelOf("ops").LastError);
    }

    [Fact]
    public async Task Deliver_GatheredMessageThatFailed_IsRepeatedAsItWasWhateverComesMeanwhile()
    {
        var contents = new List<string>();
        var answers = new Queue<SendOutcome>([SendOutcome.Delivered, SendOutcome.Retry("no answer"), SendOutcome.Delivered, SendOutcome.Delivered]);
        var worker = new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = Ops with { Type = ChannelType.Slack } },
            (_, alert, _) =>
            {
                contents.Add($"{alert.Id}: {string.Concat(alert.Transitions.Select(transition => transition.Endpoint.Id))}");
                return Task.FromResult(answers.Dequeue());
            },
            _ => null, _time);
        var (a, b, c, d) = (Alerting.Transition(1, "a"), Alerting.Transition(1, "b"), Alerting.Transition(1, "c"), Alerting.Transition(1, "d"));
        foreach (var transition in new[] { a, b, c })
            await worker.DeliverAsync(transition, "ops", Token);

        _time.Advance(TimeSpan.FromSeconds(60));
        await worker.DeliverAsync(b, "ops", Token); // fails with c
        await worker.DeliverAsync(d, "ops", Token); // waits: the group was told
        _time.Advance(TimeSpan.FromSeconds(60));
        await worker.DeliverAsync(c, "ops", Token);
        await worker.DeliverAsync(d, "ops", Token);

        Assert.Equal(["a", "bc", "bc", "d"], contents.Select(content => content[(content.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
        Assert.Equal(contents[1], contents[2]);
        Assert.StartsWith(b.Id + "+", contents[1], StringComparison.Ordinal);
        Assert.All(_rows.Rows.Values, row => Assert.Equal(DeliveryStatus.Delivered, row.Status));
        Assert.Equal(2, _rows.Rows[(c.Id, "ops")].Attempts);
    }

    [Fact]
    public async Task Deliver_SendThatNeverEnds_IsEndedBeforeItsLease()
    {
        var began = new TaskCompletionSource();
        var worker = new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = Ops with { Type = ChannelType.Slack } },
            async (_, _, token) =>
            {
                began.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
                return SendOutcome.Delivered;
            },
            _ => null, _time);

        var delivering = worker.DeliverAsync(Alerting.Transition(), "ops", Token);
        await began.Task;
        _time.Advance(TimeSpan.FromSeconds(60));
        var row = await delivering;

        Assert.Equal((DeliveryStatus.Pending, 1), (row.Status, Row().Attempts));
        Assert.Contains("60 s", Row().LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SendStatus.Retry, DeliveryStatus.Pending)]
    [InlineData(SendStatus.Refused, DeliveryStatus.Pending)]
    [InlineData(SendStatus.Gone, DeliveryStatus.Pending)]
    [InlineData(SendStatus.Delivered, DeliveryStatus.Delivered)]
    public async Task Deliver_LeaseEndedAndAnotherTookTheMessageOver_RecordsAnArrivalOnly(SendStatus ours, DeliveryStatus expected)
    {
        var taken = new AlertLease("another/1", Alerting.Now.AddSeconds(180));
        var worker = new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = Ops with { Type = ChannelType.Slack } },
            (_, alert, _) =>
            {
                var ledger = _rows.ChannelOf("ops");
                var outgoing = Assert.Single(ledger.Outgoing, each => each.Id == alert.Id);
                _rows.Write("ops", ledger.Replace(outgoing with { Claims = 2, Lease = taken }));
                return Task.FromResult(new SendOutcome(ours, "it came late"));
            },
            _ => null, _time);

        await worker.DeliverAsync(Alerting.Transition(), "ops", Token);

        Assert.Equal(expected, Row().Status);
        if (expected is DeliveryStatus.Pending)
        {
            var outgoing = Assert.Single(_rows.ChannelOf("ops").Outgoing);
            Assert.Equal((taken, 0, null), (outgoing.Lease, outgoing.Attempts, outgoing.LastError));
            Assert.Null(_rows.ChannelOf("ops").Disabled);
            Assert.Equal((0, null), (Row().Attempts, Row().LastError));
        }
    }

    [Fact]
    public async Task Deliver_ChannelChangesInBetween_DecidesAgain()
    {
        var worker = Worker(Ops with { Type = ChannelType.Slack }, SendOutcome.Delivered);
        // Somebody else uses up the limit just before the claim.
        _rows.BeforeChannel = () => _rows.Write("ops", ChannelState.New with { Sends = [.. Enumerable.Repeat(Alerting.Now, 30)] });

        var waits = await worker.DeliverAsync(Alerting.Transition(), "ops", Token);

        Assert.Empty(_sent);
        Assert.Equal(Alerting.Now.AddMinutes(1), waits.NextAttemptAt);
    }

    [Theory]
    [InlineData(ChannelType.Slack)]
    [InlineData(ChannelType.Webhook)]
    public async Task Deliver_ManyByFourWorkersAtOnce_SendsEachOnce(ChannelType type)
    {
        var rows = new MemoryStore(_time) { Yields = true };
        var sent = new ConcurrentQueue<string>();
        var channels = new Dictionary<string, Channel> { ["ops"] = Ops with { Type = type } };
        var workers = Enumerable.Range(0, 4).Select(_ => new DeliveryWorker(
            rows, channels,
            async (_, alert, _) =>
            {
                await Task.Yield();
                foreach (var transition in alert.Transitions)
                    sent.Enqueue(transition.Id);
                return SendOutcome.Delivered;
            },
            _ => null, _time)).ToList();
        var transitions = Enumerable.Range(0, 40).Select(i => Alerting.Transition(1, $"e{i}", $"https://host{i % 8}.example.com/mcp")).ToList();
        foreach (var transition in transitions)
            await rows.KeepAsync(transition, Token);

        for (var round = 0; round < 10 && sent.Count < transitions.Count; round++)
        {
            await Task.WhenAll(transitions.Select((transition, i) => Task.Run(() => workers[i % 4].DeliverAsync(transition, "ops", Token), Token)));
            _time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(transitions.Select(transition => transition.Id).Order(), sent.Order());
        Assert.Empty(rows.Waiting);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Delivery Row() => Assert.Single(_rows.Rows).Value;
}
