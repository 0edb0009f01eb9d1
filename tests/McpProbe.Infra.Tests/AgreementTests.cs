using System.Reflection;
using System.Text.RegularExpressions;
using McpProbe.Functions;
using McpProbe.Text;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace McpProbe.Infra.Tests;

/// <summary>The templates, host.json and the code name the same settings, queues and functions.</summary>
public partial class AgreementTests
{
    // Read by the Functions host and its extensions, not by our code.
    private static readonly string[] HostSettings =
    [
        "AzureWebJobsDisableHomepage",
        "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__credential",
        "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    ];

    private static readonly MethodInfo[] Functions =
    [
        .. typeof(AppSettings).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttribute<FunctionAttribute>() is not null),
    ];

    public static TheoryData<string> ParameterSetNames => [.. ParameterSets.All];

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Settings_OfEveryApp_SatisfyTheHead(string parameters)
    {
        foreach (var app in (await Deployment.OfAsync(parameters)).Apps)
        {
            // Throws with every missing or wrong setting.
            var settings = SettingsReader.Read(AsThePlatformShowsThem(app));
            Assert.Equal(app.Settings["ProbeLocation"], settings.Location);
            Assert.Equal(app.Settings["ProbeLocations"].Split(','), settings.Locations);
            Assert.IsType<StoreAddress.ByIdentity>(settings.Store);
        }
    }

    [Fact]
    public async Task Channels_OfTheTemplate_AreThoseThatTheHeadReads()
    {
        var home = (await Deployment.OfAsync(ParameterSets.WithEmail)).Home;
        var channels = SettingsReader.Read(AsThePlatformShowsThem(home)).Channels;
        Assert.Equal(
            [
                "chat slack https://resolved.example  5/60", "discord discord https://resolved.example  /30", "eu pagerduty https://events.eu.pagerduty.com/v2/enqueue  /",
                "hidden webhook https://resolved.example  /", "oncall pagerduty   /", "ops webhook https://alerts.example.com/mcpprobe  /",
                "people email  oncall@example.com,lead@example.com /", "phone ntfy https://ntfy.sh/my-topic  /",
                "relay email smtp://alerts@mail.example.com:587 noc@example.com 20/", "teams teams https://resolved.example  /",
            ],
            channels.Values.OrderBy(channel => channel.Name, StringComparer.Ordinal).Select(channel =>
                $"{channel.Name} {WireNames.Of(channel.Type)} {channel.Url} {string.Join(',', channel.To)} {channel.Limit?.PerMinute}/{channel.Limit?.PerHour}"));
        Assert.Equal("alerts@example.com", channels["relay"].From);
        Assert.All(["ops", "oncall", "eu", "phone", "relay"], name => Assert.Equal(SecretOf("ops-signing"), channels[name].Secret));
    }

    /// <summary>As docs/azure.md says: a report by e-mail and a public page are plain settings of the installation.</summary>
    [Fact]
    public async Task ReportsAndPages_InTheSettings_AreThoseThatTheHeadReads()
    {
        var read = SettingsReader.Read(AsThePlatformShowsThem((await Deployment.OfAsync(ParameterSets.WithEmail)).Home));
        var report = Assert.Single(read.Reports);
        Assert.Equal(("people", "Europe/Amsterdam", "shop platform"), (report.Channel, report.TimeZone, string.Join(' ', report.Groups)));
        var page = Assert.Single(read.Pages);
        Assert.Equal(("public", "Example status", "shop", "https://www.example.com"), (page.Name, page.Title, Assert.Single(page.Groups), Assert.Single(page.EmbedIn)));
    }

    [Fact]
    public async Task Settings_OfTheTemplate_AreAllRead()
    {
        var known = typeof(AppSettings).GetFields().Select(f => (string)f.GetRawConstantValue()!).Concat(HostSettings);
        var home = (await Deployment.OfAsync(ParameterSets.Default)).Home;
        Assert.Empty(home.Settings.Keys.Except(known));
    }

    [Fact]
    public async Task Settings_OfTheCode_AreAllDeployed()
    {
        // Store is a connection string, for Azurite only; Channels, Reports, Imports and Pages are what an installation names, by the parameter
        // 'settings' or as secrets; ReshardFrom is set once, by hand; the heartbeat's addresses are the installation's own, and secrets.
        var read = typeof(AppSettings).GetFields().Select(f => (string)f.GetRawConstantValue()!)
            .Except([AppSettings.Store, AppSettings.Channels, AppSettings.Reports, AppSettings.Imports, AppSettings.Pages, AppSettings.ReshardFrom, AppSettings.HeartbeatUrl, AppSettings.HeartbeatFailUrl]);
        var home = (await Deployment.OfAsync(ParameterSets.WithEmail)).Home;
        Assert.Empty(read.Except(home.Settings.Keys));
    }

    [Fact]
    public async Task Placeholders_InBindingsAndHostFile_AreDeployedSettings()
    {
        var bindings = Triggers<TimerTriggerAttribute>().Select(t => t.Schedule).Concat(Triggers<QueueTriggerAttribute>().Select(t => t.QueueName));
        var placeholders = Placeholder().Matches(string.Join('\n', bindings))
            .Select(m => m.Groups[1].Value).Distinct().ToList();
        // The scale controller reads host.json without the app's settings: nothing in it may need one.
        Assert.DoesNotMatch(Placeholder(), await Repository.ReadAsync("host.json"));
        Assert.NotEmpty(placeholders);
        Assert.All((await Deployment.OfAsync(ParameterSets.TwoLocations)).Apps, app => Assert.Empty(placeholders.Except(app.Settings.Keys)));
    }

    [Fact]
    public async Task Queues_OfTheTriggers_AreMadeForEveryLocation()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        var made = deployment.Names("Microsoft.Storage/storageAccounts/queueServices/queues").Select(n => n.Split('/')[^1]);
        var listened = deployment.Apps.SelectMany(app => Triggers<QueueTriggerAttribute>()
            .Select(trigger => Placeholder().Replace(trigger.QueueName, m => app.Settings[m.Groups[1].Value])));
        Assert.Equal(made.Order(), listened.Order());
        Assert.All(Triggers<QueueTriggerAttribute>(), trigger =>
            Assert.All(deployment.Apps, app => Assert.Contains($"{trigger.Connection}__queueServiceUri", app.Settings.Keys)));
    }

    [Fact]
    public async Task Functions_ThatAreOffAtFurtherLocations_AreAllButTheQueues()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        var off = Functions.Where(f => !f.GetParameters().Any(p => p.GetCustomAttribute<QueueTriggerAttribute>() is not null))
            .Select(f => $"AzureWebJobs.{f.GetCustomAttribute<FunctionAttribute>()!.Name}.Disabled").Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(off);
        Assert.All(
            deployment.Apps.Where(app => app.Name != deployment.Home.Name),
            app => Assert.Equal(off, app.Settings.Keys.Where(k => k.StartsWith("AzureWebJobs.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)));
    }

    private static List<T> Triggers<T>() where T : Attribute =>
        [.. Functions.SelectMany(f => f.GetParameters()).Select(p => p.GetCustomAttribute<T>()).OfType<T>()];

    // What only Azure knows is an address or an id; a Key Vault reference becomes its secret.
    private static IConfigurationRoot AsThePlatformShowsThem(App app) => new ConfigurationBuilder()
        .AddInMemoryCollection(app.Settings.Select(setting => KeyValuePair.Create(
            setting.Key.Replace("__", ":", StringComparison.Ordinal),
            setting.Value switch
            {
                ['[', ..] when setting.Key == AppSettings.EmailSender => "DoNotReply@resolved.example",
                ['[', ..] when setting.Key == AppSettings.StoreClientId => "33333333-3333-3333-3333-333333333333",
                ['[', ..] when setting.Key == AppSettings.Telemetry =>
                    "InstrumentationKey=44444444-4444-4444-4444-444444444444;IngestionEndpoint=https://resolved.example/",
                ['[', ..] => "https://resolved.example",
                ['@', ..] reference => SecretOf(reference.Split("SecretName=")[1].TrimEnd(')')),
                var value => (string?)value,
            })))
        .Build();

    private static string SecretOf(string name) =>
        name.EndsWith("-address", StringComparison.Ordinal) ? "https://resolved.example"
        // As newGuid() makes them.
        : name.StartsWith("mcpprobe-", StringComparison.Ordinal) ? new Guid(name.Length, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0).ToString()
        : "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [GeneratedRegex("%([A-Za-z_]+)%")]
    private static partial Regex Placeholder();
}
