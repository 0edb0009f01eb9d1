using System.Net;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Probing.Net;

/// <summary>The host and port that sockets are opened to, which <c>ConnectTo</c> may set apart from the URL's.</summary>
internal sealed record ConnectTarget(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>, <c>[v6]:port</c>, or either without a port, which is then the URL's.</summary>
    public static ConnectTarget? Parse(string text, int defaultPort) =>
        Uri.TryCreate("connect://" + text, UriKind.Absolute, out var uri) && uri.IdnHost.Length > 0 && uri.UserInfo.Length == 0
            && uri.PathAndQuery is "" or "/" && uri.Fragment.Length == 0 && uri.Port != 0
            ? new ConnectTarget(uri.IdnHost, uri.Port < 0 ? defaultPort : uri.Port)
            : null;

    /// <summary>Where to connect to, once the endpoint's own values are known to be usable.</summary>
    /// <exception cref="ProbeFailedException">They are not (kind <c>config</c>).</exception>
    public static ConnectTarget Of(Endpoint endpoint)
    {
        if (endpoint.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo.Length: 0 } url)
            throw Config("The endpoint needs an absolute http or https URL without user name or password, or a command; correct it.");

        var target = endpoint.ConnectTo is { } connectTo ? Parse(connectTo, url.Port) : new ConnectTarget(url.IdnHost, url.Port);
        return target ?? throw Config($"'{ForeignText.Brief(endpoint.ConnectTo!)}' is not an address to connect to; write host:port.");

        static ProbeFailedException Config(string message) => new(FailureKind.Config, message);
    }

    /// <summary>The address, when the host is one already.</summary>
    public IPAddress? Literal => IPAddress.TryParse(Host, out var address) ? address : null;

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
