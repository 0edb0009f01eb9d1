using McpProbe.Alerts.Channels;
using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Monitoring;
using McpProbe.Web;
using McpProbe.Web.Health;

namespace McpProbe.Functions.Http;

/// <summary>
/// What keeps this app from its work: a secret, the store, the schedule, a location that is silent, a channel that takes no alerts. It
/// reads a few rows and peeks at a message a location, however many endpoints there are.
/// </summary>
public sealed class HeadHealth : IHeadHealth, IDisposable
{
    /// <summary>Somebody waits for the answer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly StoreOpening _opening;
    private readonly StandingObstacles _standing;
    private readonly HeadSettings _settings;
    private readonly TimeProvider _time;
    private readonly Looking<IReadOnlyList<Obstacle>> _work;

    public HeadHealth(
        StoreOpening opening, ScheduleWatch schedule, SlotQueues queues, IMonitorHistory history, IReadOnlyDictionary<string, Channel> channels,
        StandingObstacles standing, HeadSettings settings, TimeProvider time)
    {
        (_opening, _standing, _settings, _time) = (opening, standing, settings, time);
        _work = new(
            async token =>
            {
                var now = time.GetUtcNow();
                // All at once: whoever waits does not wait for their sum.
                var (lag, silent, heard) = (schedule.CheckAsync(token), queues.CheckAsync(token), ChannelHealths.ReadAsync(channels, history, now, token));
                await Task.WhenAll(lag, silent, heard);
                return HealthJudge.Judge(new HealthFacts
                {
                    Now = now,
                    Known = [.. new[] { await lag, await silent }.OfType<Obstacle>()],
                    Channels = await heard,
                });
            },
            kept: TimeSpan.Zero, Longest, time);
    }

    public async ValueTask<Obstacle?> FindBlockAsync(CancellationToken cancellationToken) =>
        _settings.ApiKey is null ? UnresolvedSecrets.Obstacle(_settings.Unresolved) : await FindStoreObstacleAsync(cancellationToken);

    public Obstacle? Explain(Exception exception) => StorageObstacle.Of(exception);

    public async Task<IReadOnlyList<Obstacle>> CheckAsync(CancellationToken cancellationToken)
    {
        List<Obstacle> obstacles = [.. new[] { UnresolvedSecrets.Obstacle(_settings.Unresolved) }.OfType<Obstacle>(), .. _standing.All];
        if (await FindStoreObstacleAsync(cancellationToken) is { } closed)
            obstacles.Add(closed);
        else
            obstacles.AddRange(await CheckWorkAsync(cancellationToken));
        // A store that waits for a secret says so again.
        return [.. obstacles.Distinct()];
    }

    public void Dispose() => _work.Dispose();

    // Whoever wakes the app waits a moment for it to open its store, instead of being told that it is not open yet.
    private async ValueTask<Obstacle?> FindStoreObstacleAsync(CancellationToken cancellationToken)
    {
        if (!_opening.IsOpen)
            await Task.WhenAny(_opening.FirstTry, Task.Delay(Longest, _time, cancellationToken));
        return _opening.Obstacle;
    }

    private async Task<IReadOnlyList<Obstacle>> CheckWorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _work.AskAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            return [StorageObstacle.Slow];
        }
        catch (Exception exception) when (StorageObstacle.Of(exception) is { } known)
        {
            return [known];
        }
    }
}
