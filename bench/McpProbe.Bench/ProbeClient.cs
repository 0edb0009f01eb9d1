using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Bench;

/// <summary>Ours, as the heads use it: a watched probe, whose catalogue the caller has stored.</summary>
internal sealed class ProbeClient(Uri url, bool keepAlive) : IDisposable
{
    private readonly McpProber _prober = new(new ProberOptions { KeepAlive = keepAlive }, TimeProvider.System);
    private readonly Endpoint _endpoint = new() { Id = "bench", Url = url };
    private string? _stored;

    public async Task ProbeAsync()
    {
        var result = await _prober.ProbeConfirmedAsync(_endpoint, _ => _stored, CancellationToken.None);
        if (result is not { Verdict: Verdict.Healthy, Catalog: { Tools: 10 or 1_000, Hash: var hash } })
            throw new InvalidOperationException($"The probe was not healthy: {result.Failure?.Message}");
        _stored = hash;
    }

    public void Dispose() => _prober.Dispose();
}
