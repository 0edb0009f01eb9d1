namespace McpProbe.Endpoints;

/// <summary>What must hold for a server that answered to be healthy.</summary>
public sealed record Conditions
{
    /// <value>21.</value>
    public const int DefaultCertificateDays = 21;

    public static readonly Conditions Default = new();

    /// <summary>Accept a catalogue without tools. The specification allows one; an agent can do nothing with it.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>Official clients must be able to list the tools: degraded when one is of a form for which they throw the list away, down when all are.</summary>
    /// <value>True.</value>
    public bool ToolsUsable { get; init; } = true;

    /// <summary>The least of what the specification asks for that must be kept, in all that a probe sees of it; null for nothing.</summary>
    public Requirement? Specification { get; init; }

    /// <summary>Degraded when a model reads more tokens of the tools; null for any number.</summary>
    public int? MaxTokens { get; init; }

    public const int MostTokens = 10_000_000;

    public IReadOnlyList<string> RequireTools { get; init; } = [];

    /// <summary>Tools that must not be offered, such as one that deletes.</summary>
    public IReadOnlyList<string> ForbidTools { get; init; } = [];

    /// <summary>Lists besides the tools' that must be answered too.</summary>
    public IReadOnlyList<OtherList> RequireLists { get; init; } = [];

    public string? ExpectProtocol { get; init; }

    /// <summary>The name the server must give itself, exactly.</summary>
    public string? ExpectServer { get; init; }

    /// <summary>The versions the server may have, such as <c>&gt;=1.2 &lt;2</c>.</summary>
    public string? ExpectServerVersion { get; init; }

    /// <summary>Degraded when a phase takes longer; down never.</summary>
    public LatencyBudgets Budgets { get; init; } = LatencyBudgets.None;

    /// <summary>Degraded when the TLS certificate has fewer days left; 0 for never.</summary>
    /// <value>21.</value>
    public int CertificateDays { get; init; } = DefaultCertificateDays;
}

/// <summary>A catalogue of a server besides its tools.</summary>
public enum OtherList
{
    Resources,
    Prompts,
}

/// <summary>The longest a phase may take; null for any time.</summary>
/// <param name="Total">The whole probe up to its verdict.</param>
public sealed record LatencyBudgets(
    TimeSpan? Dns = null,
    TimeSpan? Connect = null,
    TimeSpan? Tls = null,
    TimeSpan? Handshake = null,
    TimeSpan? Catalog = null,
    TimeSpan? Smoke = null,
    TimeSpan? Total = null)
{
    public static readonly LatencyBudgets None = new();

    /// <summary>Those that are set, by the name of their phase, or <c>total</c>.</summary>
    public IEnumerable<(string Name, TimeSpan Budget)> Named()
    {
        (string Name, TimeSpan? Budget)[] all =
            [("dns", Dns), ("connect", Connect), ("tls", Tls), ("handshake", Handshake), ("catalog", Catalog), ("smoke", Smoke), ("total", Total)];
        return all.Where(each => each.Budget is not null).Select(each => (each.Name, each.Budget!.Value));
    }
}
