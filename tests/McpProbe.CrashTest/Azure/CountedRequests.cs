using Azure.Core;
using Azure.Core.Pipeline;

namespace McpProbe.CrashTest.Azure;

/// <summary>Every write to the storage account is a step: before it goes out, and after its answer is in. Reads change nothing, and are none.</summary>
internal sealed class CountedRequests(Steps steps) : HttpPipelinePolicy
{
    /// <summary>From here on.</summary>
    public bool On { get; set; }

    public void Configure(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerRetry);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        // Receiving messages hides them from others: a read in name only.
        var what = !On ? null
            : message.Request.Method != RequestMethod.Get ? "a write"
            : message.Request.Uri.Path.EndsWith("/messages", StringComparison.Ordinal) ? "receiving messages"
            : null;
        if (what is not null)
            steps.Pass($"before {what}");
        await ProcessNextAsync(message, pipeline);
        if (what is not null)
            steps.Pass($"after {what}");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
