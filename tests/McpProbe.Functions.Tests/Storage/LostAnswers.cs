using Azure.Core;
using Azure.Core.Pipeline;

namespace McpProbe.Functions.Tests.Storage;

/// <summary>A network that loses the answer to every write once, after the service did it: the client sends it again.</summary>
internal sealed class LostAnswers : HttpPipelinePolicy
{
    private const string Lost = "answer lost";

    /// <summary>How many answers were lost.</summary>
    public int Count { get; private set; }

    /// <summary>From here on.</summary>
    public bool On { get; set; }

    public void Configure(ClientOptions options)
    {
        options.Retry.Delay = TimeSpan.FromMilliseconds(10);
        options.AddPolicy(this, HttpPipelinePosition.PerRetry);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (On && message.Request.Method != RequestMethod.Get && !message.TryGetProperty(Lost, out _))
        {
            message.SetProperty(Lost, true);
            Count++;
            throw new IOException("the connection broke before the answer came");
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
