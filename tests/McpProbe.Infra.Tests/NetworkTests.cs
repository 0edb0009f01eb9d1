using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

public class NetworkTests
{
    [Fact]
    public async Task Private_StorageAndVault_HaveNoPublicWayIn()
    {
        CheckClosed(await Deployment.OfAsync(ParameterSets.WithNetwork));
    }

    internal static void CheckClosed(Deployment deployment)
    {
        JsonNode[] closed = [.. deployment.OfType("Microsoft.Storage/storageAccounts"), .. deployment.OfType("Microsoft.KeyVault/vaults")];
        Assert.Equal(4, closed.Length);
        Assert.All(closed, resource =>
        {
            Assert.Equal("Disabled", resource["properties"]!.Text("publicNetworkAccess"));
            Assert.Equal("Deny", resource["properties"]!["networkAcls"]!.Text("defaultAction"));
        });
    }

    [Fact]
    public async Task Private_EveryService_HasAnEndpointWithARecord()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.WithNetwork);
        var expected =
            from account in deployment.Names("Microsoft.Storage/storageAccounts")
            from service in (string[])["blob", "queue", "table"]
            select $"{account}-{service}";
        expected = expected.Append(deployment.Names("Microsoft.KeyVault/vaults").Single() + "-vault");

        var endpoints = deployment.OfType("Microsoft.Network/privateEndpoints");

        Assert.Equal(expected.Order(), endpoints.Select(e => e.Text("name")).Order());
        Assert.Equal(
            expected.Select(name => name + "/default").Order(),
            deployment.Names("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").Order());
        // An endpoint and its subnet are in one region.
        Assert.All(endpoints, endpoint => Assert.Equal(
            RegionOf(deployment, endpoint["properties"]!["subnet"]!.Text("id")), endpoint.Text("location")));
    }

    [Fact]
    public async Task Private_EveryApp_IsInTheNetworkOfItsRegion()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.WithNetwork);
        Assert.Equal(2, deployment.Apps.Count);
        Assert.All(deployment.Apps, app => Assert.Equal(
            RegionOf(deployment, app.Properties.Text("virtualNetworkSubnetId")), app.Site.Text("location")));
        Assert.All(deployment.OfType("Microsoft.Network/virtualNetworks"), network =>
        {
            var subnet = network["properties"]!["subnets"]!.AsArray().Single(s => s!.Text("name") == "app")!["properties"]!;
            Assert.Equal("Microsoft.App/environments", subnet["delegations"]![0]!["properties"]!.Text("serviceName"));
            Assert.NotNull(subnet["natGateway"]);
        });
    }

    [Fact]
    public async Task Private_Networks_ReachEachOtherAndDoNotOverlap()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.WithNetwork);
        var networks = deployment.OfType("Microsoft.Network/virtualNetworks");
        Assert.Equal(
            ["10.80.0.0/24", "10.80.1.0/24"],
            networks.Select(n => n["properties"]!["addressSpace"]!["addressPrefixes"]![0]!.GetValue<string>()).Order());
        var (home, further) = (networks[0].Text("name"), networks[1].Text("name"));
        Assert.Equal(
            ((string[])[$"{home}/to-{further}", $"{further}/to-{home}"]).Order(),
            deployment.Names("Microsoft.Network/virtualNetworks/virtualNetworkPeerings").Order());

        // Four zones (blob, queue, table, vault), each known to both networks.
        Assert.Equal(4, deployment.OfType("Microsoft.Network/privateDnsZones").Count);
        var links = deployment.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks");
        Assert.All(networks, network => Assert.Equal(
            4, links.Count(link => link["properties"]!["virtualNetwork"]!.Text("id") == network.Text("id"))));
    }

    [Fact]
    public async Task Private_WhileARunningAppMovesIn_NothingIsClosed()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.Guarded);
        JsonNode[] open = [.. deployment.OfType("Microsoft.Storage/storageAccounts"), .. deployment.OfType("Microsoft.KeyVault/vaults")];
        Assert.All(open, resource => Assert.Equal(
            ("Enabled", "Allow"),
            (resource["properties"]!.Text("publicNetworkAccess"), resource["properties"]!["networkAcls"]!.Text("defaultAction"))));
        // Everything else of the network is there.
        Assert.All(deployment.Apps, app => Assert.NotNull(app.Properties["virtualNetworkSubnetId"]));
        Assert.Equal(10, deployment.OfType("Microsoft.Network/privateEndpoints").Count);
    }

    [Theory]
    [InlineData(ParameterSets.Default)]
    [InlineData(ParameterSets.TwoLocations)]
    public async Task Public_NoNetwork_IsMade(string parameters)
    {
        var deployment = await Deployment.OfAsync(parameters);
        Assert.DoesNotContain(deployment.Resources, r => r.Text("type").StartsWith("Microsoft.Network/", StringComparison.Ordinal));
        Assert.All(deployment.Apps, app => Assert.Null(app.Properties["virtualNetworkSubnetId"]));
    }

    private static string RegionOf(Deployment deployment, string subnetId) =>
        deployment.OfType("Microsoft.Network/virtualNetworks")
            .Single(n => subnetId.StartsWith(n.Text("id") + "/subnets/", StringComparison.Ordinal)).Text("location");
}
