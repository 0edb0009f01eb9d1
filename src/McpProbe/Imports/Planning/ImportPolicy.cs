using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Imports.Planning;

/// <summary>What becomes of what is listed.</summary>
/// <param name="From">The import's name, in <see cref="Imported.From"/>.</param>
public sealed record ImportPolicy(string From)
{
    /// <summary>Others' servers: paused until somebody says so, named visits, seldom, and public addresses only.</summary>
    public bool Strangers { get; init; } = true;

    public bool Activate { get; init; }

    public bool AllowPrivate { get; init; }

    public string? Contact { get; init; }

    public string? Group { get; init; }

    public Visibility Visibility { get; init; }

    /// <value>15 minutes.</value>
    public TimeSpan ProbeEvery { get; init; } = ImportDefinition.DefaultProbeEvery;

    public int Limit { get; init; } = ImportDefinition.DefaultLimit;

    public DenyList Deny { get; init; } = new([]);

    /// <summary>Whether the source was read whole: only then is what it does not list gone.</summary>
    public bool IsWhole { get; init; } = true;

    /// <summary>Only what changed was asked for: all that it does not list is as it was.</summary>
    public bool ChangesOnly { get; init; }

    /// <summary>Whether it may take away all that it had.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>Nobody else changes the endpoints: all of them follow the policy as it is now.</summary>
    public bool OwnsAll { get; init; }

    /// <summary>Ids of those that are probed once a day only: <see cref="ImportDefinition.Seldom"/>.</summary>
    public IReadOnlySet<string> Seldom { get; init; } = new HashSet<string>();

    public static ImportPolicy Of(ImportDefinition import) => new(import.Name)
    {
        Activate = import.Activate,
        AllowPrivate = import.AllowPrivate,
        Contact = import.Contact,
        Group = import.Group,
        Visibility = import.Visibility,
        ProbeEvery = import.ProbeEvery,
        Limit = import.Limit,
        Deny = new DenyList(import.Deny),
        OwnsAll = true,
    };
}
