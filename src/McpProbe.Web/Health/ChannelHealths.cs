using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;

namespace McpProbe.Web.Health;

/// <summary>Reads how the configured channels do.</summary>
public static class ChannelHealths
{
    private const int MostGivenUp = 100;

    /// <summary>What was given up longer ago is on the page; it says nothing of the channel today.</summary>
    private static readonly TimeSpan News = TimeSpan.FromDays(1);

    public static async Task<IReadOnlyList<ChannelHealth>> ReadAsync(
        IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (channels.Count == 0)
            return [];
        var givenUp = (await history.ReadGivenUpAsync(MostGivenUp, cancellationToken))
            .Where(delivery => delivery.UpdatedAt > now - News)
            .GroupBy(delivery => delivery.Channel)
            .ToDictionary(each => each.Key, each => each.Max(delivery => delivery.UpdatedAt));
        var known = (await history.ReadChannelsAsync(cancellationToken)).ToDictionary(status => status.Name);
        return
        [
            .. channels.Keys.Select(name => new ChannelHealth(
                known.GetValueOrDefault(name) ?? new ChannelStatus(name, ChannelState.New, Waiting: 0),
                givenUp.TryGetValue(name, out var at) ? at : null)),
        ];
    }
}
