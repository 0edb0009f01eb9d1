using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace McpProbe.Cli.Bridge;

/// <summary>Where the bridge answers.</summary>
/// <param name="Text">As messages show it.</param>
/// <param name="EndPoints">One socket each.</param>
internal sealed record ListenAddress(string Text, IReadOnlyList<IPEndPoint> EndPoints)
{
    private const int Backlog = 128;

    public static ListenAddress Default { get; } = new("127.0.0.1:8086", [new IPEndPoint(IPAddress.Loopback, 8086)]);

    /// <summary>
    /// <c>HOST:PORT</c>, or a port alone, with or without its colon, for all addresses of the machine. <c>[::]</c> and <c>*</c> mean
    /// both families, <c>0.0.0.0</c> the older one alone, <c>localhost</c> the loopback address of each.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            return false;

        var host = colon < 0 ? "" : text[..colon];
        IReadOnlyList<IPAddress>? addresses = host switch
        {
            "" or "*" or "[::]" => [IPAddress.IPv6Any],
            "localhost" => Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback],
            _ => IPAddress.TryParse(host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host, out var one) ? [one] : null,
        };
        if (addresses is null)
            return false;
        if (!Socket.OSSupportsIPv6 && addresses[0].Equals(IPAddress.IPv6Any))
            addresses = [IPAddress.Any];
        address = new ListenAddress(Shown(addresses, port), [.. addresses.Select(each => new IPEndPoint(each, port))]);
        return true;
    }

    /// <exception cref="SocketException">An address is taken, or is none of this machine's.</exception>
    public IReadOnlyList<Socket> Listen()
    {
        var sockets = new List<Socket>();
        try
        {
            foreach (var endPoint in EndPoints)
            {
                var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                if (endPoint.AddressFamily is AddressFamily.InterNetworkV6)
                    socket.DualMode = endPoint.Address.Equals(IPAddress.IPv6Any);
                socket.Bind(endPoint);
                socket.Listen(Backlog);
            }

            return sockets;
        }
        catch (SocketException)
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    private static string Shown(IReadOnlyList<IPAddress> addresses, int port)
    {
        var shown = string.Join(" and ", addresses.Select(each => new IPEndPoint(each, port).ToString()));
        return addresses[0].Equals(IPAddress.IPv6Any) ? $"{shown} (all addresses, IPv4 and IPv6)"
            : addresses[0].Equals(IPAddress.Any) ? $"{shown} (all addresses, IPv4)"
            : shown;
    }
}
