using System.Text.Json;
using Google.Protobuf;

namespace McpProbe.Functions.Tests.Worker;

/// <summary>What the host hands over for each kind of trigger, and for a client of the durable engine.</summary>
internal static class TriggerData
{
    /// <summary>Without a status: the host keeps none for schedules of less than a minute.</summary>
    internal static TypedData Timer(bool pastDue = false) => Json(new { Schedule = new { AdjustForDST = true }, ScheduleStatus = (object?)null, IsPastDue = pastDue });

    /// <param name="text">As it is on the queue: host.json has the host decode nothing.</param>
    internal static TypedData QueueMessage(string text, long dequeueCount = 1) => new()
    {
        ModelBindingData = new ModelBindingData
        {
            Version = "1.0",
            Source = "AzureStorageQueues",
            ContentType = "application/json",
            Content = ByteString.CopyFromUtf8(JsonSerializer.Serialize(new
            {
                MessageId = Guid.NewGuid(),
                PopReceipt = "receipt",
                MessageText = text,
                DequeueCount = dequeueCount,
                InsertedOn = TimeProvider.System.GetUtcNow(),
            })),
        },
    };

    internal static TypedData Http() => new() { Http = new ProxiedHttp() };

    internal static TypedData Activity<T>(T input) => Json(input);

    /// <param name="engine">Where the durable extension listens for its clients.</param>
    internal static TypedData DurableClient(Uri engine) => new()
    {
        Text = JsonSerializer.Serialize(new
        {
            rpcBaseUrl = engine,
            taskHubName = "mcpprobe",
            connectionName = "AzureWebJobsStorage",
            maxGrpcMessageSizeInBytes = int.MaxValue,
        }),
    };

    private static TypedData Json<T>(T value) => new() { Json = JsonSerializer.Serialize(value) };
}
