using McpProbe.Alerts;
using Microsoft.Extensions.Time.Testing;

namespace McpProbe.Tests.Alerts;

public class DeliveryWorkerTests
{
    private static readonly Channel Ops = new() { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x" };

    private readonly FakeTimeProvider _time = new(Alerting.Now);
    private readonly Alerting.Deliveries _rows = new();
    private readonly List<string> _sent = [];

    private DeliveryWorker Worker(params SendOutcome[] answers)
    {
        var queue = new Queue<SendOutcome>(answers);
        return new DeliveryWorker(
            _rows,
            new Dictionary<string, Channel> { ["ops"] = Ops },
            (_, transition, _) =>
            {
                _sent.Add(transition.Id);
                return Task.FromResult(queue.Dequeue());
            },
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
}
