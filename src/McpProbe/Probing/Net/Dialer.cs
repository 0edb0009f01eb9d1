using System.Net;
using System.Net.Sockets;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>Opens sockets for a probe: resolves, checks every address, connects, and times each step.</summary>
internal sealed class Dialer(ProbeRun run, ConnectTarget target, ConnectTimings timings)
{
    /// <summary>An address that does not answer must not use up the time of the next one.</summary>
    private static readonly TimeSpan PerAddress = TimeSpan.FromSeconds(1);

    /// <summary>The step under way; null when none is.</summary>
    public Phase? Step { get; set; }

    /// <exception cref="ProbeFailedException">No address answered, or none may be connected to.</exception>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var addresses = Allowed(target.Literal is { } literal ? [literal] : await ResolveAsync(cancellationToken));

        Step = Phase.Connect;
        var started = run.Time.GetTimestamp();
        for (var i = 0; ; i++)
        {
            var isLast = i == addresses.Count - 1;
            try
            {
                var socket = await ConnectAsync(addresses[i], isLast, cancellationToken);
                timings.Add(Phase.Connect, run.MillisecondsSince(started));
                run.Log($"connect {socket.RemoteEndPoint} in {run.Since(started)}");
                return socket;
            }
            catch (SocketException refused) when (!isLast)
            {
                run.Log($"connect {addresses[i]} failed: {refused.SocketErrorCode}; trying the next address");
            }
            catch (OperationCanceledException) when (!isLast && !cancellationToken.IsCancellationRequested)
            {
                run.Log($"connect {addresses[i]} did not answer within {PerAddress.TotalSeconds} s; trying the next address");
            }
            catch (SocketException refused)
            {
                throw new ProbeFailedException(ToFailure(refused.SocketErrorCode, target));
            }
        }
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        Step = Phase.Dns;
        var started = run.Time.GetTimestamp();
        try
        {
            var addresses = await run.Options.Resolver(target.Host, cancellationToken);
            timings.Add(Phase.Dns, run.MillisecondsSince(started));
            run.Log($"dns {target.Host} -> {addresses.Length} in {run.Since(started)}");
            if (addresses.Length > 0)
                return addresses;
        }
        catch (SocketException error)
        {
            run.Log($"dns {target.Host} failed: {error.SocketErrorCode}");
            if (error.SocketErrorCode is SocketError.TryAgain)
                throw new ProbeFailedException(new Failure(FailureKind.Dns, Phase.Dns,
                    $"The name servers gave no answer for the host name {target.Host}; check that they work and that the prober reaches them."));
        }

        throw new ProbeFailedException(new Failure(FailureKind.Dns, Phase.Dns,
            $"The host name {target.Host} does not resolve; check its spelling and the DNS records."));
    }

    private List<IPAddress> Allowed(IPAddress[] addresses)
    {
        var allowed = new List<IPAddress>(addresses.Length);
        string? refusal = null;
        foreach (var address in addresses)
        {
            if (AddressPolicy.Refusal(address, run.Endpoint.IsStrangers ? AddressRule.PublicOnly : run.Options.Addresses) is { } reason)
                refusal = $"{address} ({reason})";
            else
                allowed.Add(address);
        }

        return allowed.Count > 0
            ? allowed
            : throw new ProbeFailedException(new Failure(FailureKind.BlockedAddress, Phase.Connect,
                target.Literal is null
                    ? $"{target.Host} is at {refusal}, an address that probes may not connect to; use one that is allowed here."
                    : $"{refusal} is an address that probes may not connect to; use one that is allowed here."));
    }

    private async Task<Socket> ConnectAsync(IPAddress address, bool isLast, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (isLast)
            {
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), cancellationToken);
                return socket;
            }

            using var patience = new CancellationTokenSource(PerAddress, run.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            await socket.ConnectAsync(new IPEndPoint(address, target.Port), either.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What it means that a socket could not be connected.</summary>
    internal static Failure ToFailure(SocketError error, ConnectTarget target) => error switch
    {
        SocketError.TimedOut => new(FailureKind.ConnectTimeout, Phase.Connect,
            $"{target} did not answer the connection; check that the server runs and that no firewall drops the traffic."),
        SocketError.ConnectionRefused => new(FailureKind.Refused, Phase.Connect,
            $"{target} refused the connection; check that the server runs and listens on that port."),
        // The others: it was reset between the connection and our looking at it.
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown or SocketError.NotConnected => new(FailureKind.Reset, Phase.Connect,
            $"{target} reset the connection; look at what stands in front of the server."),
        SocketError.HostUnreachable or SocketError.HostDown => Unreachable(
            $"{target} is unreachable, as a router or the prober's own network says; check that the host runs, and the firewalls and routes to it."),
        SocketError.NetworkUnreachable or SocketError.NetworkDown => Unreachable(
            $"There is no route to {target}; check the address, and the prober's network (for an IPv6 address, that it has IPv6)."),
        SocketError.AccessDenied => Unreachable(
            $"A firewall forbids connections to {target}; check the network's and the prober's own."),
        // Nothing was sent: the fault is the prober's own, and the server may be well.
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable => new(FailureKind.ProberOffline, Phase.Connect,
            $"The prober has no socket left for {target}, so nothing can be said of the server; raise its limit of open files, or probe less at once."),
        SocketError.AddressNotAvailable => new(FailureKind.ProberOffline, Phase.Connect,
            $"The prober has no address or port of its own to reach {target} from, so nothing can be said of the server; check its network and how many connections it holds."),
        _ => Unreachable(
            $"{target} cannot be reached ({error}); check the address and the routes to it."),
    };

    private static Failure Unreachable(string message) => new(FailureKind.Refused, Phase.Connect, message) { Unreachable = true };
}
