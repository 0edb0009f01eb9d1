using McpProbe.Alerts.Deliveries;
using McpProbe.Model;
using McpProbe.Server.Storage;
using McpProbe.Text;
using McpProbe.Web;
using McpProbe.Web.Health;
using Events = System.Threading.Channels.Channel;
using Key = (string Transition, string Channel);

namespace McpProbe.Server.Alerts;

/// <summary>
/// The delivery loop of the one-machine head: works every delivery when it is due. What to send, when again and in which order is
/// decided by the engine's <see cref="DeliveryWorker"/> and by the store; here it is only woken.
/// </summary>
internal sealed class DeliveryLoop(SqliteStore store, DeliveryWorker worker, StandingObstacles standing, TimeProvider time, ILogger<DeliveryLoop> logger) : BackgroundService
{
    // So that a channel that hangs or has much to catch up with takes nothing from the others.
    private const int PerChannel = 4;

    // What must wake somebody does not wait for places that lesser alerts hold, each until its send ends.
    private const int MoreForCritical = 2;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    // A delivery that ended; null when something else may be due.
    private readonly System.Threading.Channels.Channel<Key?> _events = Events.CreateUnbounded<Key?>();
    private readonly Dictionary<Key, Task> _inFlight = [];
    private readonly CancellationTokenSource _sends = new();
    private readonly LineLimit _lines = new(time);

    /// <summary>Something may be due.</summary>
    public void Wake() => _events.Writer.TryWrite(null);

    public override void Dispose()
    {
        _sends.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        worker.Recorded = LogRecorded;
        await using var timer = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Wake();
        try
        {
            while (await _events.Reader.WaitToReadAsync(stoppingToken))
            {
                while (_events.Reader.TryRead(out var ended))
                {
                    if (ended is { } key)
                        _inFlight.Remove(key);
                }
                timer.Change(StartWhatIsDue(), Timeout.InfiniteTimeSpan);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FinishAsync();
        }
    }

    /// <summary>Starts what is due.</summary>
    /// <returns>How long until something else is.</returns>
    private TimeSpan StartWhatIsDue()
    {
        try
        {
            var now = time.GetUtcNow();
            var busy = _inFlight.Keys.CountBy(key => key.Channel).ToDictionary();
            foreach (var due in store.ReadDue(now, 2 * (PerChannel + MoreForCritical)))
            {
                Key key = (due.Transition.Id, due.Channel);
                if (_inFlight.ContainsKey(key) || busy.GetValueOrDefault(due.Channel) >= PlacesFor(due.Transition))
                    continue;
                busy[due.Channel] = busy.GetValueOrDefault(due.Channel) + 1;
                _inFlight.Add(key, Task.Run(() => DeliverAsync(due, key), CancellationToken.None));
            }
            var wait = store.NextDueAfter(now) is { } next && next - now < LongestWait ? next - now : LongestWait;
            standing.Clear("deliveries unreadable");
            return wait;
        }
        catch (Exception failure)
        {
            // A store that fails once must not end all alerts.
            standing.Set(new Obstacle(
                "deliveries unreadable", "What is to be delivered cannot be read, so no alert goes out. It is tried again every few seconds; the log says why."));
            if (_lines.Allows($"loop {Cause.Of(failure)}", out _))
                Log.DeliveryLoopFailed(logger, failure);
            return AfterFailure;
        }
    }

    private static int PlacesFor(Transition transition) =>
        transition is { Type: not TransitionType.Resolved, Incident.Severity: IncidentSeverity.Critical } ? PerChannel + MoreForCritical : PerChannel;

    private async Task DeliverAsync(DueDelivery due, Key key)
    {
        try
        {
            await worker.DeliverAsync(due.Transition, due.Channel, _sends.Token);
        }
        catch (OperationCanceledException) when (_sends.IsCancellationRequested)
        {
            // Not recorded as sent: the next start sends it again, under the same id.
        }
        catch (Exception failure)
        {
            if (_lines.Allows($"delivery {Cause.Of(failure)}", out _))
                Log.DeliveryFailed(logger, due.Transition.Id, due.Channel, failure);
            // Still due: keep its place for a while, so that it is not tried without a pause.
            await Task.Delay(AfterFailure, time, _sends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // Its successor in the incident may go now, and a place in the channel is free.
        _events.Writer.TryWrite(key);
    }

    private void LogRecorded(Delivery delivery)
    {
        if (delivery.Status is DeliveryStatus.Delivered)
            Log.Delivered(logger, delivery.TransitionId, delivery.Type is { } type ? WireNames.Of(type) : "", delivery.Channel);
        else if (delivery.Status is DeliveryStatus.GaveUp)
            Log.GaveUp(logger, delivery.TransitionId, delivery.Channel, delivery.Attempts, delivery.LastError);
        else if (delivery.LastError is not null && _lines.Allows($"retry {delivery.Channel}", out _))
            Log.WillRetry(logger, delivery.TransitionId, delivery.Channel, delivery.Attempts, delivery.NextAttemptAt, delivery.LastError);
    }

    private async Task FinishAsync()
    {
        var all = Task.WhenAll(_inFlight.Values);
        try
        {
            await all.WaitAsync(Grace, time);
        }
        catch (TimeoutException)
        {
            await _sends.CancelAsync();
            await all;
        }
    }
}
