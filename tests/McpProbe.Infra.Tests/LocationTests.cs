namespace McpProbe.Infra.Tests;

/// <summary>One home, further locations that only work on their own queue.</summary>
public class LocationTests
{
    private static readonly string[] HomeFunctions =
        ["CheckNow", "Deliver", "DeliverTransition", "RollUp", "ScheduleProbes", "SweepAlerts", "Web"];

    [Fact]
    public async Task Timers_RunAtHomeOnly()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        Assert.Equal(3, deployment.Apps.Count);
        foreach (var app in deployment.Apps)
        {
            var disabled = app.Settings.Where(s => s.Key.StartsWith("AzureWebJobs.", StringComparison.Ordinal)).ToList();
            Assert.All(disabled, setting => Assert.Equal("true", setting.Value));
            Assert.Equal(
                app.Name == deployment.Home.Name ? [] : HomeFunctions,
                disabled.Select(s => s.Key.Split('.')[1]).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Apps_ShareTheStoreAndNothingOfTheHost()
    {
        var apps = (await Deployment.OfAsync(ParameterSets.TwoLocations)).Apps;
        Assert.Single(apps.Select(a => a.Settings["Store__tableServiceUri"]).Distinct());
        Assert.Equal(3, apps.Select(a => a.Settings["AzureWebJobsStorage__tableServiceUri"]).Distinct().Count());
        Assert.Equal(3, apps.Select(a => a.Properties["functionAppConfig"]!["deployment"]!["storage"]!.Text("value")).Distinct().Count());
        Assert.DoesNotContain(apps, a => a.Settings["AzureWebJobsStorage__tableServiceUri"] == a.Settings["Store__tableServiceUri"]);
    }

    [Fact]
    public async Task Lanes_EveryLocation_HasItsQueues()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        var queues = deployment.Names("Microsoft.Storage/storageAccounts/queueServices/queues").Select(n => n.Split('/')[^1]).Order();
        Assert.Equal(
            ["probes-eastus2", "probes-eastus2-poison", "probes-home", "probes-home-poison", "probes-japaneast", "probes-japaneast-poison"],
            queues);
        foreach (var (location, region) in (ReadOnlySpan<(string, string)>)[("home", "westeurope"), ("eastus2", "eastus2"), ("japaneast", "japaneast")])
        {
            var app = deployment.Apps.Single(a => a.Settings["ProbeLocation"] == location);
            Assert.Equal(region, app.Site.Text("location"));
            Assert.Equal($"probes-{location}", app.Settings["ProbeQueue"]);
            Assert.Equal($"probes-{location}-poison", app.Settings["ProbePoisonQueue"]);
            Assert.Equal("home,eastus2,japaneast", app.Settings["ProbeLocations"]);
        }
    }

    [Fact]
    public async Task Azd_FindsTheHomeAppAloneAndLearnsOfTheOthers()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        var tagged = deployment.Apps.Where(a => a.Site["tags"]!["azd-service-name"]?.GetValue<string>() == "api");
        Assert.Equal(deployment.Home.Name, Assert.Single(tagged).Name);
        Assert.Equal(
            deployment.Apps.Where(a => a.Name != deployment.Home.Name).Select(a => a.Name),
            deployment.Outputs.Text("MCPPROBE_FURTHER_APPS").Split(' '));
    }

    [Fact]
    public async Task AlwaysReady_FurtherLocation_KeepsProbesOnly()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.TwoLocations);
        foreach (var app in deployment.Apps)
        {
            var groups = app.Properties["functionAppConfig"]!["scaleAndConcurrency"]!["alwaysReady"]!.AsArray().Select(g => g!.Text("name"));
            Assert.Equal(app.Name == deployment.Home.Name ? ["durable", "http", "function:ProbeEndpoints"] : ["function:ProbeEndpoints"], groups);
        }
    }

    [Theory]
    // One by default, so that no alert waits for a cold start.
    [InlineData(ParameterSets.Default, "durable 1")]
    [InlineData(ParameterSets.TwoLocations, "durable 1,http 1,function:ProbeEndpoints 2")]
    [InlineData(ParameterSets.Guarded, "")]
    public async Task AlwaysReady_Home_DeliversAlerts(string parameters, string expected)
    {
        var home = (await Deployment.OfAsync(parameters)).Home;
        Assert.Equal(expected, string.Join(',', home.Properties["functionAppConfig"]!["scaleAndConcurrency"]!["alwaysReady"]!.AsArray()
            .Select(group => $"{group!.Text("name")} {group!["instanceCount"]}")));
    }

    [Fact]
    public async Task Keys_AreAtHomeAlone()
    {
        CheckKey(await Deployment.OfAsync(ParameterSets.Guarded));
    }

    internal static void CheckKey(Deployment deployment)
    {
        foreach (var key in new[] { "mcpprobe-api-key", "mcpprobe-read-key" })
        {
            Assert.Equal(
                [deployment.Home.Name],
                deployment.Apps.Where(app => app.Settings.Any(s => s.Value.Contains(key, StringComparison.Ordinal))).Select(app => app.Name));
        }
    }
}
