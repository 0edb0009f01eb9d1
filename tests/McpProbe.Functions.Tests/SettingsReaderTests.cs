using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Web;
using static McpProbe.Functions.Tests.CompleteSettings;

namespace McpProbe.Functions.Tests;

public class SettingsReaderTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

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
            "ProbeSchedule", "SweepSchedule", "RollUpSchedule", "MCPPROBE_API_KEY",
        ];
        Assert.All(needed, name => Assert.Contains($"{name} is missing", refused.Message, StringComparison.Ordinal));
        Assert.Equal(needed.Length, refused.Mistakes.Count);
    }

    [Fact]
    public void Read_StatusPages_AreThoseOfTheSettings()
    {
        var settings = ReadWith(
            ("Pages__outside__title", "Example"), ("Pages__outside__groups", "shop, desk"), ("Pages__outside__endpoints", "docs"),
            ("Pages__outside__showHosts", "true"), ("Pages__outside__embedIn", "https://www.example.com,https://a.example.com"),
            ("Pages__inside__groups", "desk"));

        Assert.Equal(["inside", "outside"], settings.Pages.Select(page => page.Name).Order(StringComparer.Ordinal));
        var page = settings.Pages.Single(page => page.Name == "outside");
        Assert.Equal(("Example", true), (page.Title, page.ShowHosts));
        Assert.Equal(["shop", "desk"], page.Groups);
        Assert.Equal(["docs"], page.Endpoints);
        Assert.Equal(["https://www.example.com", "https://a.example.com"], page.EmbedIn);
    }

    [Fact]
    public void Read_StatusPagesThatAreWrong_NamesEveryMistake()
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith(
            ("Pages__outside__title", "Example"), ("Pages__Big__groups", "a"), ("Pages__p__groups", "a"), ("Pages__p__color", "blue"), ("Pages__p__colour", "#123456"),
            ("Pages__p__logo", "http://example.com/logo.png"), ("Pages__p__embedIn", "www.example.com"), ("Pages__p__showHosts", "maybe"), ("Pages__p__endpoints", "A B")));

        string[] wrong = ["Pages__Big", "Pages__p__colour", "Pages__p__color", "Pages__p__logo", "Pages__p__embedIn", "Pages__p__showHosts", "Pages__p__endpoints", "Pages__outside__endpoints"];
        Assert.All(wrong, name => Assert.Contains($"{name} ", refused.Message, StringComparison.Ordinal));
        Assert.Equal(wrong.Length, refused.Mistakes.Count);
    }

    [Theory]
    [InlineData("MCPPROBE_API_KEY", "short", "MCPPROBE_API_KEY is a key of 5 characters, and a key has at least 16")]
    [InlineData("MCPPROBE_READ_KEY", "short", "MCPPROBE_READ_KEY is a key of 5 characters")]
    [InlineData("MCPPROBE_READ_KEY", "correct-horse-battery", "MCPPROBE_READ_KEY is the same key as MCPPROBE_API_KEY")]
    [InlineData("MCPPROBE_TRUSTED_PROXIES", "everybody", "MCPPROBE_TRUSTED_PROXIES has 'everybody'")]
    [InlineData("MCPPROBE_OIDC_CLIENT_ID", "mcpprobe", "MCPPROBE_OIDC_AUTHORITY is missing")]
    public void Read_AccessThatProtectsNothing_IsRefused(string name, string value, string says) =>
        Assert.Contains(says, Assert.Throws<SettingsException>(() => ReadWith((name, value))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("MCPPROBE_READ_KEY")]
    [InlineData("MCPPROBE_OIDC_CLIENT_SECRET")]
    public void Read_AccessWhoseReferenceIsNotResolved_IsNoMistakeAndLetsNobodyIn(string name)
    {
        var settings = ReadWith(
            ("PublicUrl", "https://probes.example.com"), ("MCPPROBE_OIDC_AUTHORITY", "https://login.example.com"), ("MCPPROBE_OIDC_CLIENT_ID", "mcpprobe"),
            ("MCPPROBE_OIDC_CLIENT_SECRET", "hush"), ("MCPPROBE_OIDC_ADMIN_CLAIM", "groups=admins"),
            (name, "@Microsoft.KeyVault(VaultName=v;SecretName=s)"));

        Assert.Null(settings.ReadKey);
        Assert.Equal(name == "MCPPROBE_READ_KEY", settings.People is not null);
        Assert.NotNull(settings.Store);
        Assert.Equal([name], settings.Unresolved);
    }

    [Fact]
    public void Read_Complete_HasTheDefaults()
    {
        var settings = Read(Complete);

        Assert.Equal(("home", true, 4, 120, Retention.Default, CheckUrls.Public), (settings.Location, settings.IsHome, settings.Shards,
            settings.EndpointsPerMessage, settings.Retention, settings.CheckUrls));
        Assert.Equal(["home"], settings.Locations);
        Assert.Equal("00000000-0000-0000-0000-000000000001", Assert.IsType<StoreAddress.ByIdentity>(settings.Store).ClientId);
        Assert.Equal("one.one.one.one:443,dns.google:443", settings.Controls.ToString());
        Assert.Empty(settings.Channels);
    }

    [Fact]
    public void Read_Channels_ComeFromTheirSettings()
    {
        var settings = ReadWith(
            ("Email__endpoint", "https://mail.example.com"), ("Email__sender", "mcpprobe@example.com"),
            ("Channels__ops__type", "webhook"), ("Channels__ops__url", "https://hooks.example.com/x"), ("Channels__ops__secret", Key),
            ("Channels__plain__type", "webhook"), ("Channels__plain__url", "https://hooks.example.com/x"), ("Channels__plain__secret", " "),
            ("Channels__chat__type", "slack"), ("Channels__chat__url", "https://hooks.slack.com/services/x"), ("Channels__chat__limit__perMinute", "5"),
            ("Channels__teams__type", "teams"), ("Channels__teams__url", "https://example.logic.azure.com/x"), ("Channels__teams__limit__perHour", "60"),
            ("Channels__discord__type", "discord"), ("Channels__discord__url", "https://discord.com/api/webhooks/x"),
            ("Channels__oncall__type", "pagerduty"), ("Channels__oncall__secret", "0123456789abcdef"),
            ("Channels__phone__type", "ntfy"), ("Channels__phone__url", "https://ntfy.sh/topic"), ("Channels__phone__secret", "tk_x"),
            ("Channels__mail__type", "email"), ("Channels__mail__to", "a@example.com, b@example.com,"),
            ("Channels__relay__type", "email"), ("Channels__relay__to", "a@example.com"), ("Channels__relay__from", "b@example.com"),
            ("Channels__relay__url", "smtp://u@mail.example.com"), ("Channels__relay__secret", "p ${ q"));

        Assert.Equal(
            [
                "chat slack https://hooks.slack.com/services/x - [] - 5/",
                "discord discord https://discord.com/api/webhooks/x - [] - -",
                "mail email  - [a@example.com,b@example.com] - -",
                "oncall pagerduty  0123456789abcdef [] - -",
                $"ops webhook https://hooks.example.com/x {Key} [] - -",
                "phone ntfy https://ntfy.sh/topic tk_x [] - -",
                "plain webhook https://hooks.example.com/x - [] - -",
                "relay email smtp://u@mail.example.com p ${ q [a@example.com] b@example.com -",
                "teams teams https://example.logic.azure.com/x - [] - /60",
            ],
            settings.Channels.Values.OrderBy(channel => channel.Name, StringComparer.Ordinal).Select(channel =>
                $"{channel.Name} {WireNames.Of(channel.Type)} {channel.Url} {channel.Secret ?? "-"} [{string.Join(',', channel.To)}] {channel.From ?? "-"} "
                + (channel.Limit is { } limit ? $"{limit.PerMinute}/{limit.PerHour}" : "-")));
    }

    [Fact]
    public void Read_Reports_ComeFromTheirSettings()
    {
        (string, string?)[] mail = [("Email__endpoint", "https://mail.example.com"), ("Email__sender", "mcpprobe@example.com"), ("Channels__mail__type", "email"), ("Channels__mail__to", "a@example.com")];

        var report = Assert.Single(ReadWith([.. mail, ("TimeZone", "Europe/Berlin"), ("Reports__mail__groups", "shop, back office")]).Reports);
        Assert.Equal(("mail", "Europe/Berlin"), (report.Channel, report.TimeZone));
        Assert.Equal(["shop", "back office"], report.Groups);
        Assert.Equal("Asia/Tokyo", Assert.Single(ReadWith([.. mail, ("Reports__mail__timeZone", "Asia/Tokyo")]).Reports).TimeZone);

        // A further location has the installation's settings, and no channels: it sends no reports.
        Assert.Empty(ReadWith(
            ("ProbeLocation", "westeurope"), ("ProbeLocations", "home,westeurope"), ("ProbeQueue", "probes-westeurope"), ("ProbePoisonQueue", "probes-westeurope-poison"),
            ("Reports__mail__groups", "shop")).Reports);

        var refused = Assert.Throws<SettingsException>(() => ReadWith([.. mail, ("Reports__mail__timeZone", "Berlin"), ("Reports__mail__zone", "UTC"), ("Reports__ops__groups", "a")]));
        string[] wrong = ["Reports__mail__timeZone", "Reports__mail__zone", "Reports__ops"];
        Assert.All(wrong, name => Assert.Contains($"{name} ", refused.Message, StringComparison.Ordinal));
        Assert.Equal(wrong.Length, refused.Mistakes.Count);
    }

    // Every mistake of every channel, and no other; no value of a secret in any of them.
    [Fact]
    public void Read_WrongChannels_NamesEverySettingThatIsWrong()
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith(
            ("Channels__my_chat__type", "slack"), ("Channels__my_chat__url", "hunter2"), ("Channels__my_chat__secret", "hunter2"),
            ("Channels__ops__type", "webhook"), ("Channels__ops__secret", "hunter2"), ("Channels__ops__limit__perHour", "5"),
            ("Channels__vault__type", "teams"), ("Channels__vault__url", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/k)"),
            ("Channels__oncall__type", "pagerduty"), ("Channels__oncall__to", "a@example.com"),
            ("Channels__phone__type", "ntfy"), ("Channels__phone__url", "https://ntfy.sh/"), ("Channels__phone__limit__perMinute", "0"),
            ("Channels__mail__type", "email"), ("Channels__mail__to", "Anna <a@example.com>"), ("Channels__mail__from", "@"),
            ("Channels__relay__type", "email"), ("Channels__relay__to", "a@example.com"), ("Channels__relay__url", "smtp://u:hunter2@mail.example.com")));

        Assert.Equal(
            [
                "Channels__mail__from is wrong: '@' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it.",
                "Channels__mail__to is wrong: 'Anna <a@example.com>' is not an e-mail address; write it plainly, such as oncall@example.com, without a name before it.",
                "Channels__mail__url is wrong: has no 'url'; write the mail server's, such as smtp://user@mail.example.com:587; or set Email__endpoint and Email__sender, to send through Communication Services.",
                "Channels__my_chat is wrong: a channel's name is an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit: no endpoint can name it otherwise.",
                "Channels__my_chat__secret is wrong: is not for slack, whose secret is the address itself; remove it.",
                "Channels__my_chat__url is wrong: is not an absolute http or https URL, such as https://example.com/mcp.",
                "Channels__oncall__secret is wrong: has no 'secret'; put the integration's routing key into a variable and write ${env:NAME}, or here a Key Vault reference to it.",
                "Channels__oncall__to is wrong: is for e-mail, and this channel is of type pagerduty; remove it.",
                "Channels__ops__limit is wrong: is for channels that people read; one of type webhook is read by a program, which gets every transition by itself; remove it.",
                "Channels__ops__secret is wrong: a webhook secret is 'whsec_' and the base64 of 24 to 64 random bytes.",
                "Channels__ops__url is wrong: has no 'url'; write where to POST, an http or https URL, or here a Key Vault reference to it.",
                "Channels__phone__limit__perMinute is wrong: it is a number from 1 to 1000, not '0'.",
                "Channels__phone__url is wrong: is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic.",
                "Channels__relay__from is wrong: has no 'from'; write the address that the mail comes from, such as mcpprobe@example.com.",
                "Channels__relay__url is wrong: holds a password; take it out, put it into a variable and write 'secret: ${env:NAME}'.",
            ],
            refused.Mistakes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Read_SenderOfAChannelThatTheServiceSends_IsRefused()
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith(
            ("Email__endpoint", "https://mail.example.com"), ("Email__sender", "mcpprobe@example.com"),
            ("Channels__mail__type", "email"), ("Channels__mail__to", "a@example.com"), ("Channels__mail__from", "b@example.com")));

        Assert.Equal("Channels__mail__from is wrong: is for a mail server in 'url': the platform's service has a sender of its own; remove it.", Assert.Single(refused.Mistakes));
    }

    [Fact]
    public void Read_ReferenceOfAChannelThatIsNotSet_IsNamedAtStart()
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith(
            ("Channels__chat__type", "slack"), ("Channels__chat__url", "${env:SETTINGS_READER_TESTS}"),
            ("Channels__oncall__type", "pagerduty"), ("Channels__oncall__secret", "${env:MCPPROBE_API_KEY}")));

        Assert.Equal(
            [
                "Channels: channel 'chat' needs the environment variable SETTINGS_READER_TESTS, which is not set; set it for the prober, or SETTINGS_READER_TESTS_FILE to the path of a file that holds it.",
                "Channels: channel 'oncall' needs the environment variable MCPPROBE_API_KEY, which is McpProbe's own and for no endpoint to use; name another.",
            ],
            refused.Mistakes);
    }

    [Theory]
    [InlineData("ProbeQueue", "probes", "'probes-home'")]
    [InlineData("ProbePoisonQueue", "poison", "'probes-home-poison'")]
    [InlineData("ProbeSchedule", "every now and then", "NCRONTAB")]
    [InlineData("ProbeLocation", "West Europe", "no location's name")]
    [InlineData("ProbeLocations", "home,west,home", "names 'home' 2 times")]
    [InlineData("ProbeLocations", "west,east", "does not name 'home'")]
    [InlineData("ProbeLocations", "home,,West", "'West' is no location's name")]
    [InlineData("ProbeSchedule", "0 0 * * * *", "pauses for more than 5 minutes")]
    [InlineData("ProbeSchedule", "*/30 * * * * 1-5", "pauses for more than 5 minutes")]
    [InlineData("ProbeSchedule", "*/30 * 8-20 * * *", "pauses for more than 5 minutes")]
    [InlineData("ProbeSchedule", "0 0 0 31 2 *", "pauses for more than")]
    [InlineData("ProbeSchedule", "0 0 L * *", "NCRONTAB")]
    [InlineData("ProbeSchedule", "@hourly", "NCRONTAB")]
    [InlineData("ProbeSchedule", "00:00:30", "NCRONTAB")]
    [InlineData("SweepSchedule", "0 */30 * * * *", "pauses for more than 10 minutes")]
    [InlineData("RollUpSchedule", "0 5 0 * * 1", "pauses for more than 24 hours")]
    [InlineData("Store", "a connection string; hunter2", "no connection string")]
    [InlineData("Store", "AccountName=a;AccountKey=hunter2", "no connection string")]
    [InlineData("Store__clientId", "id-mcpprobe", "GUID")]
    [InlineData("Store__credential", "key", "managedidentity")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "hunter2", "no connection string of Application Insights")]
    [InlineData("MCPPROBE_CHECK_URLS", "7", "none, public or any")]
    [InlineData("KeepResults", "0", "a whole number of days from 1 to 36500, such as 35")]
    [InlineData("KeepResults", "13 months", "a whole number of days")]
    [InlineData("KeepHourly", "-1", "a whole number of days from 16 to 36500, such as 400")]
    [InlineData("KeepDaily", "100000", "a whole number of days")]
    [InlineData("KeepIncidents", "1.5", "a whole number of days")]
    [InlineData("KeepResults", "401", "401 days are longer than the 400 of KeepHourly")]
    [InlineData("KeepIncidents", "34", "KeepIncidents: results would tell")]
    [InlineData("KeepHourly", "1827", "longer than the 1826 of KeepDaily")]
    [InlineData("ResultRetentionMonths", "13", "set KeepResults to a number of days")]
    [InlineData("Channels__ops__colour", "red", "no such setting")]
    [InlineData("Shards", "0", "from 1 to")]
    [InlineData("Shards", "4.5", "from 1 to")]
    [InlineData("ControlAddresses", "dns.google", "host:port")]
    [InlineData("EndpointsPerMessage", "many", "from 1 to")]
    [InlineData("Store__tableServiceUri", "store", "absolute")]
    [InlineData("PublicUrl", "/pages", "absolute")]
    [InlineData("TimeZone", "Berlin", "there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?")]
    [InlineData("TimeZone", "../etc/passwd", "there is no time zone")]
    [InlineData("MCPPROBE_CHECK_URLS", "some", "none, public or any")]
    [InlineData("Channels__ops__type", "pigeon", "one of webhook, slack, teams, discord, pagerduty, ntfy, email")]
    [InlineData("Email__sender", "McpProbe", "no e-mail address")]
    [InlineData("Imports", "[{\"source\":\"offical\"}]", "imports[0].source: 'offical' is not one of official, github")]
    [InlineData("Imports", "- source: official\n  interval: 5m", "imports[0].interval: 5m is too short; the least is 1h")]
    [InlineData("Imports", "[{\"source\":\"official\",\"activate\":true}]", "add 'contact'")]
    [InlineData("Imports", "[{", "not valid YAML")]
    [InlineData("Imports", "[{\"source\":\"pulsemcp\",\"key\":\"hunter2\"}]", "holds a literal credential")]
    [InlineData("Email__endpoint", "https://mail.example.com", "Email__sender is missing")]
    public void Read_OneMistake_SaysWhichAndWhatWouldBeRight(string name, string value, string expected)
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith((name, value)));

        Assert.Contains(refused.Mistakes, mistake => mistake.Contains(expected, StringComparison.Ordinal));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData(null)]
    public void Read_TimeZone_IsThatOfAlerts(string? zone) => Assert.Equal(zone, ReadWith(("TimeZone", zone)).TimeZone?.Id);

    [Theory]
    [InlineData("ProbeSchedule", "*/30 * * * * *")]
    [InlineData("ProbeSchedule", "* * * * *")]
    [InlineData("ProbeSchedule", "0 */5 * * * *")]
    [InlineData("SweepSchedule", "0 * * * JAN-DEC *")]
    [InlineData("RollUpSchedule", "0 5 3 * * *")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://x/")]
    public void Read_WhatIsRight_IsTaken(string name, string value) => ReadWith((name, value));

    // The host of the platform makes a record of each line, and drops what does not say that it is an error.
    [Fact]
    public void Mistakes_Each_IsALineThatCallsItselfAnError()
    {
        var refused = Assert.Throws<SettingsException>(() => ReadWith(("Shards", "0"), ("PublicUrl", "a\nb"), ("ProbeQueue", null)));

        var lines = refused.Message.Split('\n');
        Assert.Equal(refused.Lines, lines);
        Assert.Equal(1 + refused.Mistakes.Count, lines.Length);
        Assert.All(lines, line => Assert.Contains("error", line, StringComparison.Ordinal));
        Assert.All((string[])["Shards is wrong", "PublicUrl is wrong", "ProbeQueue is missing"], said => Assert.Single(lines, line => line.Contains(said, StringComparison.Ordinal)));
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
