namespace McpProbe.Web.Metrics;

/// <summary>What waits in queues, of a head that has some. One that has none adds none to its services.</summary>
public interface IQueueLengths
{
    Task<IReadOnlyList<QueueLength>> ReadAsync(CancellationToken cancellationToken);
}

/// <param name="Messages">About how many wait, or will be seen later.</param>
public sealed record QueueLength(string Location, long Messages);
