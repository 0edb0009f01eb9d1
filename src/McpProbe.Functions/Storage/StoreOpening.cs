using McpProbe.Web;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpProbe.Functions.Storage;

/// <summary>
/// Opens the store in the background, for as long as it takes. The app starts, and the platform finds its functions, whatever the
/// state of the account: after a first deployment roles take minutes to spread, and an app that ends at its start may be left
/// without its triggers.
/// </summary>
/// <param name="settings">While they lack a secret that the store needs, nothing is tried: the platform restarts the app when it has it.</param>
public sealed class StoreOpening(TableStore store, HeadSettings settings, TimeProvider time, ILogger<StoreOpening> log) : BackgroundService
{
    /// <summary>How long a queue message or an alert waits: the host ends a function after 10 minutes (host.json, functionTimeout).</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(7);

    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Said = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (Obstacle? Obstacle, DateTimeOffset At) _lastSaid;
    private volatile Obstacle? _obstacle = new("store not open yet", "The app has just started and is opening its store.");

    /// <summary>Why the store is not open; null once it is.</summary>
    public Obstacle? Obstacle => _obstacle;

    public bool IsOpen => _obstacle is null;

    /// <summary>Ends when the store is open, or when it is known that it cannot be opened yet; after 15 s at most.</summary>
    public Task FirstTry => _tried.Task;

    /// <summary>For a timer, which comes again: false when the store cannot be opened yet.</summary>
    public async Task<bool> IsOpenAsync(CancellationToken cancellationToken)
    {
        await FirstTry.WaitAsync(cancellationToken);
        return IsOpen;
    }

    /// <summary>Waits until the store is open, within a function's own time.</summary>
    /// <exception cref="StoreNotOpenException">It was not open in time: the platform calls the function again.</exception>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _open.Task.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StoreNotOpenException(_obstacle);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var name in settings.Unresolved)
            Log.SecretUnresolved(log, name);
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            _obstacle = await TryAsync(stoppingToken);
            _tried.TrySetResult();
            Say(_obstacle);
            if (_obstacle is null)
            {
                _open.SetResult();
                return;
            }

            await Task.Delay(pause, time, stoppingToken);
        }
    }

    private async Task<Obstacle?> TryAsync(CancellationToken stopping)
    {
        if (settings.Store is null)
            return UnresolvedSecrets.Obstacle(settings.Unresolved);
        using var oneTry = new CancellationTokenSource(OneTry, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, oneTry.Token);
        try
        {
            await store.OpenAsync(either.Token);
            return null;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            if (oneTry.IsCancellationRequested)
                return store.IsMoving ? StorageObstacle.Moving : StorageObstacle.Slow;
            if (StorageObstacle.Of(exception) is { } known)
                return known;
            Log.OpeningFailed(log, exception);
            return new Obstacle("store not open", "The store cannot be opened because of an error that McpProbe does not know. Its log has it; it is tried again all the time.");
        }
    }

    // One line per cause and minute, so that minutes of waiting neither hide nor flood.
    private void Say(Obstacle? obstacle)
    {
        var now = time.GetUtcNow();
        if (obstacle is null)
        {
            if (_lastSaid.Obstacle is not null)
                Log.Opened(log);
        }
        else if (obstacle.Reason != _lastSaid.Obstacle?.Reason || now - _lastSaid.At >= Said)
        {
            Log.NotOpen(log, obstacle.Reason, obstacle.Detail);
            _lastSaid = (obstacle, now);
        }
    }
}

/// <summary>The store was not open within a function's time: the function is tried again.</summary>
public sealed class StoreNotOpenException(Obstacle? obstacle) : Exception($"The store is not open, so this is tried again later. {obstacle}");
