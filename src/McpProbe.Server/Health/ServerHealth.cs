using McpProbe.Alerts.Channels;
using McpProbe.Server.Scheduling;
using McpProbe.Server.Storage;
using McpProbe.Web;
using McpProbe.Web.Health;

namespace McpProbe.Server.Health;

/// <summary>
/// What keeps this head from its work. All but the channels is known in memory, and a store that hangs costs two seconds: the answer
/// comes also when nothing else does.
/// </summary>
internal sealed class ServerHealth : IHeadHealth, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);

    private readonly SqliteStore _store;
    private readonly SlotWatch _slots;
    private readonly StandingObstacles _standing;
    private readonly TimeProvider _time;
    private readonly Looking<IReadOnlyList<ChannelHealth>> _channels;

    public ServerHealth(
        SqliteStore store, SlotWatch slots, StandingObstacles standing, IReadOnlyDictionary<string, Channel> channels, TimeProvider time)
    {
        (_store, _slots, _standing, _time) = (store, slots, standing, time);
        _channels = new(token => ChannelHealths.ReadAsync(channels, store, time.GetUtcNow(), token), Kept, Patience, time);
    }

    public ValueTask<Obstacle?> FindBlockAsync(CancellationToken cancellationToken) => ValueTask.FromResult<Obstacle?>(null);

    public Obstacle? Explain(Exception exception) => exception switch
    {
        StoreRefusesException => new Obstacle(
            StoreObstacle.Reason, "The change was not made: McpProbe's data directory takes no writes now. The page's head says why; try again when it works."),
        _ when DiskTrouble.Of(exception) is { } why => new Obstacle(StoreObstacle.Reason, $"McpProbe's data directory cannot be used: {why}."),
        _ => null,
    };

    public async Task<IReadOnlyList<Obstacle>> CheckAsync(CancellationToken cancellationToken)
    {
        List<Obstacle> known = [];
        if (_store.Failure is { } failure)
            known.Add(StoreObstacle.Of(failure));
        if (_store.Damage is { } damage)
            known.Add(StoreObstacle.OfDamage(damage));
        var channels = await LookAtChannelsAsync(known, cancellationToken);
        var now = _time.GetUtcNow();
        return HealthJudge.Judge(new HealthFacts
        {
            Now = now,
            Known = [.. known, .. _standing.All],
            Watched = _slots.Count,
            Stale = _slots.Stale(now),
            Missed = _slots.MissedLately(now),
            Channels = channels,
        });
    }

    public void Dispose() => _channels.Dispose();

    private async Task<IReadOnlyList<ChannelHealth>> LookAtChannelsAsync(List<Obstacle> known, CancellationToken cancellationToken)
    {
        try
        {
            return await _channels.AskAsync(cancellationToken);
        }
        catch (TimeoutException)
        {
            known.Add(new Obstacle(
                "store silent", "McpProbe's store does not answer. Its disk hangs, or another program holds the database: look at the disk, and restart McpProbe if it stays so."));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            known.Add(new Obstacle(
                "store unreadable", $"McpProbe's store cannot be read{(DiskTrouble.Of(exception) is { } why ? $": {why}" : "")}. Its log says why; if the file is damaged, restore it from a backup."));
        }
        return [];
    }
}
