using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Deliveries;

/// <summary>What is written of a send, whatever others wrote meanwhile.</summary>
public class DeliveryRecordsTests
{
    private static readonly DateTimeOffset Now = Alerting.Now;
    private static readonly Channel Webhook = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" };
    private static readonly Channel Slack = Webhook with { Type = ChannelType.Slack };
    private static readonly Transition A = Alerting.Transition(1, "a");
    private static readonly Transition B = Alerting.Transition(1, "b");

    private readonly FakeTimeProvider _time = new(Now);
    private readonly MemoryStore _rows;
    private readonly List<string> _sent = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public DeliveryRecordsTests() => _rows = new MemoryStore(_time);

    [Fact]
    public async Task Deliver_ForOneOfSeveralChannels_MakesItsRowOnly()
    {
        await Worker(Webhook, SendOutcome.Delivered).DeliverAsync(A with { Channels = ["ops", "mail"] }, "ops", Token);

        Assert.Equal([(A.Id, "ops")], _rows.Rows.Keys);
    }

    [Fact]
    public async Task Deliver_ToAChannelThatIsGone_LeavesWhatWasDelivered()
    {
        await KeepAsync(A);
        var delivered = Row(A) with { Status = DeliveryStatus.Delivered, NextAttemptAt = null };
        await _rows.WriteDeliveryAsync(delivered, Token);

        var worker = new DeliveryWorker(_rows, new Dictionary<string, Channel>(), (_, _, _) => Task.FromResult(SendOutcome.Delivered), _ => null, _time);

        Assert.Equal(delivered, await worker.DeliverAsync(A, "ops", Token));
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Slack)]
    public async Task Deliver_NotTried_IsShownAndIsNoErrorOfTheChannel(ChannelType type)
    {
        await KeepAsync(A);
        _time.Advance(TimeSpan.FromSeconds(1));

        await Worker(Webhook with { Type = type }, SendOutcome.Retry("the circuit is open", Now.AddSeconds(30)) with { NotTried = true }).DeliverAsync(A, "ops", Token);

        Assert.Equal(
            (DeliveryStatus.Pending, 0, "the circuit is open", Now.AddSeconds(30), Now.AddSeconds(1)),
            (Row(A).Status, Row(A).Attempts, Row(A).LastError, Row(A).NextAttemptAt, Row(A).UpdatedAt));
        Assert.Null(_rows.ChannelOf("ops").LastError);
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Slack)]
    public async Task Deliver_Failed_IsTriedAgainWhenItsRowSays(ChannelType type)
    {
        var worker = Worker(Webhook with { Type = type }, SendOutcome.Retry("answered 503"), SendOutcome.Delivered);

        var row = await worker.DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Pending, 1, "answered 503"), (Row(A).Status, Row(A).Attempts, Row(A).LastError));
        Assert.InRange(Row(A).NextAttemptAt!.Value, Now.AddSeconds(5), Now.AddSeconds(6));
        Assert.Equal(Row(A).NextAttemptAt, row.NextAttemptAt);
    }

    [Fact]
    public async Task Deliver_FailedBesideAnotherMessage_ChangesItsOwnRowOnly()
    {
        await KeepAsync(A, B);
        _rows.Write("ops", ChannelState.New with { Outgoing = [Outgoing(B) with { Attempts = 3, NextAttemptAt = Now.AddHours(1) }] });
        var other = Row(B);

        await Worker(Slack, SendOutcome.Retry("answered 503")).DeliverAsync(A, "ops", Token);

        Assert.Equal((1, "answered 503"), (Row(A).Attempts, Row(A).LastError));
        Assert.Same(other, Row(B));
    }

    [Fact]
    public async Task Deliver_TwiceWithinAMinute_DoesNotRewriteTheLedgerOfAMachine()
    {
        var worker = Worker(Webhook, SendOutcome.Delivered, SendOutcome.Delivered);
        await worker.DeliverAsync(A, "ops", Token);
        var writes = 0;
        _rows.BeforeChannel = () => writes++;

        await worker.DeliverAsync(B, "ops", Token);

        Assert.Equal(0, writes);
    }

    [Fact]
    public async Task Deliver_DisabledAfterItArrived_IsDelivered()
    {
        await KeepAsync(A);
        _rows.Write("ops", ChannelState.New with
        {
            Outgoing = [Outgoing(A) with { Status = DeliveryStatus.Delivered, Attempts = 2 }],
            Disabled = new ChannelClosure(Now, "it answered 410", ChannelAddress.HashOf(Slack, _ => null)),
        });

        var row = await Worker(Slack).DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 2), (row.Status, row.Attempts));
        Assert.Empty(_rows.ChannelOf("ops").Outgoing);
    }

    [Fact]
    public async Task Deliver_RowThatTheListOfWhatWaitsLacks_IsSentWithTheOthers()
    {
        _rows.Rows[(A.Id, "ops")] = Delivery.Of(A, "ops", Now);
        await KeepAsync(B);

        await Worker(Slack, SendOutcome.Delivered).DeliverAsync(A, "ops", Token);

        Assert.Equal([A.Id, B.Id], _sent.Order());
        Assert.Equal((DeliveryStatus.Delivered, DeliveryStatus.Delivered), (Row(A).Status, Row(B).Status));
    }

    [Fact]
    public async Task Deliver_AnswerToTheClaimIsLost_SendsWhatIsItsOwn()
    {
        _rows.LosesChannelAnswer = true;

        var row = await Worker(Slack, SendOutcome.Delivered).DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 1), (row.Status, row.Attempts));
        Assert.Equal([A.Id], _sent);
    }

    [Fact]
    public async Task Deliver_KnownTransition_IsNotReadAgain()
    {
        await KeepAsync(A);
        _rows.Forget(A.Id);

        Assert.Equal(DeliveryStatus.Delivered, (await Worker(Slack, SendOutcome.Delivered).DeliverAsync(A, "ops", Token)).Status);
    }

    [Fact]
    public async Task Deliver_MessageWhoseRowsAreAllFinal_IsNotSentAgain()
    {
        await KeepAsync(A, B);
        await _rows.WriteDeliveryAsync(Row(B) with { Status = DeliveryStatus.Delivered, NextAttemptAt = null }, Token);
        _rows.Write("ops", ChannelState.New with { Outgoing = [Outgoing(B) with { Claims = 1 }] });

        await Worker(Slack, SendOutcome.Delivered).DeliverAsync(A, "ops", Token);

        Assert.DoesNotContain(B.Id, _sent);
        Assert.DoesNotContain(_rows.ChannelOf("ops").Outgoing, each => each.Id == B.Id);
    }

    [Theory]
    [InlineData(SendStatus.Retry)]
    [InlineData(SendStatus.Delivered)]
    public async Task Deliver_AnotherRecordedItMeanwhile_ShowsWhatThatOneSaw(SendStatus ours)
    {
        var worker = Worker(Slack, () => _rows.Write("ops", _rows.ChannelOf("ops").Replace(
            _rows.ChannelOf("ops").Outgoing[0] with { Status = DeliveryStatus.Delivered, Attempts = 7, Lease = null })), new SendOutcome(ours, "it came late"));

        var row = await worker.DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 7), (row.Status, row.Attempts));
        Assert.Empty(_rows.ChannelOf("ops").Outgoing);
        Assert.Single(_sent);
    }

    [Fact]
    public async Task Deliver_AnotherSettledItMeanwhile_LeavesEverythingAsItIs()
    {
        var worker = Worker(
            Slack,
            () =>
            {
                _rows.Rows[(A.Id, "ops")] = Row(A) with { Status = DeliveryStatus.Delivered, Attempts = 7 };
                _rows.Write("ops", ChannelState.New);
            },
            SendOutcome.Retry("it came late"));

        var row = await worker.DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 7), (row.Status, row.Attempts));
        Assert.Null(_rows.ChannelOf("ops").LastError);
    }

    private DeliveryWorker Worker(Channel channel, params SendOutcome[] answers) => Worker(channel, () => { }, answers);

    private DeliveryWorker Worker(Channel channel, Action meanwhile, params SendOutcome[] answers)
    {
        var queue = new Queue<SendOutcome>(answers);
        return new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = channel },
            (_, alert, _) =>
            {
                _sent.AddRange(alert.Transitions.Select(each => each.Id));
                meanwhile();
                return Task.FromResult(queue.Dequeue());
            },
            _ => null, _time);
    }

    private async Task KeepAsync(params Transition[] transitions)
    {
        foreach (var transition in transitions)
            await _rows.KeepAsync(transition, Token);
    }

    private Delivery Row(Transition transition) => _rows.Rows[(transition.Id, "ops")];

    private static OutgoingAlert Outgoing(params Transition[] transitions)
    {
        string[] ids = [.. transitions.Select(each => each.Id)];
        return new OutgoingAlert(OutgoingAlert.IdOf(ids), ids, DeliveryStatus.Pending, Claims: 0, Attempts: 0, LastError: null, Now, Lease: null);
    }
}
