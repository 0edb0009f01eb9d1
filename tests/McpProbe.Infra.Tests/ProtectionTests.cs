using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

/// <summary>What keeps data, secrets and the service from loss: some of it always, the rest by parameters.</summary>
public class ProtectionTests
{
    public static TheoryData<string> ParameterSetNames => [.. ParameterSets.All];

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Vault_LogsWhoReadsWhat(string parameters)
    {
        CheckAudit(await Deployment.OfAsync(parameters));
    }

    internal static void CheckAudit(Deployment deployment)
    {
        var audit = Assert.Single(deployment.OfType("Microsoft.Insights/diagnosticSettings"));
        Assert.Contains("/vaults/", audit.Text("id"), StringComparison.Ordinal);
        Assert.Equal(Assert.Single(deployment.OfType("Microsoft.OperationalInsights/workspaces")).Text("id"), audit["properties"]!.Text("workspaceId"));
        var log = Assert.Single(audit["properties"]!["logs"]!.AsArray())!;
        Assert.Equal(("audit", true), (log.Text("categoryGroup"), log["enabled"]!.GetValue<bool>()));
    }

    [Theory]
    // The service refuses false: it is said or it is not.
    [InlineData(ParameterSets.Default, null)]
    [InlineData(ParameterSets.Guarded, true)]
    public async Task Vault_PurgeProtection_OnlyWhenAskedFor(string parameters, bool? expected)
    {
        var vault = Assert.Single((await Deployment.OfAsync(parameters)).OfType("Microsoft.KeyVault/vaults"));
        Assert.Equal(expected, vault["properties"]!["enablePurgeProtection"]?.GetValue<bool>());
        Assert.True(vault["properties"]!["enableSoftDelete"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Lock_KeepsStoreAndVault()
    {
        CheckLocks(await Deployment.OfAsync(ParameterSets.Guarded));
        Assert.Empty((await Deployment.OfAsync(ParameterSets.Default)).OfType("Microsoft.Authorization/locks"));
    }

    internal static void CheckLocks(Deployment deployment)
    {
        var locks = deployment.OfType("Microsoft.Authorization/locks");
        Assert.All(locks, each => Assert.Equal("CanNotDelete", each["properties"]!.Text("level")));
        Assert.Equal(
            deployment.Names("Microsoft.KeyVault/vaults").Concat(deployment.Names("Microsoft.Storage/storageAccounts").Where(n => n.StartsWith("mcpstore", StringComparison.Ordinal))).Order(),
            locks.Select(each => each.Text("id").Split('/')[^5]).Order());
    }

    [Theory]
    [InlineData(ParameterSets.Default, false, "Standard_LRS", "Standard_LRS")]
    [InlineData(ParameterSets.Guarded, true, "Standard_ZRS", "Standard_ZRS")]
    public async Task Zones_AppsAndTheirStorage(string parameters, bool zones, string host, string store)
    {
        CheckZones(await Deployment.OfAsync(parameters), zones, host, store);
    }

    internal static void CheckZones(Deployment deployment, bool zones, string host, string store)
    {
        Assert.All(deployment.OfType("Microsoft.Web/serverfarms"), plan => Assert.Equal(zones, plan["properties"]!["zoneRedundant"]!.GetValue<bool>()));
        Assert.All(deployment.OfType("Microsoft.Storage/storageAccounts"), account => Assert.Equal(
            account.Text("name").StartsWith("mcpstore", StringComparison.Ordinal) ? store : host, account["sku"]!.Text("name")));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Watch_ToldWhenTheTimersStopOrTheProberLiesBehind(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        CheckWatch(deployment);
        var groups = deployment.OfType("Microsoft.Insights/actionGroups");
        Assert.Equal(parameters == ParameterSets.Guarded ? 1 : 0, groups.Count);
        Assert.All(deployment.OfType("Microsoft.Insights/scheduledQueryRules"), rule => Assert.Equal(
            groups.Select(group => group.Text("id")),
            rule["properties"]!["actions"]!["actionGroups"]!.AsArray().Select(id => id!.GetValue<string>())));
        Assert.All(groups, group => Assert.Equal("operator@example.com", group["properties"]!["emailReceivers"]![0]!.Text("emailAddress")));
    }

    internal static void CheckWatch(Deployment deployment)
    {
        var insights = Assert.Single(deployment.OfType("Microsoft.Insights/components")).Text("id");
        var rules = deployment.OfType("Microsoft.Insights/scheduledQueryRules").ToDictionary(rule => rule.Text("name"), rule => rule["properties"]!);
        Assert.All(rules.Values, rule =>
        {
            Assert.Equal(insights, Assert.Single(rule["scopes"]!.AsArray())!.GetValue<string>());
            Assert.True(rule["enabled"]!.GetValue<bool>());
            Assert.Equal("PT15M", rule.Text("windowSize"));
        });
        // Nothing for a quarter of an hour, where the timer writes 30 lines.
        Assert.Equal(("Count", "LessThan", 1), Condition(rules["mcpprobe-schedule-stopped"]));
        Assert.Equal(("Count", "GreaterThanOrEqual", 1), Condition(rules["mcpprobe-schedule-lags"]));

        static (string, string, int) Condition(JsonNode rule)
        {
            var criterion = Assert.Single(rule["criteria"]!["allOf"]!.AsArray())!;
            return (criterion.Text("timeAggregation"), criterion.Text("operator"), criterion["threshold"]!.GetValue<int>());
        }
    }
}
