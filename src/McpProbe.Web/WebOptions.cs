using System.Net;
using McpProbe.Monitoring.Metrics;
using McpProbe.Web.Access;
using McpProbe.Web.Metrics;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace McpProbe.Web;

/// <summary>What a head decides about its pages and its API.</summary>
public sealed record WebOptions
{
    /// <summary>The key that administers; null for none, and then the head binds to loopback only.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The key that reads the private view and changes nothing; null for none.</summary>
    public string? ReadKey { get; init; }

    /// <summary>Where people open the pages; null when that is where the head listens.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>What proxies in front connect from: what they say of the caller's address is believed. Empty believes nobody.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The provider that people sign in with; null for keys alone.</summary>
    public PeopleSignIn? People { get; init; }

    /// <summary>
    /// Where the keys of <see cref="People"/>'s cookies are kept, for restarts and for other instances; null forgets them with the process.
    /// </summary>
    public Func<IServiceProvider, IXmlRepository>? KeyRing { get; init; }

    /// <summary>Host names that requests may carry when there is no key, beside the names of the loopback interface.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <value><see cref="CheckUrls.Public"/>.</value>
    public CheckUrls CheckUrls { get; init; } = CheckUrls.Public;

    /// <summary>The longest time-out of an endpoint that this head can keep; null for any.</summary>
    public TimeSpan? LongestTimeout { get; init; }

    /// <summary>How many endpoints have metrics of their own.</summary>
    public int MetricsEndpoints { get; init; } = OwnSeries.DefaultLimit;

    /// <summary>
    /// Tells this process apart in what it measures, where several answer under one address; null where it is the only one, which then
    /// sends what the store says of the endpoints too.
    /// </summary>
    public string? Instance { get; init; }

    /// <summary>What is sent by OTLP.</summary>
    public OtlpExport Otlp { get; init; } = new(Metrics: false, Traces: false);

    /// <summary>A sentence on top of every page, such as that this is a demonstration.</summary>
    public string? Banner { get; init; }
}

/// <summary>Whether <c>POST /api/check</c> may name a URL that is not registered.</summary>
public enum CheckUrls
{
    /// <summary>Registered endpoints only.</summary>
    None,

    /// <summary>URLs whose addresses are public.</summary>
    Public,

    /// <summary>Loopback and private addresses too.</summary>
    Any,
}
