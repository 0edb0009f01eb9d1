using McpProbe.Cli.Commands;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;

namespace McpProbe.Cli.Bridge;

/// <summary>
/// What <c>/startup</c>, <c>/ready</c> and <c>/live</c> ask of the server (the three probes of Kubernetes, which other platforms
/// know by other names).
/// </summary>
internal sealed class HealthChecks : IAsyncDisposable
{
    private readonly McpProber _prober;
    private readonly LiveSession _session;
    private readonly SharedProbe _startup;
    private readonly SharedProbe _ready;
    private readonly SharedProbe _live;

    public HealthChecks(Target target, BridgeTimes times, TimeProvider time, CancellationToken stopping)
    {
        var options = new ProberOptions { Addresses = target.Addresses };
        var endpoint = target.Endpoint with { Timeout = times.Ready };
        _prober = new McpProber(options, time);
        _session = new LiveSession(target.Endpoint with { Timeout = times.Live }, options, time);
        _startup = new SharedProbe(
            token => _prober.ProbeAsync(endpoint, token), result => IsWell(result) ? Timeout.InfiniteTimeSpan : times.Hold, time, stopping);
        _ready = new SharedProbe(token => _prober.ProbeAsync(endpoint, token), _ => times.Hold, time, stopping);
        _live = new SharedProbe(_session.AskAsync, _ => times.Hold, time, stopping);
    }

    /// <summary>The check behind a path; null when there is none.</summary>
    public SharedProbe? At(string path) => path switch
    {
        "/startup" => _startup,
        "/ready" => _ready,
        "/live" => _live,
        _ => null,
    };

    /// <summary>An agent can work with it, if slowly.</summary>
    public static bool IsWell(ProbeResult result) => result.Verdict is Verdict.Healthy or Verdict.Degraded;

    /// <summary>Killing it would help nobody: it answers, if only to ask for credentials, or to refuse ours.</summary>
    public static bool IsAlive(ProbeResult result) => IsWell(result) || result.Failure is { Kind: FailureKind.Gated or FailureKind.AuthFailed };

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _prober.Dispose();
    }
}

/// <param name="Ready">The longest that the full sequence of <c>/startup</c> and <c>/ready</c> may take.</param>
/// <param name="Live">The longest that <c>/live</c> may take: long, so that a server that is only slow is not killed.</param>
/// <param name="Hold">How long a result answers for.</param>
/// <param name="Drain">How long <c>/ready</c> says no before the bridge ends, so that no new traffic is sent.</param>
internal sealed record BridgeTimes(TimeSpan Ready, TimeSpan Live, TimeSpan Hold, TimeSpan Drain)
{
    /// <value>8 s, 30 s, 5 s, 5 s.</value>
    public static readonly BridgeTimes Default = new(
        TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
}
