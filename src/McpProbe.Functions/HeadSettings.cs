using Cronos;
using McpProbe.Alerts.Channels;
using McpProbe.Monitoring.Connectivity;
using McpProbe.Web;

namespace McpProbe.Functions;

/// <summary>What the app settings say, checked.</summary>
public sealed record HeadSettings
{
    public const string Home = "home";

    public required StoreAddress Store { get; init; }

    /// <summary>Where this app probes from.</summary>
    public required string Location { get; init; }

    /// <summary>Every location; the home app schedules for all.</summary>
    public required IReadOnlyList<string> Locations { get; init; }

    /// <summary>When <c>ScheduleProbes</c> runs.</summary>
    public required CronExpression ProbeTicks { get; init; }

    public required int Shards { get; init; }

    public required int EndpointsPerMessage { get; init; }

    public required int ResultRetentionMonths { get; init; }

    /// <summary>What is tried when many servers do not answer at once.</summary>
    public required ControlAddresses Controls { get; init; }

    public required string ApiKey { get; init; }

    public required CheckUrls CheckUrls { get; init; }

    /// <summary>Where the pages are, for links in alerts.</summary>
    public required Uri? PublicUrl { get; init; }

    public required IReadOnlyDictionary<string, Channel> Channels { get; init; }

    /// <summary>Azure Communication Services; null for none.</summary>
    public required Uri? EmailEndpoint { get; init; }

    public required string? EmailSender { get; init; }

    /// <summary>Only the home app runs timers and durable functions, and hands alerts over.</summary>
    public bool IsHome => Location == Home;

    public static string QueueOf(string location) => $"probes-{location}";
}

/// <summary>How to reach the product's store: by a connection string (Azurite), or by address with a managed identity.</summary>
public abstract record StoreAddress
{
    public sealed record ByConnectionString(string Value) : StoreAddress;

    /// <param name="ClientId">Of a user-assigned identity; null for the app's own.</param>
    public sealed record ByIdentity(Uri Tables, Uri Queues, Uri Blobs, string? ClientId) : StoreAddress;
}

/// <summary>The app settings are not usable; the message names every mistake.</summary>
public sealed class SettingsException(IReadOnlyList<string> mistakes) : Exception(
    $"McpProbe cannot start: {mistakes.Count} of its app settings are missing or wrong.{string.Concat(mistakes.Select(mistake => $"\n  {mistake}"))}")
{
    public IReadOnlyList<string> Mistakes => mistakes;
}
