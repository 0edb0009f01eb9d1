using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

/// <summary>Who may do what: exactly this and nothing more.</summary>
public class RoleTests
{
    private const string BlobOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string BlobContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    private const string QueueContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    private const string TableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    private const string KeyVaultSecretsUser = "4633458b-17de-408a-b874-0445c86b69e6";
    private const string KeyVaultSecretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
    private const string MonitoringMetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    private const string CommunicationAndEmailServiceOwner = "09976791-48a7-449e-bb21-39d1a415f350";

    public static TheoryData<string> ParameterSetNames => [.. ParameterSets.All];

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task App_MayWhatItNeeds(string parameters) => CheckRights(await Deployment.OfAsync(parameters));

    /// <summary>Every app has exactly the rights that it needs.</summary>
    internal static void CheckRights(Deployment deployment)
    {
        foreach (var app in deployment.Apps)
        {
            var host = HostStorage(app);
            var expected = new List<(string, string)>
            {
                (host, BlobOwner), (host, QueueContributor), (host, TableContributor),
                (Store(deployment), BlobContributor), (Store(deployment), QueueContributor), (Store(deployment), TableContributor),
                (deployment.Names("Microsoft.Insights/components").Single(), MonitoringMetricsPublisher),
            };
            // Of the vault, the secrets that its settings name and no other.
            expected.AddRange(SecretsOf(app).Select(secret => ($"{Vault(deployment)}/{secret}", KeyVaultSecretsUser)));
            if (app.Name == deployment.Home.Name)
                expected.AddRange(deployment.Names("Microsoft.Communication/communicationServices").Select(n => (n, CommunicationAndEmailServiceOwner)));

            var granted = Assignments(deployment, principal => principal.Contains($"userAssignedIdentities/{app.Name}'", StringComparison.Ordinal));

            Assert.Equal(expected.Order(), granted.Select(a => (a.Scope, a.Role)).Order());
            Assert.All(granted, a => Assert.Equal("ServicePrincipal", a.PrincipalType));
        }
    }

    [Theory]
    [InlineData(ParameterSets.Default, "User")]
    [InlineData(ParameterSets.WithEmail, "ServicePrincipal")]
    [InlineData(ParameterSets.TwoLocations, "User")]
    public async Task Deployer_MayReadAndWriteDataAndSecrets(string parameters, string principalType)
    {
        var deployment = await Deployment.OfAsync(parameters);
        var expected = deployment.Apps.Select(HostStorage).Append(Store(deployment))
            .SelectMany(account => new[] { (account, BlobContributor), (account, QueueContributor), (account, TableContributor) })
            .Append((Vault(deployment), KeyVaultSecretsOfficer));

        var granted = Assignments(deployment, principal => principal == Deployment.Deployer);

        Assert.Equal(expected.Order(), granted.Select(a => (a.Scope, a.Role)).Order());
        Assert.All(granted, a => Assert.Equal(principalType, a.PrincipalType));
    }

    [Theory]
    [MemberData(nameof(ParameterSetNames))]
    public async Task Assignments_AreNamedAfterWhoMayWhatWhere(string parameters) => CheckNames(await Deployment.OfAsync(parameters));

    [Fact]
    public async Task FurtherLocation_ReadsNoKeyAndNoChannel()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.Guarded);
        var further = deployment.Apps.Single(app => app.Name != deployment.Home.Name);
        Assert.Equal(["search-token"], SecretsOf(further));
        Assert.Equal(["chat-address", "mcpprobe-api-key", "mcpprobe-read-key", "ops-signing", "search-token"], SecretsOf(deployment.Home));
    }

    /// <summary>
    /// The principal's id is part of the name. Azure keeps the assignments of a deleted identity; its successor has the same name and
    /// another id, and would be refused the old assignment (RoleAssignmentUpdateNotPermitted).
    /// </summary>
    internal static void CheckNames(Deployment deployment)
    {
        var assignments = deployment.OfType("Microsoft.Authorization/roleAssignments");
        var names = assignments.Select(r => r.Text("name")).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        foreach (var (assignment, name) in assignments.Zip(names))
        {
            var principal = assignment["properties"]!.Text("principalId");
            if (principal == Deployment.Deployer)
            {
                Assert.True(Guid.TryParse(name, out _), name);
                continue;
            }
            // [guid(SCOPE, reference(IDENTITY).principalId, ROLE)]: what only Azure knows stays an expression.
            Assert.StartsWith("[guid(", name, StringComparison.Ordinal);
            Assert.Contains(principal.Trim('[', ']'), name, StringComparison.Ordinal);
            Assert.Contains(assignment["properties"]!.Text("roleDefinitionId").Split('/')[^1], name, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> SecretsOf(App app) => app.Settings.Values
        .Where(value => value.StartsWith("@Microsoft.KeyVault(", StringComparison.Ordinal))
        .Select(value => value.Split("SecretName=")[1].TrimEnd(')')).Distinct().Order(StringComparer.Ordinal);

    private static string Store(Deployment deployment) =>
        deployment.Names("Microsoft.Storage/storageAccounts").Single(n => n.StartsWith("mcpstore", StringComparison.Ordinal));

    private static string Vault(Deployment deployment) => deployment.Names("Microsoft.KeyVault/vaults").Single();

    // reference('…/storageAccounts/NAME', …).primaryEndpoints.blob
    private static string HostStorage(App app) => app.Settings["AzureWebJobsStorage__blobServiceUri"].Split("storageAccounts/")[1].Split('\'')[0];

    private static List<(string Scope, string Role, string PrincipalType)> Assignments(Deployment deployment, Func<string, bool> principal) =>
    [
        .. from assignment in deployment.OfType("Microsoft.Authorization/roleAssignments")
           let properties = assignment["properties"]!
           where principal(properties.Text("principalId"))
           select (Scope(assignment), properties.Text("roleDefinitionId").Split('/')[^1], properties.Text("principalType")),
    ];

    // …/providers/TYPE/NAME/providers/Microsoft.Authorization/roleAssignments/ID, or [extensionResourceId('…/TYPE/NAME', …
    private static string Scope(JsonNode assignment)
    {
        var id = assignment.Text("id");
        var scope = id.StartsWith('[') ? id.Split('\'')[1] : id[..id.IndexOf("/providers/Microsoft.Authorization", StringComparison.Ordinal)];
        // A secret is a child: vault/secret.
        return scope.Contains("/secrets/", StringComparison.Ordinal) ? $"{scope.Split('/')[^3]}/{scope.Split('/')[^1]}" : scope.Split('/')[^1];
    }
}
