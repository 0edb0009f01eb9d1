using System.Text.Json.Serialization;
using McpProbe.Probing;
using McpProbe.Text;

namespace McpProbe.Model;

/// <summary>
/// What one probe found: a value for every outcome. Its JSON is the contract of <c>mcpprobe check --output json</c>
/// (docs/schema/result.schema.json) and of every stored result.
/// </summary>
public sealed record ProbeResult
{
    /// <summary>The URL or the command line, without secrets.</summary>
    public required string Target { get; init; }

    public required Verdict Verdict { get; init; }

    public Failure? Failure { get; init; }

    /// <value>1; 2 when a failure was confirmed by an immediate second attempt.</value>
    public int Attempts { get; init; } = 1;

    public TransportKind? Transport { get; init; }

    public Era? Era { get; init; }

    /// <summary>The negotiated revision, such as <c>2025-11-25</c>.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>Every revision the server says it supports; just the negotiated one in the handshake era.</summary>
    public IReadOnlyList<string> SupportedVersions { get; init; } = [];

    public ServerIdentity? Server { get; init; }

    public CatalogSummary? Catalog { get; init; }

    /// <summary>Suspicious text in the catalogue, hard findings first; then the notes on other clients.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>
    /// Where the server leaves the specification, and what else a look beyond the catalogue's text found: no suspicious text, so that
    /// none of it opens an incident by itself; null for nothing (docs/specification.md).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<Finding>? Specification { get; init; }

    public IReadOnlyList<ConditionResult> Conditions { get; init; } = [];

    public required Timings Timings { get; init; }

    public CertificateInfo? Certificate { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// The first watched probe of a process, or one during which the process stood still: its timings stay out of baselines and
    /// percentiles.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Cold { get; init; }

    /// <summary>Probed in the endpoint's maintenance: neither up nor down counts, and nobody was alerted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Maintenance { get; init; }

    /// <summary>
    /// The catalogue itself; in memory only, recorded by its hash. Null too when the catalogue was recognised by its bytes
    /// (<see cref="McpProber.ProbeConfirmedAsync(Endpoints.Endpoint, Func{string, string}, CancellationToken, Era?)"/>).
    /// </summary>
    [JsonIgnore]
    public Snapshot? Snapshot { get; init; }

    /// <summary>The probe's own log, for <c>--debug</c>: a line a step, no secrets.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Log { get; init; } = [];
}

/// <summary>How the server is reached.</summary>
[JsonConverter(typeof(WireNameConverter<TransportKind>))]
public enum TransportKind
{
    StreamableHttp,

    /// <summary>HTTP+SSE of 2024-11-05.</summary>
    [JsonStringEnumMemberName("http+sse")]
    HttpSse,
    Stdio,
}

/// <summary>Which generation of the protocol the server speaks.</summary>
[JsonConverter(typeof(WireNameConverter<Era>))]
public enum Era
{
    /// <summary><c>initialize</c>, 2024-11-05 to 2025-11-25.</summary>
    Handshake,

    /// <summary><c>server/discover</c>, from 2026-07-28.</summary>
    Stateless,
}

public sealed record ServerIdentity(string? Name, string? Version);

/// <summary>A catalogue in a result: its size and hashes.</summary>
/// <param name="Pages">Pages of <c>tools/list</c> that were read.</param>
/// <param name="Formula">Version of the canonical form that the hashes are taken over.</param>
public sealed record CatalogSummary(
    int Tools, int Pages, string Hash, string Contract, string Text, string Annotations, string Server, int Formula)
{
    /// <summary>A catalogue of more shows the first of them.</summary>
    public const int MostNames = 1000;

    /// <summary>
    /// Tokens that a model reads of all tools: an estimate by the command line, by the heads counted with the encoding o200k_base.
    /// Null in results of older versions.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Tokens { get; init; }

    /// <summary>What the server says of <c>tools/list</c>: the least of all pages. Null where it says nothing, and for a server of the handshake era.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CacheHints? Cache { get; init; }

    /// <summary>The same of <c>server/discover</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CacheHints? ServerCache { get; init; }

    /// <summary>The names of the tools, sorted; only where a person or a script asked: what is stored refers to the catalogue.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Names { get; init; }
}

/// <summary>How long a result may be kept, and for whom, in the server's words (specification 2026-07-28, Caching).</summary>
/// <param name="TtlMs">Milliseconds from its arrival. A stored result keeps the first two digits: one that counts down is not another one each time.</param>
/// <param name="Scope"><c>public</c> or <c>private</c>.</param>
public sealed record CacheHints(long TtlMs, string Scope)
{
    /// <summary>Rounded down, so that no promise becomes a longer one.</summary>
    internal CacheHints Coarse()
    {
        var unit = 1L;
        while (TtlMs / unit >= 100)
            unit *= 10;
        return TtlMs % unit == 0 ? this : this with { TtlMs = TtlMs / unit * unit };
    }
}

/// <param name="Detail">Why it failed, or what a pass leaves open; null when there is nothing to say.</param>
public sealed record ConditionResult(
    string Name,
    bool Passed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Detail = null)
{
    /// <summary>Before a phase, or <c>total</c>, in the name of a latency budget.</summary>
    public const string BudgetPrefix = "budget-";

    /// <summary>The name of the condition that a model can afford the catalogue.</summary>
    public const string BudgetTokens = BudgetPrefix + "tokens";

    /// <summary>The name of the condition that the certificate lasts long enough.</summary>
    public const string CertificateDays = "certificate-days";

    /// <summary>The name of the condition that official clients can list the tools.</summary>
    public const string ToolsUsable = "tools-usable";

    /// <summary>Whether not to hold it is a matter of time, latency or a certificate's days: degraded, not down.</summary>
    [JsonIgnore]
    public bool IsBudget => Name.StartsWith(BudgetPrefix, StringComparison.Ordinal) || Name == CertificateDays;

    /// <summary>Whether not to hold it degrades; <see cref="ToolsUsable"/> takes a server down only when it is every tool.</summary>
    [JsonIgnore]
    public bool OnlyDegrades => IsBudget || Name == ToolsUsable;
}

/// <summary>Milliseconds a phase took; null for a phase that did not happen.</summary>
/// <param name="HandshakeMs">Finding the era and completing the handshake, connection set-up excluded.</param>
/// <param name="CatalogMs">All pages of <c>tools/list</c>.</param>
/// <param name="SmokeMs">The answer to the smoke call, an unexpected one too.</param>
/// <param name="TotalMs">The whole probe up to its verdict; closing the session is not counted.</param>
public sealed record Timings(
    double? DnsMs, double? ConnectMs, double? TlsMs, double? HandshakeMs, double? CatalogMs, double? SmokeMs, double TotalMs);

/// <summary>The server's TLS certificate.</summary>
/// <param name="NotAfter">When it, or an authority's certificate of the chain that was used, ends: the earliest counts.</param>
public sealed record CertificateInfo(string Subject, string Issuer, DateTimeOffset NotAfter, int DaysLeft)
{
    /// <summary>Which authority's certificate ends first, such as <c>intermediate certificate CN=R11</c>; null when it is the server's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExpiresFirst { get; init; }
}
