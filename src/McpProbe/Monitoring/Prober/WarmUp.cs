using McpProbe.Endpoints;
using McpProbe.Probing;

namespace McpProbe.Monitoring.Prober;

/// <summary>
/// Takes the path of a probe once before the first server is probed, against a server of our own (<see cref="WarmUpServer"/>): what a process
/// does for the first time is slow, and no server's fault.
/// </summary>
public sealed class WarmUp(McpProber prober, TimeProvider time)
{
    /// <summary>The first slot waits no longer for it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task? _once;

    /// <summary>
    /// Runs once for a process, whoever asks. Ends within <see cref="Patience"/>, and never fails: where there is no port to listen
    /// on, say, the first probes are as slow as they are.
    /// </summary>
    public Task RunAsync()
    {
        lock (_lock)
            return _once ??= Task.Run(OnceAsync);
    }

    private async Task OnceAsync()
    {
        using var deadline = new CancellationTokenSource(Patience, time);
        try
        {
            await ProbeAllAsync(deadline.Token).WaitAsync(deadline.Token);
        }
        catch (Exception)
        {
            // Whatever it was: it is a courtesy, and the probes that count are still to come.
        }
    }

    private async Task ProbeAllAsync(CancellationToken cancellationToken)
    {
        foreach (var tls in new[] { false, true })
        {
            await using var server = new WarmUpServer(tls, time);
            foreach (var path in new[] { "mcp", "stateless" })
            {
                var endpoint = new Endpoint { Id = "warm-up", Url = new Uri(server.Url, path), Insecure = true, Timeout = Patience, Untraced = true };
                await prober.ProbeConfirmedAsync(endpoint, _ => null, cancellationToken);
            }
        }
    }
}
