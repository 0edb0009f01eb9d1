using McpProbe.Endpoints;

namespace McpProbe.Configuration;

/// <summary>A registry whose servers are watched: one entry of <c>imports</c> in the probes file.</summary>
public sealed record ImportDefinition
{
    /// <summary>How often at most: registries ask for about once an hour.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromHours(1);

    public const int MostEndpoints = 50_000;

    public const int DefaultLimit = 1000;

    /// <summary>How often a stranger's server is probed when nothing is said.</summary>
    public static readonly TimeSpan DefaultProbeEvery = TimeSpan.FromMinutes(15);

    /// <summary>How often one is probed that asks for credentials, or has been down for a day.</summary>
    public static readonly TimeSpan Seldom = TimeSpan.FromHours(24);

    /// <summary>Names it in <see cref="Imported.From"/>; the source when nothing else is said.</summary>
    public required string Name { get; init; }

    public required RegistryKind Source { get; init; }

    /// <summary>The registry's base address; null for the public one.</summary>
    public Uri? Url { get; init; }

    /// <value>1 hour.</value>
    public TimeSpan Interval { get; init; } = LeastInterval;

    /// <summary>The interval of the endpoints that it brings.</summary>
    public TimeSpan ProbeEvery { get; init; } = DefaultProbeEvery;

    public string? Group { get; init; }

    /// <summary>The most endpoints that it brings.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>Watch what it brings, instead of leaving it paused until somebody says so.</summary>
    public bool Activate { get; init; }

    /// <summary>What not to watch, whatever the registry lists; see docs/registries.md.</summary>
    public IReadOnlyList<string> Deny { get; init; } = [];

    /// <summary>An e-mail address or a page, which every request names: whom to ask about the visits.</summary>
    public string? Contact { get; init; }

    /// <summary>Only servers whose name or title has this.</summary>
    public string? Search { get; init; }

    /// <summary>A reference to the registry's key; null where none is needed.</summary>
    public string? Key { get; init; }

    /// <summary>A reference to the tenant's id, which PulseMCP asks for.</summary>
    public string? Tenant { get; init; }

    public Visibility Visibility { get; init; }

    /// <summary>The registry is one's own, and may list servers on private addresses.</summary>
    public bool AllowPrivate { get; init; }
}

/// <summary>The registries whose API is spoken.</summary>
public enum RegistryKind
{
    /// <summary>And whatever speaks its API.</summary>
    Official,
    Github,
    Pulsemcp,
    Smithery,
    Glama,
}
