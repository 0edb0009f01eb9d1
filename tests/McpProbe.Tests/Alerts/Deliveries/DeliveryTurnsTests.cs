using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts.Deliveries;

/// <summary>Who waits for whom, for how long, and what becomes of a message that somebody else holds.</summary>
public class DeliveryTurnsTests
{
    private static readonly DateTimeOffset Now = Alerting.Now;
    private static readonly Channel Webhook = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" };
    private static readonly Channel Slack = Webhook with { Type = ChannelType.Slack };
    private static readonly Transition A = Alerting.Transition(1, "a");
    private static readonly Transition B = Alerting.Transition(1, "b");

    private readonly FakeTimeProvider _time = new(Now);
    private readonly MemoryStore _rows;
    private readonly List<string> _sent = [];
    private readonly List<Delivery> _recorded = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public DeliveryTurnsTests() => _rows = new MemoryStore(_time);

    [Theory]
    [InlineData(45, 50)] // five seconds after the other one's next attempt
    [InlineData(-10, 5)] // which may be overdue
    [InlineData(null, 5)]
    public async Task Deliver_EarlierTransitionOnItsWay_WaitsForItsTurn(int? next, int expected)
    {
        var (opened, resolved) = (Alerting.Transition(1), Alerting.Transition(2));
        await _rows.KeepAsync(opened, Token);
        await _rows.KeepAsync(resolved, Token);
        await _rows.WriteDeliveryAsync(Row(opened) with { NextAttemptAt = next is { } seconds ? Now.AddSeconds(seconds) : null }, Token);
        _time.Advance(TimeSpan.FromSeconds(1));

        var waits = await Worker(Webhook).DeliverAsync(resolved, "ops", Token);

        Assert.Equal(Now.AddSeconds(next is 45 ? expected : expected + 1), waits.NextAttemptAt);
        Assert.Equal(waits, Row(resolved));
        Assert.Equal(_time.GetUtcNow(), waits.UpdatedAt);
        Assert.Empty(_sent);
        Assert.Equal([waits], _recorded);
    }

    [Fact]
    public async Task Deliver_OthersAreQuickerEachTime_GivesUpForNow()
    {
        var tries = 0;
        void Interfere()
        {
            tries++;
            _rows.Write("ops", ChannelState.New with { LastSuccess = Now.AddTicks(tries) });
            _rows.BeforeChannel = Interfere;
        }

        _rows.BeforeChannel = Interfere;

        var row = await Worker(Slack).DeliverAsync(A, "ops", Token);

        Assert.Equal((10, DeliveryStatus.Pending), (tries, row.Status));
        Assert.InRange(row.NextAttemptAt!.Value, Now.AddSeconds(5), Now.AddSeconds(10));
        Assert.Empty(_sent);
        Assert.Equal([$"{A.Id} {row.NextAttemptAt:O}"], _rows.Postponed);
    }

    [Fact]
    public async Task Deliver_OthersAreQuickerAndDeliverIt_IsDone()
    {
        var tries = 0;
        void Interfere()
        {
            _rows.Write("ops", ChannelState.New with { LastSuccess = Now.AddTicks(++tries) });
            if (tries == 10)
                _rows.Rows[(A.Id, "ops")] = Row(A) with { Status = DeliveryStatus.Delivered };
            _rows.BeforeChannel = Interfere;
        }

        _rows.BeforeChannel = Interfere;

        Assert.Equal(DeliveryStatus.Delivered, (await Worker(Slack).DeliverAsync(A, "ops", Token)).Status);
        Assert.Empty(_rows.Postponed);
    }

    [Fact]
    public async Task Deliver_AnotherClaimsItFirst_IsNotSentTwice()
    {
        var lease = new AlertLease("another/1", Now.AddSeconds(90));
        _rows.BeforeChannel = () => _rows.Write("ops", ChannelState.New with { Outgoing = [Outgoing(A) with { Lease = lease, Claims = 1 }] });

        var row = await Worker(Slack).DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Pending, lease.Until), (row.Status, row.NextAttemptAt));
        Assert.Empty(_sent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deliver_WhileTheSameWorkerSendsIt_Waits(bool alone)
    {
        Delivery? meanwhile = null;
        DeliveryWorker worker = null!;
        worker = new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = Slack },
            async (_, alert, _) =>
            {
                _sent.Add(alert.Id);
                if (_sent.Count == 1)
                    meanwhile = await worker.DeliverAsync(A, "ops", Token);
                return SendOutcome.Delivered;
            },
            _ => null, _time, alone);

        await worker.DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Pending, Now.AddSeconds(90)), (meanwhile!.Status, meanwhile.NextAttemptAt));
        Assert.Equal([A.Id], _sent);
    }

    [Fact]
    public async Task Deliver_EarlierOfItsIncidentIsOutAndOthersAreReady_ComesAfterItAllTheSame()
    {
        var later = Alerting.Transition(2, "a");
        await KeepAsync(A, later, B);
        _rows.Write("ops", ChannelState.New with
        {
            Sends = [.. Enumerable.Repeat(Now, 30)],
            Outgoing = [Outgoing(A) with { NextAttemptAt = Now.AddSeconds(30), Lease = new AlertLease("another/1", Now.AddSeconds(90)) }],
        });

        Assert.Equal(Now.AddSeconds(35), (await Worker(Slack).DeliverAsync(later, "ops", Token)).NextAttemptAt);
    }

    [Fact]
    public async Task Deliver_SeveralWaitForTheGroupsMinute_TheOldestComesFirst()
    {
        var (c, worker) = (Alerting.Transition(1, "c"), Worker(Slack));
        await worker.DeliverAsync(A, "ops", Token);
        await _rows.KeepAsync(B with { At = Now.AddSeconds(1) }, Token);
        await _rows.KeepAsync(c with { At = Now.AddSeconds(2) }, Token);

        var (second, third) = (await worker.DeliverAsync(B, "ops", Token), await worker.DeliverAsync(c, "ops", Token));

        Assert.Equal((Now.AddSeconds(60), Now.AddSeconds(65)), (second.NextAttemptAt, third.NextAttemptAt));
        // The store is told for all that go together.
        Assert.Equal(2, _rows.Postponed.Count(each => each == $"{B.Id} {Now.AddSeconds(60):O}"));
        Assert.Equal(2, _rows.Postponed.Count(each => each == $"{c.Id} {Now.AddSeconds(60):O}"));
        Assert.Equal([A.Id], _sent);
    }

    [Theory]
    [InlineData(30, 35)]
    [InlineData(-5, 5)]
    public async Task Deliver_EarlierOfItsIncidentIsOut_ComesAfterIt(int next, int expected)
    {
        var later = Alerting.Transition(2, "a");
        await KeepAsync(A, later);
        _rows.Write("ops", ChannelState.New with
        {
            Outgoing =
            [
                Outgoing(A) with { NextAttemptAt = Now.AddSeconds(next), Lease = new AlertLease("another/1", Now.AddSeconds(90)) },
                Outgoing(B) with { NextAttemptAt = Now.AddSeconds(300) },
            ],
        });

        var waits = await Worker(Slack).DeliverAsync(later, "ops", Token);

        Assert.Equal(Now.AddSeconds(expected), waits.NextAttemptAt);
        Assert.Equal([$"{later.Id} {waits.NextAttemptAt:O}"], _rows.Postponed);
        Assert.Empty(_sent);
    }

    [Theory]
    [InlineData(90, false, false)]
    [InlineData(0, false, true)] // the lease has just ended
    [InlineData(90, true, true)] // nobody else lives
    public async Task Deliver_MessageThatSomebodyIsSending_WaitsForTheEndOfTheLease(int until, bool alone, bool sends)
    {
        await KeepAsync(A, B, Alerting.Transition(1, "c"));
        var lease = new AlertLease("another/1", Now.AddSeconds(until));
        _rows.Write("ops", ChannelState.New with { Outgoing = [Outgoing(A, B) with { Lease = lease, Claims = 1 }] });

        var row = await Worker(Slack, alone).DeliverAsync(A, "ops", Token);

        Assert.Equal(sends ? DeliveryStatus.Delivered : DeliveryStatus.Pending, row.Status);
        if (sends)
            return;
        Assert.Equal(lease.Until, row.NextAttemptAt);
        Assert.Equal([$"{A.Id} {lease.Until:O}", $"{B.Id} {lease.Until:O}"], _rows.Postponed.Order());
        Assert.Empty(_sent);
    }

    [Fact]
    public async Task Deliver_MessageOfOneThatSomebodyIsSending_WaitsWithoutReadingWhatElseWaits()
    {
        await KeepAsync(A, B);
        var lease = new AlertLease("another/1", Now.AddSeconds(90));
        _rows.Write("ops", ChannelState.New with { Outgoing = [Outgoing(A) with { Lease = lease, Claims = 1 }] });
        var before = _rows.Steps;

        Assert.Equal(lease.Until, (await Worker(Slack).DeliverAsync(A, "ops", Token)).NextAttemptAt);

        Assert.Equal(2, _rows.Steps - before); // the ledger and the row
        Assert.Equal([$"{A.Id} {lease.Until:O}"], _rows.Postponed);
    }

    [Theory]
    [InlineData(null, false, true)]
    [InlineData(30, false, false)]
    [InlineData(0, false, true)]
    [InlineData(30, true, true)]
    public async Task Deliver_DisabledWhileAMessageIsOut_GivesUpAllOfItUnlessSomebodyIsSendingIt(int? until, bool alone, bool givesUp)
    {
        await KeepAsync(A, B);
        var ledger = ChannelState.New with
        {
            Outgoing = [Outgoing(A, B) with { Lease = until is { } seconds ? new AlertLease("another/1", Now.AddSeconds(seconds)) : null }],
            Disabled = new ChannelClosure(Now, "it answered 410", ChannelAddress.HashOf(Slack, _ => null)),
        };
        _rows.Write("ops", ledger);

        var row = await Worker(Slack, alone).DeliverAsync(A, "ops", Token);

        Assert.Empty(_sent);
        if (givesUp)
        {
            Assert.Equal((DeliveryStatus.GaveUp, DeliveryStatus.GaveUp), (row.Status, Row(B).Status));
            Assert.Equal((null, row.LastError), (row.NextAttemptAt, Row(B).LastError));
            Assert.Contains("because it answered 410", row.LastError, StringComparison.Ordinal);
            Assert.Empty(_rows.ChannelOf("ops").Outgoing);
            Assert.Equal([A.Id, B.Id], _recorded.Select(each => each.TransitionId));
        }
        else
        {
            Assert.Equal((DeliveryStatus.Pending, Now.AddSeconds(5)), (row.Status, row.NextAttemptAt));
            Assert.Equal([$"{A.Id} {row.NextAttemptAt:O}"], _rows.Postponed);
            Assert.Same(ledger, _rows.ChannelOf("ops"));
        }
    }

    [Fact]
    public async Task Deliver_DisabledAndNothingIsOut_GivesUpTheOneAndRecordsIt()
    {
        await KeepAsync(A, B);
        _rows.Write("ops", ChannelState.New with { Disabled = new ChannelClosure(Now, "it answered 410", Address: null) });
        _time.Advance(TimeSpan.FromSeconds(1));

        // An address that cannot be resolved is not another one.
        var row = await Worker(Slack with { Url = "${env:NOT_SET}" }).DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.GaveUp, DeliveryStatus.Pending), (row.Status, Row(B).Status));
        Assert.Equal((null, Now.AddSeconds(1)), (row.NextAttemptAt, row.UpdatedAt));
        Assert.Equal([row], _recorded);
        Assert.NotNull(_rows.ChannelOf("ops").Disabled);
    }

    [Fact]
    public async Task Deliver_GoneWhileTheLedgerChanges_IsDisabledAllTheSame()
    {
        _rows.BeforeChannel = () => _rows.Write("ops", ChannelState.New with { LastSuccess = Now });

        await Worker(Webhook, answer: SendOutcome.Gone("answered 410")).DeliverAsync(A, "ops", Token);

        Assert.Equal((Now, "answered 410"), (_rows.ChannelOf("ops").LastSuccess, _rows.ChannelOf("ops").Disabled?.Why));
    }

    [Fact]
    public async Task Deliver_FailedWhileTheLedgerChanges_LeavesTheOtherOnesNote()
    {
        _rows.BeforeChannel = () => _rows.Write("ops", ChannelState.New with { LastSuccess = Now });

        await Worker(Webhook, answer: SendOutcome.Retry("answered 503")).DeliverAsync(A, "ops", Token);

        Assert.Equal((Now, null), (_rows.ChannelOf("ops").LastSuccess, _rows.ChannelOf("ops").LastError));
    }

    [Fact]
    public async Task Deliver_WaitingRowThatIsFinal_IsTakenOutOfWhatWaits()
    {
        await KeepAsync(A, B);
        // As a death between two writes leaves it.
        _rows.Rows[(B.Id, "ops")] = Row(B) with { Status = DeliveryStatus.Delivered, NextAttemptAt = null };

        var row = await Worker(Slack).DeliverAsync(A, "ops", Token);

        Assert.Equal(DeliveryStatus.Delivered, row.Status);
        Assert.Equal([A.Id], _contents);
        Assert.Empty(_rows.Waiting);
    }

    [Fact]
    public async Task Deliver_WaitingTransitionThatIsNotStored_IsAnError()
    {
        await KeepAsync(A, B);
        _rows.Forget(B.Id);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Worker(Slack).DeliverAsync(A, "ops", Token));

        Assert.Contains(B.Id, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChannelType.Webhook)]
    [InlineData(ChannelType.Slack)]
    public async Task Deliver_Anything_TellsWhatWasRecorded(ChannelType type)
    {
        await KeepAsync(A);
        _time.Advance(TimeSpan.FromSeconds(1));

        var row = await Worker(Webhook with { Type = type }).DeliverAsync(A, "ops", Token);

        Assert.Equal((DeliveryStatus.Delivered, 1, null, Now.AddSeconds(1)), (row.Status, row.Attempts, row.NextAttemptAt, row.UpdatedAt));
        Assert.Equal([row], _recorded);
        Assert.Empty(_rows.ChannelOf("ops").Outgoing);
    }

    [Fact]
    public async Task Deliver_Cancelled_IsNoAttempt()
    {
        using var stopping = new CancellationTokenSource();
        var worker = new DeliveryWorker(
            _rows, new Dictionary<string, Channel> { ["ops"] = Webhook },
            async (_, _, token) =>
            {
                await stopping.CancelAsync();
                token.ThrowIfCancellationRequested();
                return SendOutcome.Delivered;
            },
            _ => null, _time);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker.DeliverAsync(A, "ops", stopping.Token));

        Assert.Equal((DeliveryStatus.Pending, 0), (Row(A).Status, Row(A).Attempts));
    }

    private readonly List<string> _contents = [];

    private DeliveryWorker Worker(Channel channel, bool alone = false, SendOutcome? answer = null) => new(
        _rows, new Dictionary<string, Channel> { ["ops"] = channel },
        (_, alert, _) =>
        {
            _sent.Add(alert.Id);
            _contents.AddRange(alert.Transitions.Select(each => each.Id));
            return Task.FromResult(answer ?? SendOutcome.Delivered);
        },
        _ => null, _time, alone)
    {
        Recorded = _recorded.Add,
    };

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
