using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Monitoring;
using McpProbe.Web.Api;

namespace McpProbe.Web.Pages;

/// <summary>Alerts that nobody got, as the status page shows them.</summary>
/// <param name="GivenUp">The newest first.</param>
/// <param name="IsMore">Whether more were given up than are shown.</param>
/// <param name="Disabled">Channels that get nothing at all.</param>
public sealed record UndeliveredView(IReadOnlyList<Delivery> GivenUp, bool IsMore, IReadOnlyList<ChannelDocument> Disabled)
{
    private const int MostShown = 20;

    /// <summary>What is older is history, and no news any more; the API lists it.</summary>
    private static readonly TimeSpan ShownFor = TimeSpan.FromDays(7);

    public bool IsEmpty => GivenUp.Count == 0 && Disabled.Count == 0;

    /// <summary>For the banner: what did not arrive, and why more will not.</summary>
    public string Headline
    {
        get
        {
            var alerts = (GivenUp.Count, IsMore) switch
            {
                (0, _) => null,
                (var count, true) => $"More than {count} alerts were given up",
                (1, _) => "1 alert was given up",
                (var count, _) => $"{count} alerts were given up",
            };
            var channels = Disabled switch
            {
                [] => null,
                [var only] => $"the channel '{only.Name}' is disabled",
                var several => $"{several.Count} channels are disabled",
            };
            return (alerts, channels) switch
            {
                (null, _) => $"{char.ToUpperInvariant(channels![0])}{channels[1..]}",
                (_, null) => alerts,
                _ => $"{alerts}, and {channels}",
            };
        }
    }

    internal static async Task<UndeliveredView> ReadAsync(
        IReadOnlyDictionary<string, Channel> channels, IMonitorHistory history, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var givenUp = (await history.ReadGivenUpAsync(MostShown + 1, cancellationToken))
            .Where(delivery => delivery.UpdatedAt > now - ShownFor)
            .ToList();
        var disabled = (await ChannelsApi.ReadAsync(channels, history, cancellationToken)).Where(channel => channel.Disabled is not null);
        return new([.. givenUp.Take(MostShown)], givenUp.Count > MostShown, [.. disabled]);
    }
}
