namespace McpProbe.Infra.Tests;

/// <summary>Parameters that cannot work: said in one line, all at once, before anything is made.</summary>
public class MistakeTests
{
    /// <summary>One wrong value of every kind, in one deployment.</summary>
    private const string Everything = """
        param furtherRegions = ['eastus2', 'East US 2', 'West Europe', 'atlantis', 'germanynorth', '']
        param channels = [
          { name: 'empty', type: 'webhook' }
          { name: 'both', type: 'webhook', url: 'https://a', urlSecretName: 'a' }
          { name: 'bare', type: 'webhook', url: 'alerts.example.com' }
          { name: 'relay', type: 'email', to: 'a@b.c', url: 'mail.example.com:587' }
          { name: 'value', type: 'webhook', url: 'https://a', secretName: 'whsec_x' }
          { name: 'address', type: 'slack', urlSecretName: 'https://hooks.slack.com/x' }
          { name: 'twice', type: 'ntfy', url: 'https://a' }
          { name: 'twice', type: 'teams', urlSecretName: 'b' }
          { name: 'my-chat', type: 'teams', urlSecretName: 'b' }
          { name: 'people', type: 'email', to: 'a@b.c' }
        ]
        param settings = { shards: '8', Channels__ops__type: 'webhook', AzureWebJobsStorage: 'x', 'MY TOKEN': 'x', HERE: 'x', PLAIN: 'x' }
        param vaultSettings = { MCPPROBE_API_KEY: 'mine', TOKEN: 'ghp_secret', HERE: 'there' }
        param probeSchedule = '*/30 * * * *'
        param controlAddresses = 'one.one.one.one, b:https,good.example.com:443'
        param publicUrl = 'status.example.com'
        param operatorEmail = 'me'
        param alwaysReady = [{ name: 'timers', instanceCount: 1 }, { name: 'http', instanceCount: 1 }, { name: 'HTTP', instanceCount: 2 }]
        param privateNetwork = true
        param addressSpace = '10.80.0.0/28'
        param keepResults = 100
        param keepHourly = 90
        param keepDaily = 60
        param keepIncidents = 30
        """;

    private static readonly string[] Said =
    [
        "Region \"eastus2\" is named twice in furtherRegions",
        "Region \"westeurope\" in furtherRegions is the home region already: leave it out",
        "Region \"atlantis\" in furtherRegions is unknown, or has no Flex Consumption plan: az functionapp list-flexconsumption-locations lists",
        "Region \"germanynorth\" in furtherRegions is unknown, or has no Flex Consumption plan",
        "Region \"\" in furtherRegions is unknown",
        "Channel \"empty\": give it a url, or urlSecretName where the address is a secret",
        "Channel \"both\": give it url or urlSecretName, not both",
        "Channel \"bare\": its url is no absolute address; it begins with https:// or http://",
        "Channel \"relay\": its url is no absolute address; it begins with smtp:// or smtps://",
        "Channel \"value\": a secret's name in the Key Vault is made of letters, digits and hyphens; name the secret, never write its value here",
        "Channel \"address\": a secret's name in the Key Vault",
        "Channel \"twice\" is defined twice",
        "Channel \"my-chat\": on Azure a channel's name is part of app setting names",
        "Channel \"people\": there is nothing to send e-mail with",
        "Setting \"shards\": McpProbe sets it itself, from a parameter of its own",
        "Setting \"MCPPROBE_API_KEY\": McpProbe sets it itself",
        "Setting \"Channels__ops__type\": McpProbe sets it itself",
        "Setting \"AzureWebJobsStorage\": McpProbe sets it itself",
        "Setting \"MY TOKEN\": a name is made of letters, digits, underscores, dots and hyphens",
        "Setting \"HERE\" is in both settings and vaultSettings",
        "A secret in vaultSettings (10 characters) is no name of a secret",
        "probeSchedule \"*/30 * * * *\" is no NCRONTAB expression of six parts",
        "Address \"one.one.one.one\" in controlAddresses is not host:port",
        "Address \"b:https\" in controlAddresses is not host:port",
        "publicUrl \"status.example.com\" is no absolute address: it begins with https://",
        "operatorEmail \"me\" is no e-mail address",
        "Group \"timers\" in alwaysReady is none of http, durable, function:ScheduleProbes",
        "Group \"http\" is named twice in alwaysReady",
        "addressSpace \"10.80.0.0/28\" must be a /8 to a /24",
        "keepResults (100) is longer than keepHourly (90)",
        "keepResults (100) is longer than keepIncidents (30)",
        "keepHourly (90) is longer than keepDaily (60)",
    ];

    [Fact]
    public async Task EveryMistake_IsSaidAtOnceInOneLine()
    {
        var run = await RunAsync(Everything);

        Assert.NotEqual(0, run.ExitCode);
        var line = Assert.Single(run.Error.Split('\n'), each => each.Contains("Nothing was deployed.", StringComparison.Ordinal));
        Assert.All(Said, part => Assert.Contains(part, line, StringComparison.Ordinal));
        // And nothing else is wrong.
        Assert.Contains($"Wrong in the parameters ({Said.Length}): ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("ghp_secret", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("endpointsPerMessage = 0", "minimum")]
    [InlineData("keepResults = 0", "minimum")]
    [InlineData("emailDataLocation = 'Atlantis'", "Atlantis")]
    [InlineData("instanceMemoryMB = 1024", "1024")]
    [InlineData("furtherRegions = 'eastus2'", "'eastus2'")]
    [InlineData("privateNetwork = 'yes'", "yes")]
    public async Task TypesAndRanges_AreHeldToo(string parameter, string says)
    {
        var run = await RunAsync($"param {parameter}");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.80.0.0", "is no range of IPv4 addresses")]
    [InlineData("fd00::/48", "is no range of IPv4 addresses")]
    [InlineData("10.80.0.0/sixteen", "is no range of IPv4 addresses")]
    [InlineData("10.80.0.0/28", "must be a /8 to a /24")]
    [InlineData("10.80.0.0/24", "is too small: each of the 3 regions takes a /24 of it")]
    [InlineData("10.80.0.0/22", null)]
    [InlineData("10.0.0.0/8", null)]
    public async Task AddressSpace_MustHoldTheRegions(string space, string? says)
    {
        var run = await RunAsync($"param privateNetwork = true\nparam furtherRegions = ['eastus2', 'japaneast']\nparam addressSpace = '{space}'");
        Assert.Equal(says is null, run.ExitCode == 0);
        Assert.Contains(says ?? "", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("germanynorth")]
    [InlineData("West Europe")]
    [InlineData("")]
    public async Task Home_OutsideTheList_IsRefused(string region)
    {
        using var copy = Repository.CopyTemplates();
        var run = await Bicep.SnapshotAsync(await copy.SpoilAsync(
            ParameterSets.FileOf(ParameterSets.Default), "location = 'westeurope'", $"location = '{region}'"));
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"'{region}'", run.Error, StringComparison.Ordinal);
        Assert.Contains("swedencentral", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""
        param furtherRegions = ['East US 2', 'uksouth']
        param controlAddresses = 'none'
        param publicUrl = 'HTTPS://status.example.com'
        param settings = { WEBSITE_USE_PLACEHOLDER_DOTNETISOLATED: '0', AzureFunctionsJobHost__extensions__queues__batchSize: '8' }
        param alwaysReady = [{ name: 'function:PROBEENDPOINTS', instanceCount: 1 }, { name: 'durable', instanceCount: 3 }]
        param probeSchedule = '0  */5 * * * MON-FRI'
        param addressSpace = 'unused'
        """)]
    [InlineData("""
        param controlAddresses = 'a.example.com:443, [2001:db8::1]:443'
        param channels = [
          { name: 'a1', type: 'pagerduty', secretName: 'key' }
          { name: 'a2', type: 'email', to: 'a@b.c', urlSecretName: 'relay' }
          { name: 'a3', type: 'ntfy', urlSecretName: 'topic' }
        ]
        """)]
    public async Task WhatIsUnusualAndRight_Passes(string parameters)
    {
        var run = await RunAsync(parameters);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    /// <summary>azd reads the one list for its prompt, the template checks further regions against the other.</summary>
    [Fact]
    public async Task Regions_BothListsAreTheSame()
    {
        var (template, _) = await Bicep.BuildAsync(Repository.File("infra/main.bicep"));
        var allowed = template["parameters"]!["location"]!["allowedValues"]!.AsArray().Select(v => v!.GetValue<string>());
        Assert.Equal(allowed, template["variables"]!["flexRegions"]!.AsArray().Select(v => v!.GetValue<string>()));
        Assert.Equal("location", template["parameters"]!["location"]!["metadata"]!["azd"]!.Text("type"));
    }

    /// <summary>What the template sets itself, a person's settings cannot replace unseen.</summary>
    [Fact]
    public async Task OwnSettings_AreAllRefused()
    {
        var home = (await Deployment.OfAsync(ParameterSets.WithEmail)).Home;
        // Those that an installation gives are its own.
        string[] given = ["AzureFunctionsJobHost__", "Reports__", "Pages__", "Imports__"];
        var own = home.Settings.Keys.Except(["DEMO_TOKEN", "TZ_NAME"]).Where(name => !given.Any(start => name.StartsWith(start, StringComparison.Ordinal))).ToList();
        var run = await RunAsync($"param settings = {{ {string.Join(", ", own.Select(name => $"'{name}': 'x'"))} }}");
        Assert.NotEqual(0, run.ExitCode);
        Assert.All(own, name => Assert.Contains($"Setting \"{name}\": McpProbe sets it itself", run.Error, StringComparison.Ordinal));
    }

    private static async Task<Command> RunAsync(string parameters)
    {
        using var copy = Repository.CopyTemplates();
        return await Bicep.SnapshotAsync(await copy.SpoilAsync(
            ParameterSets.FileOf(ParameterSets.Default), "param environmentName = 'test'\n", $"param environmentName = 'test'\n{parameters}\n"));
    }
}
