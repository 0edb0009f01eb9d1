using McpProbe.Alerts.Heartbeats;

namespace McpProbe.Functions;

/// <summary>The names of the app settings, as the platform's attributes, infra/ and people spell them.</summary>
public static class AppSettings
{
    /// <summary>The connection of the product's store: a connection string, or the group <c>Store__…Uri</c>.</summary>
    public const string Store = "Store";
    public const string StoreCredential = "Store__credential";
    public const string StoreClientId = "Store__clientId";
    public const string StoreTables = "Store__tableServiceUri";
    public const string StoreQueues = "Store__queueServiceUri";
    public const string StoreBlobs = "Store__blobServiceUri";

    public const string ProbeLocation = "ProbeLocation";
    public const string ProbeLocations = "ProbeLocations";
    public const string ProbeQueue = "ProbeQueue";
    public const string ProbePoisonQueue = "ProbePoisonQueue";
    public const string ProbeSchedule = "ProbeSchedule";
    public const string SweepSchedule = "SweepSchedule";
    public const string RollUpSchedule = "RollUpSchedule";
    public const string Shards = "Shards";

    /// <summary>How many shards a store has that is moved to <see cref="Shards"/> when it is opened.</summary>
    public const string ReshardFrom = "ReshardFrom";
    public const string EndpointsPerMessage = "EndpointsPerMessage";
    public const string KeepResults = "KeepResults";
    public const string KeepHourly = "KeepHourly";
    public const string KeepDaily = "KeepDaily";
    public const string KeepIncidents = "KeepIncidents";
    public const string ControlAddresses = "ControlAddresses";

    public const string ApiKey = "MCPPROBE_API_KEY";
    public const string ReadKey = "MCPPROBE_READ_KEY";
    public const string TrustedProxies = "MCPPROBE_TRUSTED_PROXIES";
    public const string CheckUrls = "MCPPROBE_CHECK_URLS";
    public const string ApiSecrets = McpProbe.Configuration.ApiSecrets.Setting;
    public const string PublicUrl = "PublicUrl";
    public const string TimeZone = "TimeZone";

    /// <summary>Where a sign of life goes while all is well, and where one goes when it is not.</summary>
    public const string HeartbeatUrl = HeartbeatAddress.Variable;
    public const string HeartbeatFailUrl = HeartbeatAddress.FailingVariable;

    /// <summary>The list <c>imports</c> of a probes file, as JSON or YAML.</summary>
    public const string Imports = "Imports";

    /// <summary>Followed by <c>__{name}__type</c> and so on.</summary>
    public const string Channels = "Channels";

    /// <summary>Followed by <c>__{name}__title</c> and so on.</summary>
    public const string Pages = "Pages";
    public const string Reports = "Reports";
    public const string EmailEndpoint = "Email__endpoint";
    public const string EmailSender = "Email__sender";

    public const string Telemetry = "APPLICATIONINSIGHTS_CONNECTION_STRING";
}
