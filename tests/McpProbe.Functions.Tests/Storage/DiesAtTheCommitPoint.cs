using Azure.Core;
using Azure.Core.Pipeline;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>A process that gets no further than the transaction of the state: just before it, or just after.</summary>
internal sealed class DiesAtTheCommitPoint : HttpPipelinePolicy
{
    public bool Before { get; set; }

    public bool After { get; set; }

    /// <summary>What others do just before it, once.</summary>
    public Func<Task>? Meanwhile { get; set; }

    public void Configure(ClientOptions options)
    {
        options.Retry.MaxRetries = 0;
        options.AddPolicy(this, HttpPipelinePosition.PerCall);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var isCommit = message.Request.Uri.Path.EndsWith("$batch", StringComparison.Ordinal);
        if (isCommit && Before)
            throw new IOException("died before the commit point");
        if (isCommit && Meanwhile is { } others)
        {
            Meanwhile = null;
            await others();
        }

        await ProcessNextAsync(message, pipeline);
        if (isCommit && After)
            throw new IOException("died after the commit point");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
