using System.Net;
using System.Net.Sockets;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;

namespace McpProbe.Alerts.Senders;

/// <summary>Connections for alerts: checked after the name is resolved, whatever it resolves to. No link-local addresses.</summary>
internal static class AlertDialer
{
    /// <exception cref="SocketException">Nobody answers there.</exception>
    /// <exception cref="IOException">All its addresses are refused.</exception>
    internal static async Task<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => AddressPolicy.Refusal(address, AddressRule.AllowPrivate) is null);
        if (allowed.Length == 0)
            throw new IOException($"{host} is at {string.Join(", ", addresses.AsEnumerable())}; alerts may not be sent there");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
