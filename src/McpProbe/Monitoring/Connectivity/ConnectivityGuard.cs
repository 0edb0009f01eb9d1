using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;

namespace McpProbe.Monitoring.Connectivity;

/// <summary>
/// Keeps the prober's own lost connection from becoming everybody's outage. When so many hosts do not answer that the network is
/// suspect (<see cref="ConnectivityWindow"/>), the control addresses are tried; where they are silent too, the failure says nothing
/// of the server, and its verdict becomes <see cref="Verdict.Unknown"/>. One for each process: all its probes go out the same way.
/// </summary>
public sealed class ConnectivityGuard(ControlAddresses controls, ProberOptions options, TimeProvider time)
{
    private readonly ConnectivityWindow _window = new();
    private readonly ControlCheck _controls = new(controls, options, time);

    /// <summary>A fresh result as it is to be recorded: itself, or <c>prober-offline</c> in its place.</summary>
    public async Task<ProbeResult> CheckAsync(Endpoint endpoint, ProbeResult result, CancellationToken cancellationToken)
    {
        if (controls.Targets.Count == 0 || HostOf(endpoint) is not { } host || Answered(result.Failure) is not { } answered)
            return result;

        bool suspect;
        (int Silent, int Hosts) seen;
        lock (_window)
        {
            _window.Add(host, answered, time.GetUtcNow());
            suspect = !answered && _window.IsSuspect;
            seen = (_window.Silent, _window.Hosts);
        }

        await _controls.LearnAsync(answered, cancellationToken);
        if (!suspect || !await _controls.AllSilentAsync(cancellationToken))
            return result;

        var failure = new Failure(FailureKind.ProberOffline, result.Failure!.Phase,
            $"The prober seems to be offline: {seen.Silent} of the {seen.Hosts} hosts that it probed in the last minute did not answer, and no control "
            + $"address does ({string.Join(", ", controls.Targets)}). Nothing can be said of the server; check the prober's network. "
            + $"What the probe found: {result.Failure.Message}");
        return result with { Failure = failure, Verdict = failure.VerdictOf() };
    }

    /// <summary>The host that the probe goes to by the network; null for a command and for this machine.</summary>
    internal static string? HostOf(Endpoint endpoint)
    {
        if (endpoint.Url is not { IsAbsoluteUri: true } url)
            return null;
        var host = (endpoint.ConnectTo is { } connectTo ? ConnectTarget.Parse(connectTo, url.Port)?.Host : null) ?? url.IdnHost;
        var isOurs = IPAddress.TryParse(host, out var address)
            ? IPAddress.IsLoopback(address)
            : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return isOurs ? null : host;
    }

    /// <summary>Whether anything came back. Null where that is not known: the probe was not made, or fell silent after a beginning.</summary>
    internal static bool? Answered(Failure? failure) => failure switch
    {
        null => true,
        { Unreachable: true } => false,
        { Kind: FailureKind.Dns or FailureKind.ConnectTimeout } => false,
        { Kind: FailureKind.Timeout, Phase: Phase.Dns or Phase.Connect } => false,
        {
            Kind: FailureKind.Timeout or FailureKind.BlockedAddress or FailureKind.SpawnFailed or FailureKind.ProcessExited
                or FailureKind.ProberOffline or FailureKind.ProberOverloaded or FailureKind.Cancelled or FailureKind.Config,
        } => null,
        _ => true,
    };
}
