using McpProbe.Alerts;

namespace McpProbe.CrashTest;

/// <summary>The client of the webhooks, every send of which is a step: before it goes out, and after its answer is in.</summary>
internal sealed class CountedSends(Steps steps) : HttpMessageInvoker(new HttpClientHandler(), disposeHandler: true)
{
    private readonly HttpMessageInvoker _client = ChannelSender.CreateClient();

    public override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        steps.Pass("before a send");
        var answer = await _client.SendAsync(request, cancellationToken);
        steps.Pass("after a send");
        return answer;
    }

    protected override void Dispose(bool disposing)
    {
        _client.Dispose();
        base.Dispose(disposing);
    }
}
