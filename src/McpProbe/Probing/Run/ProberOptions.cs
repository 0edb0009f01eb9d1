using System.Net;
using McpProbe.Catalog;
using McpProbe.Endpoints;
using McpProbe.Text;

namespace McpProbe.Probing.Run;

/// <summary>What all probes of a prober share.</summary>
public sealed record ProberOptions
{
    /// <value><see cref="AddressRule.AllowPrivate"/>.</value>
    public AddressRule Addresses { get; init; } = AddressRule.AllowPrivate;

    public ProbeLimits Limits { get; init; } = ProbeLimits.Default;

    /// <summary>
    /// Use the connections of earlier probes again: for samples and health checks in quick succession. A probe then times no
    /// connection set-up, and tells nothing of whether a new client can connect.
    /// </summary>
    /// <value>False: every probe connects afresh, as a new client would.</value>
    public bool KeepAlive { get; init; }

    /// <summary>Resolves <c>${env:NAME}</c>; null for a name that is not set.</summary>
    /// <value>The process environment, without what is McpProbe's own.</value>
    public Func<string, string?> Secrets { get; init; } = SecretReference.FromEnvironment;

    /// <summary>Why a definition may not be probed, as a sentence; null when it may. Asked at every probe, before anything is resolved or started.</summary>
    /// <value>Every definition may.</value>
    public Func<Endpoint, string?> Refusal { get; init; } = static _ => null;

    /// <summary>Tokens that a model reads of a tool in canonical form.</summary>
    /// <value>An estimate, which needs no vocabulary.</value>
    public Func<ReadOnlyMemory<byte>, int> Tokens { get; init; } = TokenEstimate.Of;

    /// <summary>Gives the addresses of a host name. Whatever it gives is checked against <see cref="Addresses"/>.</summary>
    /// <value>The system's resolver.</value>
    public ResolveHost Resolver { get; init; } = Dns.GetHostAddressesAsync;
}

/// <summary>The addresses of a host name; none, or a <see cref="System.Net.Sockets.SocketException"/>, for a name that does not resolve.</summary>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>
/// Which addresses a probe may connect to, checked after DNS, on connect. Link-local (the cloud's metadata service),
/// unspecified and multicast addresses are refused by both.
/// </summary>
public enum AddressRule
{
    /// <summary>Loopback and private ranges too: for endpoints that the operator named.</summary>
    AllowPrivate,

    /// <summary>Public addresses only: for URLs that somebody else named.</summary>
    PublicOnly,
}

/// <summary>What a server may make the prober do.</summary>
/// <param name="ResponseBytes">Of one response, after decompression.</param>
/// <param name="Close">Time for the closing DELETE, outside the probe's deadline.</param>
public sealed record ProbeLimits(int ResponseBytes, int Tools, int Pages, int JsonDepth, TimeSpan Close)
{
    /// <value>4 MiB, 10,000 tools, 100 pages, depth 256, 2 s.</value>
    public static readonly ProbeLimits Default = new(4 << 20, 10_000, 100, 256, TimeSpan.FromSeconds(2));
}
