using Azure.Core;
using Azure.Core.Pipeline;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>Does something just before a blob is deleted: the moment that a race would need.</summary>
internal sealed class BeforeDelete(Func<Task> act) : HttpPipelinePolicy
{
    public int Deletes { get; private set; }

    public void Configure(ClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerCall);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method == RequestMethod.Delete)
        {
            Deletes++;
            await act();
        }

        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
