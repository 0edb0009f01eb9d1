using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using McpProbe.Alerts.Deliveries;
using McpProbe.Functions.Alerts;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace McpProbe.Functions.Tests.Alerts;

/// <summary>
/// <see cref="DeliverTransition"/> in the durable engine itself, with the head's activity over the emulator and receivers that
/// listen: what a test without the engine cannot show is that replays, timers and retries end in one message each.
/// </summary>
public class DurableDeliveryTests(Emulators emulators)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deliver_ReceiverRefusesAtFirst_IsSentAgainAfterATimerUntilItIsConfirmed()
    {
        await using var receiver = await Receiver.StartAsync(refusals: 3);
        await using var head = await StartAsync(("ops", receiver));
        await using var engine = await DurableEngine.StartAsync(DurableEngine.Hurried(head));
        var opened = StoreSamples.Transition("a", 1, 1, "ops");

        await HandOverAsync(head, engine, opened);
        var ended = await engine.EndAsync(opened.Id);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal([opened.Id], receiver.Confirmed);
        Assert.Equal([opened.Id], receiver.Asked.Distinct());
        var row = await RowAsync(head, opened, "ops");
        Assert.Equal((DeliveryStatus.Delivered, (DateTimeOffset?)null), (row.Status, row.NextAttemptAt));
        // An attempt is a send and its repeat at once.
        Assert.Equal(2, row.Attempts);
    }

    [Fact]
    public async Task Deliver_OneReceiverHangs_TheOthersHaveTheirsMeanwhile()
    {
        await using var hanging = await Receiver.StartAsync(refusals: 0);
        await using var quick = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("hanging", hanging), ("quick", quick), ("third", quick));
        await using var engine = await DurableEngine.StartAsync(DurableEngine.Hurried(head));
        var opened = StoreSamples.Transition("a", 1, 1, "hanging", "quick", "third");
        var release = hanging.Hold();

        await HandOverAsync(head, engine, opened);
        await Eventually.TrueAsync(() => quick.Confirmed.Count == 2 && hanging.Asked.Count == 1, "both quick ones told, the hanging one asked");
        Assert.Equal(OrchestrationRuntimeStatus.Running, (await engine.Client.GetInstanceAsync(opened.Id, Cancellation))!.RuntimeStatus);
        Assert.Empty(hanging.Confirmed);

        release.SetResult();
        await engine.EndAsync(opened.Id);
        Assert.Equal([opened.Id], hanging.Confirmed);
        Assert.Equal([opened.Id, opened.Id], quick.Confirmed);
    }

    [Fact]
    public async Task Deliver_RefusedEachTime_IsGivenUpAfterTheLastAttemptAndHoldsNoOther()
    {
        await using var refusing = await Receiver.StartAsync(refusals: int.MaxValue, status: 400);
        await using var receiver = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("refusing", refusing), ("ops", receiver));
        await using var engine = await DurableEngine.StartAsync(DurableEngine.Hurried(head));
        var opened = StoreSamples.Transition("a", 1, 1, "refusing", "ops", "unknown");

        await HandOverAsync(head, engine, opened);
        var ended = await engine.EndAsync(opened.Id);

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.RuntimeStatus);
        Assert.Equal(13, refusing.Asked.Count);
        var rows = await head.Store.ReadDeliveriesAsync(opened.Incident.Id, Cancellation);
        Assert.Equal(
            ["ops Delivered 1", "refusing GaveUp 13", "unknown GaveUp 0"],
            rows.Select(row => $"{row.Channel} {row.Status} {row.Attempts}").Order());
        Assert.Contains("400", rows.Single(row => row.Channel == "refusing").LastError, StringComparison.Ordinal);
    }

    // The policy of DeliverTransition waits 5 s: long enough for a store that restarts.
    [Fact]
    public async Task Deliver_StoreIsAwayForAMoment_IsTriedAgain()
    {
        await using var receiver = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("ops", receiver));
        var (deliver, calls) = (DurableEngine.Hurried(head), 0);
        await using var engine = await DurableEngine.StartAsync(request => Interlocked.Increment(ref calls) == 1
            ? throw new RequestFailedException(503, "Server busy.")
            : deliver(request));
        var opened = StoreSamples.Transition("a", 1, 1, "ops");

        await HandOverAsync(head, engine, opened);
        var ended = await engine.EndAsync(opened.Id);

        Assert.Equal((OrchestrationRuntimeStatus.Completed, 2), (ended.RuntimeStatus, calls));
        Assert.Equal([opened.Id], receiver.Confirmed);
    }

    // What the platform does with an id whose instance has ended: it starts it again. The row must stop the second send.
    [Fact]
    public async Task Deliver_SecondStartUnderAFinishedId_RunsAgainAndSendsNothing()
    {
        await using var receiver = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("ops", receiver));
        var (deliver, calls) = (DurableEngine.Hurried(head), 0);
        await using var engine = await DurableEngine.StartAsync(async request =>
        {
            var step = await deliver(request);
            Interlocked.Increment(ref calls);
            return step;
        });
        var opened = StoreSamples.Transition("a", 1, 1, "ops");
        await HandOverAsync(head, engine, opened);
        await engine.EndAsync(opened.Id);

        await engine.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(DeliverTransition), JsonSerializer.Serialize(opened, EngineJson.Default.Transition),
            new StartOrchestrationOptions(InstanceId: opened.Id), Cancellation);
        await Eventually.TrueAsync(() => calls == 2, "the second run's activity");
        await engine.EndAsync(opened.Id);

        Assert.Equal([opened.Id], receiver.Asked);
        Assert.Equal(1, (await RowAsync(head, opened, "ops")).Attempts);
    }

    [Fact]
    public async Task HandOver_AgainWhileItRunsAndAfterItEnded_StartsNothing()
    {
        await using var receiver = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("ops", receiver));
        var (deliver, calls) = (DurableEngine.Hurried(head), 0);
        await using var engine = await DurableEngine.StartAsync(request =>
        {
            Interlocked.Increment(ref calls);
            return deliver(request);
        });
        var opened = StoreSamples.Transition("a", 1, 1, "ops");
        var release = receiver.Hold();

        await HandOverAsync(head, engine, opened);
        await Eventually.TrueAsync(() => receiver.Asked.Count == 1, "a send on its way");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => HandOverAsync(head, engine, opened)));
        release.SetResult();
        var first = await engine.EndAsync(opened.Id);
        await HandOverAsync(head, engine, opened);
        var last = await engine.EndAsync(opened.Id);

        Assert.Equal((1, 1), (calls, receiver.Asked.Count));
        Assert.Equal(first.CreatedAt, last.CreatedAt);
    }

    [Fact]
    public async Task Deliver_ResolvedWhileOpenedIsRefused_ArriveInTheirOrderOnEachChannel()
    {
        await using var slow = await Receiver.StartAsync(refusals: 3);
        await using var quick = await Receiver.StartAsync(refusals: 0);
        await using var head = await StartAsync(("slow", slow), ("quick", quick));
        await using var engine = await DurableEngine.StartAsync(DurableEngine.Hurried(head));
        var (opened, resolved) = (StoreSamples.Transition("a", 1, 1, "slow", "quick"), StoreSamples.Transition("a", 1, 2, "slow", "quick"));
        var other = StoreSamples.Transition("b", 1, 1, "quick");

        await HandOverAsync(head, engine, opened);
        await HandOverAsync(head, engine, resolved);
        await HandOverAsync(head, engine, other);
        await Task.WhenAll(engine.EndAsync(opened.Id), engine.EndAsync(resolved.Id), engine.EndAsync(other.Id));

        Assert.Equal([opened.Id, resolved.Id], slow.Confirmed);
        Assert.Equal([opened.Id, resolved.Id], quick.Confirmed.Where(id => id != other.Id));
        Assert.Equal(3, quick.Confirmed.Count);
    }

    private async Task<Head> StartAsync(params (string Name, Receiver Receiver)[] channels) => await Head.StartAsync(
        await emulators.NewAccountAsync(), null,
        [.. channels.SelectMany(channel => new[]
        {
            ($"Channels__{channel.Name}__type", "webhook"), ($"Channels__{channel.Name}__url", channel.Receiver.Url),
        })]);

    private static Task HandOverAsync(Head head, DurableEngine engine, Transition transition) =>
        new DurableOutbox(engine.Client, head.Store).HandOverAsync(transition, Cancellation);

    private static async Task<Delivery> RowAsync(Head head, Transition transition, string channel) =>
        (await head.Store.FindDeliveryAsync(transition.Id, channel, Cancellation))!;

    /// <summary>A receiver of webhooks that notes the id of each message.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _asked = new();
        private readonly ConcurrentQueue<string> _confirmed = new();
        private StubServer? _server;
        private Task _held = Task.CompletedTask;

        internal string Url => _server!.Url;

        internal ConcurrentQueue<string> Asked => _asked;

        internal ConcurrentQueue<string> Confirmed => _confirmed;

        /// <param name="refusals">How many requests are answered with <paramref name="status"/> at first.</param>
        internal static async Task<Receiver> StartAsync(int refusals, int status = 503)
        {
            var receiver = new Receiver();
            receiver._server = await StubServer.StartAsync(context => receiver.ReceiveAsync(context, refusals, status));
            return receiver;
        }

        /// <summary>Answers nothing until the source is set.</summary>
        internal TaskCompletionSource Hold()
        {
            var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held = release.Task;
            return release;
        }

        public ValueTask DisposeAsync() => _server!.DisposeAsync();

        private async Task ReceiveAsync(HttpContext context, int refusals, int status)
        {
            var id = context.Request.Headers["webhook-id"].ToString();
            _asked.Enqueue(id);
            await _held;
            if (_asked.Count <= refusals)
                context.Response.StatusCode = status;
            else
                _confirmed.Enqueue(id);
        }
    }
}
