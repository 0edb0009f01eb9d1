namespace McpProbe.Endpoints;

/// <summary>
/// One MCP server to watch: what the probes file, <c>PUT /api/endpoints/{id}</c> and the command line describe.
/// Exactly one of <see cref="Url"/> and <see cref="Command"/> is set. Secrets are references (<c>${env:NAME}</c>) that are
/// resolved when the probe starts; the values themselves are never part of an endpoint.
/// </summary>
public sealed record Endpoint
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary><c>[a-z0-9][a-z0-9.-]{0,62}</c>.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it; the id when absent.</summary>
    public string? Name { get; init; }

    /// <summary>The most that <see cref="Notes"/> hold.</summary>
    public const int LongestNotes = 2000;

    /// <summary>What people should know who look at it: what it is for, whom to ask, where its runbook is. Not for everybody.</summary>
    public string? Notes { get; init; }

    /// <summary>
    /// An absolute http or https address without user info or fragment. Its path and query may hold <c>${env:NAME}</c>, which only
    /// <see cref="Uri.OriginalString"/> keeps as it is.
    /// </summary>
    public Uri? Url { get; init; }

    /// <summary>Shows the host alone, instead of the whole URL, to who has no key and in alerts; of a command its executable.</summary>
    public bool HideUrl { get; init; }

    /// <summary>A stdio server: the executable and its arguments.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>What <see cref="Command"/> finds in its environment beside <c>PATH</c> and the like; a value may hold <c>${env:NAME}</c>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = Empty.Headers;

    /// <value><see cref="TransportChoice.Auto"/>: the ladder finds out.</value>
    public TransportChoice Transport { get; init; }

    /// <summary>Pins the protocol version that is offered; null offers the newest and follows the ladder.</summary>
    public string? Protocol { get; init; }

    /// <summary>Extra request headers; a value may hold <c>${env:NAME}</c>.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = Empty.Headers;

    /// <summary>Sent as <c>Authorization: Bearer</c>; usually <c>${env:NAME}</c>.</summary>
    public string? Bearer { get; init; }

    /// <summary>Get the bearer token by OAuth 2 client credentials; not together with <see cref="Bearer"/>.</summary>
    public OAuthClient? OAuth { get; init; }

    /// <summary>Connect to this <c>host:port</c> instead of the URL's; the TLS name and Host stay those of the URL.</summary>
    public string? ConnectTo { get; init; }

    /// <summary>Accept any TLS certificate.</summary>
    public bool Insecure { get; init; }

    /// <summary>Whom to trust, and what to show, in the TLS handshake.</summary>
    public TlsSettings Tls { get; init; } = TlsSettings.Default;

    /// <value>60 seconds.</value>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>One deadline for the whole probe; not longer than the interval.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    public Conditions Conditions { get; init; } = Conditions.Default;

    /// <summary>A tool call that ends the probe; null for none.</summary>
    public SmokeCall? Smoke { get; init; }

    /// <value><see cref="DriftPolicy.Review"/>.</value>
    public DriftPolicy DriftPolicy { get; init; }

    /// <summary>Failures in a row that open an outage.</summary>
    /// <value>3.</value>
    public int FailureThreshold { get; init; } = 3;

    /// <summary>Successes in a row that resolve it.</summary>
    /// <value>2.</value>
    public int SuccessThreshold { get; init; } = 2;

    /// <summary>Whether a session of the server is held, to see whether it survives idle time and deployments; of a <see cref="Url"/> only.</summary>
    public bool Canary { get; init; }

    /// <summary>Measures how long the server takes to wake up: each probe finds it after a silence. Null measures no cold starts.</summary>
    public ColdStart? ColdStart { get; init; }

    /// <summary>Names of the channels that hear of its incidents.</summary>
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>Which troubles become incidents, and how they are told again.</summary>
    public AlertPolicy Alerts { get; init; } = AlertPolicy.Default;

    /// <summary>
    /// The objective: how many of 100 probes are to be up, from <see cref="LeastSlo"/> to <see cref="MostSlo"/>. Null for none: then no
    /// error budget is reported, and none is watched.
    /// </summary>
    public double? Slo { get; init; }

    public const double LeastSlo = 50;

    /// <summary>100 would leave no budget to spend.</summary>
    public const double MostSlo = 99.999;

    /// <summary>Planned times without alerts.</summary>
    public IReadOnlyList<MaintenanceWindow> Maintenance { get; init; } = [];

    public string? Group { get; init; }

    /// <summary>Words to find it by, each once; empty for none.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <value><see cref="Visibility.Private"/>: shown only to who has the key.</value>
    public Visibility Visibility { get; init; }

    /// <summary>A paused endpoint keeps its history and is not probed.</summary>
    public bool Paused { get; init; }

    /// <summary>Whether it has metrics of its own: null for as long as there are not too many endpoints.</summary>
    public bool? Metrics { get; init; }

    /// <summary>Sends the probe's W3C trace context in <c>params._meta</c>, so that the server's spans join the probe's.</summary>
    public bool TraceContext { get; init; }

    /// <summary>Whether it is looked at beyond its probes, once a day (<see cref="Probing.DeepProber"/>).</summary>
    /// <value>True.</value>
    public bool Deep { get; init; } = true;

    /// <summary>As whom the catalogue is asked for too, in deep looks, to compare what each is given; empty for nobody else.</summary>
    public IReadOnlyList<ClientVariant> Clients { get; init; } = [];

    public const int MostClients = 5;

    /// <summary>As whom a probe speaks; null for itself.</summary>
    internal ClientVariant? As { get; init; }

    /// <summary>A server of our own, whose probes are of no interest to whoever reads traces.</summary>
    internal bool Untraced { get; init; }

    /// <summary>Where an import found it; null for one that somebody wrote.</summary>
    public Imported? Imported { get; init; }

    /// <summary>Whether a stranger named its address: then probes connect to public addresses only.</summary>
    public bool IsStrangers => Imported is { AllowPrivate: false };

    /// <summary>The name, or the id when there is none.</summary>
    public string DisplayName => Name ?? Id;

    /// <summary>
    /// Whether it came by the API, whose callers may name fewer secrets than the operator. No part of the definition: a store keeps
    /// it apart, as the endpoint's source.
    /// </summary>
    public bool FromApi { get; init; }

    /// <summary>Whether it says what to probe: a definition that could not be read whole does not (<see cref="WithoutTarget"/>).</summary>
    public bool HasTarget => Url is not null || Command is not null;

    /// <summary>What is left where the server cannot be probed: what it is called, who hears of it, and when.</summary>
    public Endpoint WithoutTarget() => new()
    {
        Id = Id,
        Name = Name,
        Notes = Notes,
        Tags = Tags,
        Interval = Interval,
        FailureThreshold = FailureThreshold,
        SuccessThreshold = SuccessThreshold,
        Channels = Channels,
        Alerts = Alerts,
        Maintenance = Maintenance,
        Group = Group,
        Visibility = Visibility,
        Paused = Paused,
        FromApi = FromApi,
    };

    /// <summary>The URL without its secrets and its query, or the command as one line: what messages and results call the target.</summary>
    public string Target => Url is { IsAbsoluteUri: true } url ? UrlText.Shown(url) : string.Join(' ', Command ?? []);

    /// <summary>What everybody may read of the target: less than <see cref="Target"/> where <see cref="HideUrl"/> says so.</summary>
    public string PublicTarget => !HideUrl ? Target
        : Url is { IsAbsoluteUri: true } url ? UrlText.Origin(url)
        : Command is [var executable, ..] ? Path.GetFileName(executable) : "";

    /// <summary>Whether the probe sends credentials: decides between <c>gated</c> and <c>auth-failed</c>.</summary>
    public bool HasCredentials =>
        Bearer is not null || OAuth is not null || Tls.Certificate is not null || Headers.Keys.Any(CredentialHeaders.Contains);

    private static class Empty
    {
        internal static readonly Dictionary<string, string> Headers = [];
    }
}

/// <summary>Which transport to speak: found out by the ladder, or pinned.</summary>
public enum TransportChoice
{
    Auto,
    Http,
    Sse,
}

/// <summary>What becomes of a catalogue that left its baseline.</summary>
public enum DriftPolicy
{
    /// <summary>An incident is open until the baseline returns or somebody accepts the new catalogue.</summary>
    Review,

    /// <summary>
    /// A catalogue that breaks no client (info and warnings only, no hard finding) becomes the baseline by itself; any other is for review.
    /// </summary>
    AcceptCompatible,

    /// <summary>As review, but nobody can accept another catalogue before the policy is changed.</summary>
    Freeze,
}

/// <summary>Who sees an endpoint without the key.</summary>
public enum Visibility
{
    Private,
    Public,
}
