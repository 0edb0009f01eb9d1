using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>Counts what is billed: every request on the wire, a repeat included.</summary>
public sealed class CountedRequests : HttpPipelineSynchronousPolicy
{
    private readonly ConcurrentQueue<string> _requests = new();

    /// <summary>Method and path, in the order of sending.</summary>
    public IReadOnlyCollection<string> All => [.. _requests];

    public void Clear() => _requests.Clear();

    public void Configure(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerRetry);

    public override void OnSendingRequest(HttpMessage message) =>
        _requests.Enqueue($"{message.Request.Method} {message.Request.Uri.Path}");
}
