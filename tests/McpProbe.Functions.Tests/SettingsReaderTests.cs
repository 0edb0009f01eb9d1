using McpProbe.Alerts;
using McpProbe.Web;
using static McpProbe.Functions.Tests.CompleteSettings;

namespace McpProbe.Functions.Tests;

public class SettingsReaderTests
{
    private static HeadSettings ReadWith(params (string Name, string? Value)[] changes)
    {
        var settings = new Dictionary<string, string?>(Complete);
        foreach (var (name, value) in changes)
            settings[name] = value;
        return Read(settings);
    }

    [Fact]
    public void Read_NothingSet_NamesEverythingThatIsMissingAtOnce()
    {
        var refused = Assert.Throws<SettingsException>(() => Read(new Dictionary<string, string?>()));

        string[] needed =
        [
            "Store__tableServiceUri", "Store__queueServiceUri", "Store__blobServiceUri", "ProbeQueue", "ProbePoisonQueue",
            "ProbeSchedule", "SweepSchedule", "RollUpSchedule", "TaskHub", "MCPPROBE_API_KEY",
        ];
        Assert.All(needed, name => Assert.Contains($"{name} is missing", refused.Message, StringComparison.Ordinal));
        Assert.Equal(needed.Length, refused.Mistakes.Count);
    }

    [Fact]
    public void Read_Complete_HasTheDefaults()
    {
        var settings = Read(Complete);

        Assert.Equal(("home", true, 4, 50, 13, CheckUrls.Public), (settings.Location, settings.IsHome, settings.Shards,
            settings.EndpointsPerMessage, settings.ResultRetentionMonths, settings.CheckUrls));
        Assert.Equal(["home"], settings.Locations);
        Assert.Equal("00000000-0000-0000-0000-000000000001", Assert.IsType<StoreAddress.ByIdentity>(settings.Store).ClientId);
        Assert.Empty(settings.Channels);
    }

    [Fact]
    public void Read_Channels_ComeFromTheirSettings()
    {
        var settings = ReadWith(
            ("Channels__ops__type", "webhook"), ("Channels__ops__url", "https://hooks.example.com/x"), ("Channels__ops__secret", "whsec_x"),
            ("Channels__mail__type", "email"), ("Channels__mail__to", "a@example.com, b@example.com"));

        Assert.Equal(new Channel { Name = "ops", Type = ChannelType.Webhook, Url = "https://hooks.example.com/x", Secret = "whsec_x", To = settings.Channels["ops"].To }, settings.Channels["ops"]);
        Assert.Equal(["a@example.com", "b@example.com"], settings.Channels["mail"].To);
    }

    [Theory]
    [InlineData("ProbeQueue", "probes", "'probes-home'")]
    [InlineData("ProbePoisonQueue", "poison", "'probes-home-poison'")]
    [InlineData("ProbeSchedule", "every now and then", "NCRONTAB")]
    [InlineData("ProbeLocation", "West Europe", "no location's name")]
    [InlineData("Shards", "0", "from 1 to")]
    [InlineData("EndpointsPerMessage", "many", "from 1 to")]
    [InlineData("Store__tableServiceUri", "store", "absolute")]
    [InlineData("PublicUrl", "/pages", "absolute")]
    [InlineData("MCPPROBE_CHECK_URLS", "some", "none, public or any")]
    [InlineData("MCPPROBE_API_KEY", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/k)", "not resolved")]
    [InlineData("Channels__ops__type", "pigeon", "one of webhook, email")]
    [InlineData("Email__endpoint", "https://mail.example.com", "Email__sender is missing")]
    public void Read_OneMistake_SaysWhichAndWhatWouldBeRight(string name, string value, string expected)
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith((name, value)));

        Assert.Contains(refused.Mistakes, mistake => mistake.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ConnectionString_NeedsNoAddresses()
    {
        var settings = ReadWith(
            ("Store", "UseDevelopmentStorage=true"),
            ("Store__tableServiceUri", null), ("Store__queueServiceUri", null), ("Store__blobServiceUri", null));

        Assert.Equal("UseDevelopmentStorage=true", Assert.IsType<StoreAddress.ByConnectionString>(settings.Store).Value);
    }
}
