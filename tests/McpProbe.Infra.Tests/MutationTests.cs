namespace McpProbe.Infra.Tests;

/// <summary>The checks of this project notice: each mistake, planted in a copy of the templates, fails the check that is named for it.</summary>
public class MutationTests
{
    private static readonly Dictionary<string, Action<Deployment>> Checks = new Dictionary<string, Action<Deployment>>
    {
        ["names"] = RoleTests.CheckNames,
        ["rights"] = RoleTests.CheckRights,
        ["key"] = LocationTests.CheckKey,
        ["audit"] = ProtectionTests.CheckAudit,
        ["locks"] = ProtectionTests.CheckLocks,
        ["zones"] = deployment => ProtectionTests.CheckZones(deployment, true, "Standard_ZRS", "Standard_ZRS"),
        ["watch"] = ProtectionTests.CheckWatch,
        ["closed"] = NetworkTests.CheckClosed,
    };

    [Theory]
    // A name that the successor of a deleted identity would share.
    [InlineData("modules/storage-access.bicep", "guid(account.id, principalId, role)", "guid(account.id, accountName, role)", "names", ParameterSets.TwoLocations)]
    [InlineData("modules/app-access.bicep", "guid(insights.id, principalId, ", "guid(insights.id, insightsName, ", "names", ParameterSets.Guarded)]
    [InlineData("modules/secret-access.bicep", "guid(secrets[i].id, principalId, ", "guid(secrets[i].id, secret, ", "names", ParameterSets.Guarded)]
    // More rights than needed, or fewer.
    [InlineData("main.bicep", "secretNames: i == 0 ? homeSecrets : probeSecrets", "secretNames: homeSecrets", "rights", ParameterSets.Guarded)]
    [InlineData("main.bicep", "union([apiKeySecret, readKeySecret], channelSecrets, probeSecrets)", "union([apiKeySecret, readKeySecret], take(channelSecrets, 1), probeSecrets)", "rights", ParameterSets.Guarded)]
    [InlineData("modules/secret-access.bicep", "scope: secrets[i]", "scope: vault", "rights", ParameterSets.Guarded)]
    [InlineData("main.bicep", "    Shards: string(shards)", "    MCPPROBE_API_KEY: secretReference(vaultName, apiKeySecret)\n    Shards: string(shards)", "key", ParameterSets.Guarded)]
    [InlineData("main.bicep", "    Shards: string(shards)", "    MCPPROBE_READ_KEY: secretReference(vaultName, readKeySecret)\n    Shards: string(shards)", "key", ParameterSets.Guarded)]
    [InlineData("modules/vault.bicep", "categoryGroup: 'audit'", "categoryGroup: 'allLogs'", "audit", ParameterSets.Default)]
    [InlineData("main.bicep", "    storeName: storeName\n    vaultName: vaultName\n  }\n  dependsOn: [store, vault]", "    storeName: hostStorageNames[0]\n    vaultName: vaultName\n  }\n  dependsOn: [store, hostStorages, vault]", "locks", ParameterSets.Guarded)]
    [InlineData("main.bicep", "      sku: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'", "      sku: 'Standard_LRS'", "zones", ParameterSets.Guarded)]
    [InlineData("modules/watch.bicep", "operator: 'LessThan'", "operator: 'GreaterThan'", "watch", ParameterSets.Default)]
    [InlineData("main.bicep", "var closed = privateNetwork && !keepPublicEndpoints", "var closed = privateNetwork && keepPublicEndpoints", "closed", ParameterSets.WithNetwork)]
    public async Task PlantedMistake_IsNoticed(string template, string right, string wrong, string check, string parameters)
    {
        // The check passes what is right.
        Checks[check](await Deployment.OfAsync(parameters));

        using var copy = Repository.CopyTemplates();
        await copy.SpoilAsync($"infra/{template}", right, wrong);
        var spoilt = await Deployment.PredictAsync(copy.File(ParameterSets.FileOf(parameters)));

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Checks[check](spoilt));
    }
}
