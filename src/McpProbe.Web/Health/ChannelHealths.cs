using McpProbe.Alerts.Channels;
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
        return
        [
            .. (await history.ReadChannelsAsync(cancellationToken)).Where(status => channels.ContainsKey(status.Name))
                .Select(status => new ChannelHealth(status, givenUp.TryGetValue(status.Name, out var at) ? at : null)),
        ];
    }
}
