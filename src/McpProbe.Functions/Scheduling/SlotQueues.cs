using Azure.Storage.Queues;
using McpProbe.Web;
using McpProbe.Web.Metrics;

namespace McpProbe.Functions.Scheduling;

/// <summary>
/// Notices a location whose probes nobody makes: its slots are sent, and lie in its queue. One peek a location says it, whatever the
/// number of endpoints.
/// </summary>
public sealed class SlotQueues(QueueServiceClient queues, HeadSettings settings, TimeProvider time) : IQueueLengths
{
    /// <summary>
    /// A message is sent a minute or so before its slots and is taken within seconds of them; a quarter of an hour is what its retries
    /// may take.
    /// </summary>
    internal static readonly TimeSpan Tolerated = TimeSpan.FromMinutes(15);

    /// <summary>The messages of every location: a request each.</summary>
    public async Task<IReadOnlyList<QueueLength>> ReadAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(settings.Locations.Select(async location =>
        {
            var properties = await queues.GetQueueClient(HeadSettings.QueueOf(location)).GetPropertiesAsync(cancellationToken);
            return new QueueLength(location, properties.Value.ApproximateMessagesCountLong);
        }));

    /// <summary>Null while every location takes its slots.</summary>
    public async Task<Obstacle?> CheckAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var oldest = await Task.WhenAll(settings.Locations.Select(async location =>
        {
            var message = await queues.GetQueueClient(HeadSettings.QueueOf(location)).PeekMessageAsync(cancellationToken);
            return (Location: location, SentAt: message.Value?.InsertedOn);
        }));
        var silent = oldest.Where(each => now - each.SentAt > Tolerated).OrderBy(each => each.SentAt).ToList();
        return silent.Count == 0 ? null : new Obstacle(
            "location silent",
            $"Nobody makes the probes of {(silent.Count == 1 ? "one location" : $"{silent.Count} locations")}: they were sent, and wait. The log of the function ProbeEndpoints there says why; when it is silent, restart that app, or let more instances run.")
        {
            Since = silent[0].SentAt,
            Details = [.. silent.Select(each => each.Location)],
        };
    }
}
