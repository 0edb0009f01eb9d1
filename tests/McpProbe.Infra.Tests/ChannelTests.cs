namespace McpProbe.Infra.Tests;

public class ChannelTests
{
    [Fact]
    public async Task Channels_BecomeSettingsOfTheHomeApp()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.WithEmail);
        var vault = deployment.Names("Microsoft.KeyVault/vaults").Single();

        var channels = deployment.Home.Settings.Where(s => s.Key.StartsWith("Channels__", StringComparison.Ordinal)).ToDictionary();

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["Channels__ops__type"] = "webhook",
                ["Channels__ops__url"] = "https://alerts.example.com/mcpprobe",
                ["Channels__ops__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=ops-signing)",
                ["Channels__chat__type"] = "webhook",
                ["Channels__chat__url"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=chat-address)",
                ["Channels__people__type"] = "email",
                ["Channels__people__to"] = "oncall@example.com",
                ["Channels__relay__type"] = "email",
                ["Channels__relay__to"] = "noc@example.com",
                ["Channels__relay__url"] = "smtp://alerts@mail.example.com:587",
                ["Channels__relay__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=smtp-password)",
            },
            channels);
    }

    [Fact]
    public async Task VaultSettings_BecomeReferences_AndPlainSettingsStay()
    {
        var settings = (await Deployment.OfAsync(ParameterSets.WithEmail)).Home.Settings;
        Assert.EndsWith(";SecretName=demo-token)", settings["DEMO_TOKEN"], StringComparison.Ordinal);
        Assert.Equal("Europe/Amsterdam", settings["TZ_NAME"]);
    }

    [Fact]
    public async Task Email_On_SendsFromTheManagedDomainWithoutKeys()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.WithEmail);
        var service = Assert.Single(deployment.OfType("Microsoft.Communication/communicationServices"));
        Assert.True(service["properties"]!["disableLocalAuth"]!.GetValue<bool>());
        var domain = Assert.Single(deployment.OfType("Microsoft.Communication/emailServices/domains"));
        Assert.Equal(domain.Text("id"), Assert.Single(service["properties"]!["linkedDomains"]!.AsArray())!.GetValue<string>());
        Assert.Contains(service.Text("name"), deployment.Home.Settings["Email__endpoint"], StringComparison.Ordinal);
        Assert.Contains("DoNotReply@", deployment.Home.Settings["Email__sender"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Email_Off_CostsNothing()
    {
        var deployment = await Deployment.OfAsync(ParameterSets.Default);
        Assert.DoesNotContain(deployment.Resources, r => r.Text("type").StartsWith("Microsoft.Communication/", StringComparison.Ordinal));
        Assert.DoesNotContain(deployment.Home.Settings.Keys, name => name.StartsWith("Email__", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Channel_NameThatNoSettingCanHold_IsRefused()
    {
        using var copy = Repository.CopyTemplates();
        var file = copy.File("tests/McpProbe.Infra.Tests/Parameters/with-email.bicepparam");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains("'chat'", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            file, text.Replace("'chat'", "'my-chat'", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var run = await Bicep.SnapshotAsync(file);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("Channel \"my-chat\"", run.Error, StringComparison.Ordinal);
    }
}
