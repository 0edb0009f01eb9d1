using System.Text.Json;

namespace McpProbe.Bench.Azure;

/// <summary>How the host works a queue, as host.json at the repository's top says.</summary>
/// <param name="BatchSize">Messages that one request takes from the queue.</param>
/// <param name="NewBatchThreshold">The next batch is asked for while no more than these are being worked.</param>
/// <param name="MaxPollingInterval">Between two looks at an empty queue, once it has been empty for a while.</param>
/// <param name="HubPartitions">Control queues of the durable task hub.</param>
internal sealed record HostJson(int BatchSize, int NewBatchThreshold, TimeSpan MaxPollingInterval, int HubPartitions, TimeSpan MaxHubPollingInterval)
{
    /// <summary>The scaler wants as many instances as there are messages for, at so many each.</summary>
    public int MessagesPerInstance => BatchSize + NewBatchThreshold;

    public static HostJson Read() => Read(File.ReadAllText(Path.Combine(Repository.Root, "host.json")));

    public static HostJson Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var extensions = document.RootElement.GetProperty("extensions");
        var (queues, hub) = (extensions.GetProperty("queues"), extensions.GetProperty("durableTask").GetProperty("storageProvider"));
        return new HostJson(
            queues.GetProperty("batchSize").GetInt32(),
            queues.GetProperty("newBatchThreshold").GetInt32(),
            Time(queues, "maxPollingInterval"),
            hub.TryGetProperty("partitionCount", out var partitions) ? partitions.GetInt32() : 4,
            Time(hub, "maxQueuePollingInterval"));
    }

    private static TimeSpan Time(JsonElement element, string name) =>
        TimeSpan.Parse(element.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
}
