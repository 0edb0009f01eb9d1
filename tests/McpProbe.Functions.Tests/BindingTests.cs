using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpProbe.Functions.Probing;
using McpProbe.Functions.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace McpProbe.Functions.Tests;

/// <summary>
/// What the functions bind to (Worker/WorkerTests has the list), what host.json says, what infra/ sets and what the samples set are
/// four texts about one thing: nothing but this keeps them together before a deployment does.
/// </summary>
public partial class BindingTests
{
    private static readonly JsonElement Host = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("host.json"))).RootElement;

    private static readonly string Bicep = string.Join('\n', Directory
        .EnumerateFiles(Repository.PathOf("infra"), "*.bicep", SearchOption.AllDirectories).Order().Select(File.ReadAllText));

    /// <summary>Every function by its name.</summary>
    private static readonly Dictionary<string, MethodInfo> Functions = typeof(AppSettings).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static))
        .Select(method => (Method: method, Attribute: method.GetCustomAttribute<FunctionAttribute>()))
        .Where(each => each.Attribute is not null)
        .ToDictionary(each => each.Attribute!.Name, each => each.Method);

    /// <summary>Names of the settings that infra/ gives an app, among other names.</summary>
    private static HashSet<string> BicepSettings() => [.. SettingName().Matches(Bicep).Select(match => match.Groups[1].Value)];

    [Fact]
    public void Http_Prefix_IsNone()
    {
        // The API's own paths begin with /api: a prefix of the platform would double it.
        Assert.Equal("", Host.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Contains("AzureWebJobsDisableHomepage: 'true'", Bicep, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_EveryNameTheHeadReads_IsSetByTheInfrastructure()
    {
        var set = BicepSettings();
        // Not on Azure: the addresses take the connection string's place.
        var read = typeof(AppSettings).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            // An installation's own: they come by MCPPROBE_VAULT_SETTINGS, as every secret that somebody names (docs/azure.md).
            .Except([AppSettings.Store, AppSettings.Channels, AppSettings.Reports, AppSettings.HeartbeatUrl, AppSettings.HeartbeatFailUrl]).ToList();

        // By the parameter 'settings' (docs/registries.md, docs/endpoints.md).
        read.Remove(AppSettings.Imports);
        read.Remove(AppSettings.Pages);
        // Once, by hand, where a store is moved (docs/scale.md).
        read.Remove(AppSettings.ReshardFrom);

        Assert.NotEmpty(read);
        Assert.All(read, name => Assert.True(set.Contains(name), $"infra/ sets no {name}"));
        Assert.All((string[])["type", "url", "secret", "to", "from", "limit__perMinute", "limit__perHour"], part =>
            Assert.Contains($"Channels__${{channel.name}}__{part}", Bicep, StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_EveryNameBetweenPercentSigns_IsSetByTheInfrastructure()
    {
        var set = BicepSettings();
        var names = Functions.Values.SelectMany(method => method.GetParameters())
            .SelectMany(parameter => parameter.GetCustomAttributesData())
            .SelectMany(attribute => attribute.ConstructorArguments)
            .Select(argument => argument.Value as string ?? "")
            .SelectMany(text => PercentName().Matches(text)).Select(match => match.Groups[1].Value).Distinct().Order().ToList();

        Assert.Equal(["ProbePoisonQueue", "ProbeQueue", "ProbeSchedule", "RollUpSchedule", "SweepSchedule"], names);
        Assert.All(names, name => Assert.True(set.Contains(name), $"infra/ sets no {name}"));
    }

    [Fact]
    public void Queues_InTheInfrastructure_HaveTheNamesTheSchedulerSendsTo()
    {
        Assert.Equal("probes-home", HeadSettings.QueueOf(HeadSettings.Home));
        Assert.Contains("ProbeQueue: 'probes-home'", Bicep, StringComparison.Ordinal);
        Assert.Contains("ProbePoisonQueue: 'probes-home-poison'", Bicep, StringComparison.Ordinal);
        Assert.Contains($"ProbeQueue: '{HeadSettings.QueueOf("${region}")}'", Bicep, StringComparison.Ordinal);
        Assert.Contains($"ProbePoisonQueue: '{HeadSettings.QueueOf("${region}")}-poison'", Bicep, StringComparison.Ordinal);
    }

    [Fact]
    public void FurtherLocations_RunTheQueueAndNothingElse()
    {
        var disabled = HomeFunctions().Match(Bicep).Groups[1].Value.Split(',').Select(name => name.Trim().Trim('\'')).Order(StringComparer.Ordinal);

        Assert.Equal(Functions.Keys.Except([nameof(ProbeEndpoints), nameof(ProbePoison)]).Order(StringComparer.Ordinal), disabled);
    }

    [Fact]
    public void HostFile_OfTheRepository_IsBesideTheHead() => Assert.Equal(
        File.ReadAllText(Repository.PathOf("host.json")), File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")));

    [Fact]
    public void HostFile_Queues_FitTheWorker()
    {
        var queues = Host.GetProperty("extensions").GetProperty("queues");

        // As they are: a message that is no base64 would fail before a function sees it, also on the poison queue, and stay for days.
        Assert.Equal("none", queues.GetProperty("messageEncoding").GetString());
        // The platform scales by messages, those that wait for their slot included: one instance for each batchSize +
        // newBatchThreshold. A fleet of a thousand is the work of one; what more means is simulated (docs/cost.md).
        var (batch, threshold) = (queues.GetProperty("batchSize").GetInt32(), queues.GetProperty("newBatchThreshold").GetInt32());
        Assert.Equal((16, 16), (batch, threshold));
        // A batch ends itself before the host ends it, and the host renews the lease until then.
        var longest = TimeSpan.Parse(Host.GetProperty("functionTimeout").GetString()!, null);
        Assert.True(longest > ProbeWorker.LongestBatch);
        // It waits for the store, and then still has the time of a batch of usual probes.
        Assert.True(longest - StoreOpening.Patience >= TimeSpan.FromMinutes(2));
        // While roles spread, for ten minutes, no message fails so often that it is given up.
        Assert.True(StoreOpening.Patience * queues.GetProperty("maxDequeueCount").GetInt32() > TimeSpan.FromMinutes(30));
        Assert.True(TimeSpan.Parse(queues.GetProperty("maxPollingInterval").GetString()!, null) <= TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void HostFile_Durable_IsQuickAndKeepsAlertsOutOfTheTraces()
    {
        var durable = Host.GetProperty("extensions").GetProperty("durableTask");
        var storage = durable.GetProperty("storageProvider");

        // Written out: the scale controller does not resolve a setting's name. Each app has a host storage of its own.
        Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,44}$", durable.GetProperty("hubName").GetString()!);
        // An activity whose host died is started again after this: the alert's budget over a crash.
        Assert.Equal(TimeSpan.FromMinutes(1), TimeSpan.Parse(storage.GetProperty("workItemQueueVisibilityTimeout").GetString()!, null));
        Assert.Equal("AzureWebJobsStorage", storage.GetProperty("connectionName").GetString());
        Assert.True(TimeSpan.Parse(storage.GetProperty("maxQueuePollingInterval").GetString()!, null) <= TimeSpan.FromSeconds(5));
        Assert.False(durable.GetProperty("tracing").GetProperty("traceInputsAndOutputs").GetBoolean());
    }

    [Fact]
    public void AzureYaml_Service_IsThisProjectAndTheHomeApp()
    {
        var yaml = File.ReadAllText(Repository.PathOf("azure.yaml"));
        var service = Service().Match(yaml);

        Assert.Equal(("src/McpProbe.Functions", "dotnet", "function"), (service.Groups["project"].Value, service.Groups["language"].Value, service.Groups["host"].Value));
        Assert.True(File.Exists(Repository.PathOf(service.Groups["project"].Value, "McpProbe.Functions.csproj")));
        Assert.Contains($"'azd-service-name': '{service.Groups["name"].Value}'", Bicep, StringComparison.Ordinal);
    }

    [Fact]
    public void LocalSettings_TheSample_StartsTheHead()
    {
        var values = JsonNode.Parse(File.ReadAllText(Repository.PathOf("samples", "local.settings.json")))!["Values"]!.AsObject();
        var settings = values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":", StringComparison.Ordinal), (string?)value.Value));

        var read = SettingsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());

        Assert.Single(read.Channels);
        Assert.Equal("UseDevelopmentStorage=true", (string?)values["AzureWebJobsStorage"]);
        Assert.Equal("dotnet-isolated", (string?)values["FUNCTIONS_WORKER_RUNTIME"]);
    }

    [GeneratedRegex(@"(?:^|[{,])\s*([A-Za-z][A-Za-z0-9_]*):", RegexOptions.Multiline)]
    private static partial Regex SettingName();

    [GeneratedRegex("%([A-Za-z]+)%")]
    private static partial Regex PercentName();

    [GeneratedRegex(@"var homeFunctions = \[([^\]]*)\]")]
    private static partial Regex HomeFunctions();

    [GeneratedRegex(@"services:\s+(?<name>\w+):\s+project: (?<project>\S+)\s+language: (?<language>\S+)\s+host: (?<host>\S+)")]
    private static partial Regex Service();
}
