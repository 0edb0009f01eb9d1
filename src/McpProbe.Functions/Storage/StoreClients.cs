using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace McpProbe.Functions.Storage;

/// <summary>The clients of the one storage account that all locations share.</summary>
public sealed class StoreClients
{
    /// <summary>Three retries, each after twice the time: an account that is away is known to be after a second and a half, when somebody waits for a page.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan LongestRequest = TimeSpan.FromSeconds(20);

    private StoreClients(TableServiceClient tables, QueueServiceClient queues, BlobServiceClient blobs) =>
        (Tables, Queues, Blobs) = (tables, queues, blobs);

    public TableServiceClient Tables { get; }

    /// <summary>Sends messages as they are, as host.json says: a message that had to be decoded first could fail before any function sees it.</summary>
    public QueueServiceClient Queues { get; }

    public BlobServiceClient Blobs { get; }

    /// <param name="credential">A managed identity; no key is involved.</param>
    /// <param name="configure">Changes the options of every client: a policy, a transport, the retries.</param>
    public static StoreClients WithCredential(
        TokenCredential credential, Uri tables, Uri queues, Uri blobs, Action<ClientOptions>? configure = null) => new(
            new TableServiceClient(tables, credential, Configured(new TableClientOptions(), configure)),
            new QueueServiceClient(queues, credential, Configured(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None }, configure)),
            new BlobServiceClient(blobs, credential, Configured(new BlobClientOptions(), configure)));

    /// <param name="connectionString">Such as <c>UseDevelopmentStorage=true</c> for Azurite on its default ports.</param>
    /// <param name="configure">Changes the options of every client.</param>
    public static StoreClients WithConnectionString(string connectionString, Action<ClientOptions>? configure = null) => new(
        new TableServiceClient(connectionString, Configured(new TableClientOptions(), configure)),
        new QueueServiceClient(connectionString, Configured(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None }, configure)),
        new BlobServiceClient(connectionString, Configured(new BlobClientOptions(), configure)));

    private static T Configured<T>(T options, Action<ClientOptions>? configure) where T : ClientOptions
    {
        options.Retry.Delay = FirstRetry;
        options.Retry.NetworkTimeout = LongestRequest;
        configure?.Invoke(options);
        return options;
    }
}
