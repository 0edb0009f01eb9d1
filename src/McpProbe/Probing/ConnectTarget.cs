using System.Net;

namespace McpProbe.Probing;

/// <summary>The host and port that sockets are opened to, which <c>ConnectTo</c> may set apart from the URL's.</summary>
internal sealed record ConnectTarget(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>, <c>[v6]:port</c>, or either without a port, which is then the URL's.</summary>
    public static ConnectTarget? Parse(string text, int defaultPort) =>
        Uri.TryCreate("connect://" + text, UriKind.Absolute, out var uri) && uri.IdnHost.Length > 0 && uri.UserInfo.Length == 0
            && uri.PathAndQuery is "" or "/" && uri.Fragment.Length == 0 && uri.Port != 0
            ? new ConnectTarget(uri.IdnHost, uri.Port < 0 ? defaultPort : uri.Port)
            : null;

    /// <summary>The address, when the host is one already.</summary>
    public IPAddress? Literal { get; } = IPAddress.TryParse(Host, out var address) ? address : null;

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
