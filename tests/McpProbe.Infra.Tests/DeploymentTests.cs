using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpProbe.Functions;

namespace McpProbe.Infra.Tests;

/// <summary>What must hold whatever the parameters.</summary>
public partial class DeploymentTests
{
    // What the code reads, host and Azure SDK included. An app that is not the home has the switches of the home's functions too.
    private static readonly string[] EveryAppsSettings =
    [
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "AzureWebJobsDisableHomepage",
        "AzureWebJobsStorage__blobServiceUri", "AzureWebJobsStorage__clientId", "AzureWebJobsStorage__credential",
        "AzureWebJobsStorage__queueServiceUri", "AzureWebJobsStorage__tableServiceUri",
        "ControlAddresses", "EndpointsPerMessage", "MCPPROBE_API_SECRETS", "MCPPROBE_CHECK_URLS",
        "ProbeLocation", "ProbeLocations", "ProbePoisonQueue", "ProbeQueue", "ProbeSchedule", "PublicUrl",
        "KeepDaily", "KeepHourly", "KeepIncidents", "KeepResults", "RollUpSchedule", "Shards",
        "Store__blobServiceUri", "Store__clientId", "Store__credential", "Store__queueServiceUri", "Store__tableServiceUri",
        "SweepSchedule",
    ];

    public static TheoryData<string> ParameterSetNames => [.. ParameterSets.All];

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Storage_EveryAccount_HasNoKeysAndNoPublicBlobs(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);

        var accounts = deployment.OfType("Microsoft.Storage/storageAccounts");
        Assert.Equal(deployment.Apps.Count + 1, accounts.Count);
        Assert.All(accounts, account =>
        {
            var properties = account["properties"]!;
            Assert.False(properties["allowSharedKeyAccess"]!.GetValue<bool>());
            Assert.False(properties["allowBlobPublicAccess"]!.GetValue<bool>());
            Assert.True(properties["supportsHttpsTrafficOnly"]!.GetValue<bool>());
            Assert.Equal("TLS1_2", properties.Text("minimumTlsVersion"));
        });
        Assert.All(
            deployment.OfType("Microsoft.Storage/storageAccounts/blobServices/containers"),
            container => Assert.Equal("None", container["properties"]!.Text("publicAccess")));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Store_Tables_AreThoseOfTheDesign(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        Assert.Equal(
            ["audit", "baselines", "deliveries", "drift", "endpoints", "incidents", "rollups", "schedule", "state"],
            deployment.Names("Microsoft.Storage/storageAccounts/tableServices/tables").Select(n => n.Split('/')[^1]).Order());
        Assert.Contains(
            deployment.Names("Microsoft.Storage/storageAccounts/blobServices/containers"), n => n.EndsWith("/catalogs", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task AppSettings_EveryApp_HasAllThatTheCodeReads(string parameters)
    {
        foreach (var app in (await Deployment.OfAsync(parameters)).Apps)
        {
            Assert.Empty(EveryAppsSettings.Except(app.Settings.Keys));
            Assert.All(EveryAppsSettings, name => Assert.NotEqual("", app.Settings[name]));
            Assert.Equal("managedidentity", app.Settings["Store__credential"]);
            Assert.Equal("managedidentity", app.Settings["AzureWebJobsStorage__credential"]);
        }
    }

    [Fact]
    public async Task AppSettings_DefaultParameters_AreExactlyThoseOfTheCode()
    {
        var home = (await Deployment.OfAsync(ParameterSets.Default)).Home;
        Assert.Equal(EveryAppsSettings.Concat(["MCPPROBE_API_KEY", "MCPPROBE_READ_KEY", "MCPPROBE_TRUSTED_PROXIES", "TimeZone"]).Order(StringComparer.Ordinal), home.Settings.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task AppSettings_EveryApp_HoldsNoSecret(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        var vault = Assert.Single(deployment.Names("Microsoft.KeyVault/vaults"));
        foreach (var (name, value) in deployment.Apps.SelectMany(app => app.Settings))
        {
            Assert.DoesNotMatch(SecretValue(), value);
            // Which names may be named.
            if (SecretName().IsMatch(name) && name != AppSettings.ApiSecrets)
                Assert.Matches($@"^@Microsoft\.KeyVault\(VaultName={vault};SecretName=[a-z-]+\)$", value);
        }
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Keys_AreInTheVaultAndNowhereElse(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        var withKey = deployment.Resources.Where(r => r.ToJsonString().Contains("newGuid", StringComparison.Ordinal));
        Assert.Equal(["mcpprobe-api-key", "mcpprobe-read-key"], withKey.Select(resource => resource.Text("name").Split('/')[^1]).Order(StringComparer.Ordinal));
        Assert.DoesNotMatch(SecretValue(), deployment.Outputs.ToJsonString());
        Assert.All(
            deployment.OfType("Microsoft.KeyVault/vaults"),
            vault => Assert.True(vault["properties"]!["enableRbacAuthorization"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task Keys_SecondDeployment_KeepsThem()
    {
        // The snapshot does not show deployment options; the compiled template does.
        var (template, _) = await Bicep.BuildAsync(Repository.File("infra/modules/vault.bicep"));
        var secrets = template["resources"]!.AsObject().Select(r => r.Value!).Where(r => r.Text("type") == "Microsoft.KeyVault/vaults/secrets").ToList();
        Assert.Equal(2, secrets.Count);
        Assert.All(secrets, secret => Assert.NotNull(secret["@options"]?["onlyIfNotExists"]));
        // Without it Azure refuses the condition: Bicep before 0.40.2 leaves it out for a nested resource (Azure/bicep issue 18603).
        Assert.Equal("2.0", template.Text("languageVersion"));
        Assert.DoesNotMatch(@"resource (apiKey|readKey) 'secrets'", await Repository.ReadAsync("infra/modules/vault.bicep"));
        Assert.Equal("securestring", template["parameters"]!["newApiKey"]!.Text("type"));
        Assert.Equal("securestring", template["parameters"]!["newReadKey"]!.Text("type"));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Apps_EveryApp_RunsOnFlexAsItsOwnIdentity(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        var identities = new HashSet<string>();
        foreach (var app in deployment.Apps)
        {
            var identity = Assert.Single(app.Site["identity"]!["userAssignedIdentities"]!.AsObject()).Key;
            Assert.True(identities.Add(identity));
            Assert.Equal(identity, app.Properties.Text("keyVaultReferenceIdentity"));
            Assert.True(app.Properties["httpsOnly"]!.GetValue<bool>());

            var flex = app.Properties["functionAppConfig"]!;
            Assert.Equal(("dotnet-isolated", "10.0"), (flex["runtime"]!.Text("name"), flex["runtime"]!.Text("version")));
            Assert.Equal(identity, flex["deployment"]!["storage"]!["authentication"]!.Text("userAssignedIdentityResourceId"));
            Assert.InRange(flex["scaleAndConcurrency"]!["maximumInstanceCount"]!.GetValue<int>(), 40, 1000);

            var plan = deployment.OfType("Microsoft.Web/serverfarms").Single(p => p.Text("id") == app.Properties.Text("serverFarmId"));
            Assert.Equal("FC1", plan["sku"]!.Text("name"));
            Assert.Equal(app.Site.Text("location"), plan.Text("location"));

            var publishing = deployment.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
                .Where(p => p.Text("name").StartsWith(app.Name + "/", StringComparison.Ordinal)).ToList();
            Assert.Equal(2, publishing.Count);
            Assert.All(publishing, policy => Assert.False(policy["properties"]!["allow"]!.GetValue<bool>()));
        }
        Assert.Equal(deployment.Apps.Count, deployment.OfType("Microsoft.Web/serverfarms").Count);
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Telemetry_NeedsAnIdentity_KeepsErrorsAndIsCapped(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        var insights = Assert.Single(deployment.OfType("Microsoft.Insights/components"))["properties"]!;
        Assert.True(insights["DisableLocalAuth"]!.GetValue<bool>());
        // Sampling on ingestion would discard nine errors of ten; the cap bounds the bill.
        Assert.Equal(100, insights["SamplingPercentage"]!.GetValue<int>());
        Assert.Equal(1, Assert.Single(deployment.OfType("Microsoft.OperationalInsights/workspaces"))["properties"]!["workspaceCapping"]!["dailyQuotaGb"]!.GetValue<int>());
        Assert.All(
            deployment.Apps,
            app => Assert.Contains("Authorization=AAD", app.Settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"], StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Resources_WhatCanBeTagged_NamesTheEnvironment(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        // Only what has a place of its own can be tagged; children and role assignments cannot.
        Assert.All(
            deployment.Resources.Where(r => r["location"] is JsonValue),
            resource => Assert.Equal("test", resource["tags"]?["azd-env-name"]?.GetValue<string>()));
    }

    // The connection string of Application Insights is an address: without local authentication it lets nobody in.
    [GeneratedRegex("AccountKey|SharedAccess|listKeys|listSecrets|whsec_|newGuid|securestring|InstrumentationKey=", RegexOptions.IgnoreCase)]
    private static partial Regex SecretValue();

    [GeneratedRegex("key$|secret|token|password", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
