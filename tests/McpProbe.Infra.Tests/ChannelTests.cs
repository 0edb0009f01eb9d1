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
                ["Channels__hidden__type"] = "webhook",
                ["Channels__hidden__url"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=hidden-address)",
                ["Channels__chat__type"] = "slack",
                ["Channels__chat__url"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=chat-address)",
                ["Channels__chat__limit__perMinute"] = "5",
                ["Channels__chat__limit__perHour"] = "60",
                ["Channels__teams__type"] = "teams",
                ["Channels__teams__url"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=teams-address)",
                ["Channels__discord__type"] = "discord",
                ["Channels__discord__url"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=discord-address)",
                ["Channels__discord__limit__perHour"] = "30",
                ["Channels__oncall__type"] = "pagerduty",
                ["Channels__oncall__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=routing-key)",
                ["Channels__eu__type"] = "pagerduty",
                ["Channels__eu__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=routing-key)",
                ["Channels__eu__url"] = "https://events.eu.pagerduty.com/v2/enqueue",
                ["Channels__phone__type"] = "ntfy",
                ["Channels__phone__url"] = "https://ntfy.sh/my-topic",
                ["Channels__phone__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=ntfy-token)",
                ["Channels__people__type"] = "email",
                ["Channels__people__to"] = "oncall@example.com,lead@example.com",
                ["Channels__relay__type"] = "email",
                ["Channels__relay__to"] = "noc@example.com",
                ["Channels__relay__url"] = "smtp://alerts@mail.example.com:587",
                ["Channels__relay__secret"] = $"@Microsoft.KeyVault(VaultName={vault};SecretName=smtp-password)",
                ["Channels__relay__from"] = "alerts@example.com",
                ["Channels__relay__limit__perMinute"] = "20",
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

    [Theory]
    // No setting's name can hold the first; no endpoint can name the others.
    [InlineData("name: 'chat'", "name: 'my-chat'", "Channel \"my-chat\"")]
    [InlineData("name: 'chat'", "name: 'my_chat'", "Channel \"my_chat\"")]
    [InlineData("name: 'chat'", "name: 'Chat'", "Channel \"Chat\"")]
    [InlineData("param email = true", "param email = false", "Channel \"people\": there is nothing to send e-mail with")]
    [InlineData("type: 'slack', urlSecretName: 'chat-address'", "type: 'slack', url: 'https://hooks.slack.com/x'", "urlSecretName")]
    [InlineData("type: 'pagerduty', secretName: 'routing-key'", "type: 'pagerduty'", "secretName")]
    [InlineData("perHour: 30", "perHour: 0", "minimum allowable value is 1")]
    public async Task Channel_ThatTheHeadWouldRefuse_IsRefused(string right, string wrong, string says)
    {
        using var copy = Repository.CopyTemplates();
        var run = await Bicep.SnapshotAsync(await copy.SpoilAsync(ParameterSets.FileOf(ParameterSets.WithEmail), right, wrong));

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }
}
