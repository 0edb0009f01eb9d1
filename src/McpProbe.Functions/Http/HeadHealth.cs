using McpProbe.Functions.Scheduling;
using McpProbe.Functions.Storage;
using McpProbe.Web;

namespace McpProbe.Functions.Http;

/// <summary>What keeps this app from probing: a secret, the store, the schedule.</summary>
public sealed class HeadHealth(StoreOpening opening, ScheduleWatch schedule, HeadSettings settings, TimeProvider time) : IHeadHealth
{
    /// <summary>Somebody waits for the answer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public async ValueTask<Obstacle?> FindBlockAsync(CancellationToken cancellationToken) =>
        settings.ApiKey is null ? UnresolvedSecrets.Obstacle(settings.Unresolved) : await FindStoreObstacleAsync(cancellationToken);

    public Obstacle? Explain(Exception exception) => StorageObstacle.Of(exception);

    public async Task<IReadOnlyList<Obstacle>> CheckAsync(CancellationToken cancellationToken)
    {
        var obstacles = new[]
        {
            UnresolvedSecrets.Obstacle(settings.Unresolved),
            await FindStoreObstacleAsync(cancellationToken) ?? await CheckScheduleAsync(cancellationToken),
        };
        // A store that waits for a secret says so again.
        return [.. obstacles.OfType<Obstacle>().Distinct()];
    }

    // Whoever wakes the app waits a moment for it to open its store, instead of being told that it is not open yet.
    private async ValueTask<Obstacle?> FindStoreObstacleAsync(CancellationToken cancellationToken)
    {
        if (!opening.IsOpen)
            await Task.WhenAny(opening.FirstTry, Task.Delay(Longest, time, cancellationToken));
        return opening.Obstacle;
    }

    private async Task<Obstacle?> CheckScheduleAsync(CancellationToken cancellationToken)
    {
        using var longest = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, longest.Token);
        try
        {
            return await schedule.CheckAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return StorageObstacle.Slow;
        }
        catch (Exception exception) when (StorageObstacle.Of(exception) is not null)
        {
            return StorageObstacle.Of(exception);
        }
    }
}
