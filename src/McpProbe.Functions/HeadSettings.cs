using System.Net;
using Cronos;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Heartbeats;
using McpProbe.Configuration;
using McpProbe.Endpoints;
using McpProbe.Monitoring;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Monitoring.Metrics;
using McpProbe.Web;
using McpProbe.Web.Access;

namespace McpProbe.Functions;

/// <summary>What the app settings say, checked.</summary>
public sealed record HeadSettings
{
    public const string Home = "home";

    /// <summary>Null while a setting that nothing works without is a Key Vault reference that is not resolved.</summary>
    public required StoreAddress? Store { get; init; }

    /// <summary>Where this app probes from.</summary>
    public required string Location { get; init; }

    /// <summary>Every location; the home app schedules for all.</summary>
    public required IReadOnlyList<string> Locations { get; init; }

    /// <summary>When <c>ScheduleProbes</c> runs.</summary>
    public required CronExpression ProbeTicks { get; init; }

    public required int Shards { get; init; }

    /// <summary>A store with so many shards is moved to <see cref="Shards"/>; null refuses one that has another number.</summary>
    public int? ReshardFrom { get; init; }

    public required int EndpointsPerMessage { get; init; }

    /// <summary>How long history is kept.</summary>
    public required Retention Retention { get; init; }

    /// <summary>What is tried when many servers do not answer at once.</summary>
    public required ControlAddresses Controls { get; init; }

    /// <summary>Null while its Key Vault reference is not resolved: then no request is answered.</summary>
    public required string? ApiKey { get; init; }

    /// <summary>Null for none, and while its Key Vault reference is not resolved: then nobody reads with it.</summary>
    public required string? ReadKey { get; init; }

    /// <summary>Null when people sign in with a key alone, at further locations, and while a reference that it needs is not resolved.</summary>
    public required PeopleSignIn? People { get; init; }

    /// <summary>The platform's host, which stands in front of this process, and what people named.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }

    public required CheckUrls CheckUrls { get; init; }

    /// <summary>The variables that definitions may name: here all of them come by the API.</summary>
    public required ApiSecrets ApiSecrets { get; init; }

    /// <summary>Endpoints that have metrics of their own at most.</summary>
    public int MetricsEndpoints { get; init; } = OwnSeries.DefaultLimit;

    /// <summary>Where the pages are, for links in alerts.</summary>
    public required Uri? PublicUrl { get; init; }

    /// <summary>Whose times alerts show beside UTC; null for none.</summary>
    public required TimeZoneInfo? TimeZone { get; init; }

    public required IReadOnlyDictionary<string, Channel> Channels { get; init; }

    /// <summary>Status pages for people outside.</summary>
    public required IReadOnlyList<PublicPage> Pages { get; init; }

    /// <summary>Registries whose servers are watched.</summary>
    public required IReadOnlyList<ImportDefinition> Imports { get; init; }

    /// <summary>The reports that are sent after each month.</summary>
    public required IReadOnlyList<ReportSchedule> Reports { get; init; }

    /// <summary>Azure Communication Services; null for none.</summary>
    public required Uri? EmailEndpoint { get; init; }

    public required string? EmailSender { get; init; }

    /// <summary>Where a sign of life goes while all is well; null for nowhere, and while its Key Vault reference is not resolved.</summary>
    public required HeartbeatAddress? Heartbeat { get; init; }

    /// <summary>Names of the settings, of any, whose Key Vault reference the platform has not resolved.</summary>
    public required IReadOnlyList<string> Unresolved { get; init; }

    /// <summary>Only the home app runs timers and durable functions, and hands alerts over.</summary>
    public bool IsHome => Location == Home;

    public static string QueueOf(string location) => $"probes-{location}";

    /// <summary>Where the platform puts a message that failed too often.</summary>
    public static string PoisonQueueOf(string location) => $"{QueueOf(location)}-poison";
}

/// <summary>How to reach the product's store: by a connection string (Azurite), or by address with a managed identity.</summary>
public abstract record StoreAddress
{
    public sealed record ByConnectionString(string Value) : StoreAddress;

    /// <param name="ClientId">Of a user-assigned identity; null for the app's own.</param>
    public sealed record ByIdentity(Uri Tables, Uri Queues, Uri Blobs, string? ClientId) : StoreAddress;
}

/// <summary>The app settings are not usable; the message names every mistake.</summary>
public sealed class SettingsException(IReadOnlyList<string> mistakes) : Exception(string.Join('\n', LinesOf(mistakes)))
{
    public IReadOnlyList<string> Mistakes => mistakes;

    /// <summary>
    /// For the console, a mistake a line. The platform's host makes of each line of standard error a log record of its own, and
    /// takes it for an error only if it says so: what does not is dropped as chatter.
    /// </summary>
    public IEnumerable<string> Lines => LinesOf(mistakes);

    private static IEnumerable<string> LinesOf(IReadOnlyList<string> mistakes) => mistakes
        .Select(mistake => $"McpProbe setting error: {string.Concat(mistake.Select(each => char.IsControl(each) ? ' ' : each))}")
        .Prepend($"McpProbe error: it cannot start, since {mistakes.Count} of its app settings {(mistakes.Count == 1 ? "is" : "are")} missing or wrong:");
}
