using McpProbe.Alerts.Heartbeats;
using McpProbe.Configuration;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Web.Access;

namespace McpProbe.Server;

/// <summary>What the command line and the environment say.</summary>
internal sealed record ServerOptions
{
    public const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>The probes file; null watches only what the API adds.</summary>
    public string? Probes { get; init; }

    /// <summary>Lets the probes file take away all endpoints that it had, at start.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>The variables that definitions of the API may name.</summary>
    public ApiSecrets ApiSecrets { get; init; } = ApiSecrets.Default;

    /// <summary>The data directory; null takes <see cref="DefaultData"/>, or with <see cref="Demo"/> a new temporary one.</summary>
    public string? Data { get; init; }

    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    /// <summary>Where people open the pages: what alerts link to. Null guesses from <see cref="Urls"/>.</summary>
    public Uri? PublicUrl { get; init; }

    public bool Demo { get; init; }

    /// <summary>How many times faster than written the demo's timetable runs.</summary>
    public double DemoSpeed { get; init; } = 1;

    /// <summary>The channel to send a test alert to, instead of serving; null serves.</summary>
    public string? TestAlert { get; init; }

    /// <summary>How the log is written.</summary>
    public LogOptions Log { get; init; } = new();

    /// <summary>Ask the server that runs there whether it is well, instead of serving.</summary>
    public bool AskHealth { get; init; }

    /// <summary>Probes in flight at most; null adapts to what the servers need.</summary>
    public int? Concurrency { get; init; }

    /// <summary>What is tried when many servers do not answer at once.</summary>
    public ControlAddresses Controls { get; init; } = ControlAddresses.Default;

    /// <summary>How long history is kept.</summary>
    public Retention Retention { get; init; } = Retention.Default;

    /// <summary>The option for one of <see cref="Retention.Keys"/>.</summary>
    public static string KeepOption(string key) => $"--keep-{key}";

    /// <summary>The variable that stands in for it.</summary>
    public static string KeepVariable(string key) => $"MCPPROBE_KEEP_{key.ToUpperInvariant()}";

    /// <summary>Where a sign of life goes while all is well; null for nowhere.</summary>
    public HeartbeatAddress? Heartbeat { get; init; }

    /// <summary>Endpoints that have metrics of their own at most.</summary>
    public int MetricsEndpoints { get; init; } = OwnSeries.DefaultLimit;

    /// <summary>The keys, and who else may come in.</summary>
    public AccessSettings Access { get; init; } = new();

    /// <summary>
    /// <c>mcpprobe</c> in the user's directory for application data: <c>$XDG_DATA_HOME</c> or <c>~/.local/share</c> on Linux.
    /// Null when the user has none.
    /// </summary>
    public static string? DefaultData =>
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } home
            ? Path.Combine(home, "mcpprobe")
            : null;
}
