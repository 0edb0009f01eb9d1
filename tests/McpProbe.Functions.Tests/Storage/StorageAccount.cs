using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;
using McpProbe.Functions.Storage;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>One account of the emulator, and how the head reaches it.</summary>
public sealed class StorageAccount(string name, string key, Uri tables, Uri queues, Uri blobs, X509Certificate2? certificate)
{
    /// <summary>With a key over HTTP, or with a token over HTTPS: whichever the emulator was started for.</summary>
    public StoreClients Connect(Action<ClientOptions>? configure = null, TestCredential? credential = null) => certificate is null
        ? StoreClients.WithConnectionString(ConnectionString, configure)
        : StoreClients.WithCredential(credential ?? new TestCredential(), tables, queues, blobs, options =>
        {
            options.Transport = new HttpClientTransport(new HttpClient(TrustingHandler()));
            configure?.Invoke(options);
        });

    public string ConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};TableEndpoint={tables};QueueEndpoint={queues};BlobEndpoint={blobs};";

    /// <summary>The same account, reached at other addresses.</summary>
    public async Task<StorageAccount> ThroughAsync(Func<Uri, Task<Uri>> move) =>
        new(name, key, await move(tables), await move(queues), await move(blobs), certificate);

    private SocketsHttpHandler TrustingHandler() => new()
    {
        SslOptions =
        {
            RemoteCertificateValidationCallback = (_, presented, _, _) =>
                presented?.GetCertHashString() == certificate!.GetCertHashString(),
        },
    };
}
