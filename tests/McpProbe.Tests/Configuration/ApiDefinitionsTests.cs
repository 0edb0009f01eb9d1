using McpProbe.Alerts.Channels;
using McpProbe.Configuration;
using McpProbe.Endpoints;

namespace McpProbe.Tests.Configuration;

public class ApiDefinitionsTests
{
    private const string Allowed = "SECRET_*,PLAIN,SHARED_NAME";

    [Theory]
    [InlineData("SECRET_A", null)]
    [InlineData("PLAIN", null)]
    [InlineData("SHARED_NAME", null)] // The operator has named it, so a file's use of it is no matter.
    [InlineData("PD_KEY", "secret of the channel 'oncall'")]
    [InlineData("pd_key", "secret of the channel 'oncall'")] // One variable, on Windows.
    [InlineData("PD_KEY_FILE", "secret of the channel 'oncall'")]
    [InlineData("SECRET_SLACK", "secret of the channel 'chat'")] // Allowed by its prefix, and a channel's.
    [InlineData("SECRET_SEARCH", "secret of 'search' in the probes file")]
    [InlineData("SECRET_PATH", "secret of 'search' in the probes file")]
    [InlineData("PLAINER", "these variables only: SECRET_*, PLAIN, SHARED_NAME")]
    [InlineData("secret_a", "these variables only")]
    [InlineData("HOME", "these variables only")]
    [InlineData("MCPPROBE_API_KEY", "McpProbe's own")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "McpProbe's own")]
    [InlineData("AzureWebJobsStorage", "McpProbe's own")]
    [InlineData("WEBSITE_AUTH_ENCRYPTION_KEY", "McpProbe's own")]
    [InlineData("IDENTITY_HEADER", "McpProbe's own")]
    public void MistakesIn_Reference_OnlyToWhatTheOperatorAllowsAndNobodyElseUses(string name, string? expected)
    {
        var mistakes = Rules(Allowed).MistakesIn(Of(name)).ToList();

        Assert.Equal(expected is null ? 0 : 1, mistakes.Count);
        if (expected is null)
            return;
        Assert.Equal("bearer", mistakes[0].Path);
        Assert.Contains(expected, mistakes[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MistakesIn_EachPlaceOfAReference_IsNamedAtOnce()
    {
        const string reference = "${env:PD_KEY}";
        var endpoint = new Endpoint
        {
            Id = "a",
            Url = new Uri("https://example.com/x/${env:A}/mcp?key=${env:PD_KEY}"),
            Headers = new Dictionary<string, string> { ["X-Api-Key"] = reference },
            OAuth = new OAuthClient { ClientId = reference, ClientSecret = reference },
            Tls = new TlsSettings { Ca = reference, Certificate = reference, Key = "/etc/ssl/key.pem" },
            Environment = new Dictionary<string, string> { ["X"] = reference },
        };

        Assert.Equal(
            ["tls.key", "url", "url", "environment.X", "headers.X-Api-Key", "oauth.clientId", "oauth.clientSecret", "tls.ca", "tls.certificate"],
            Rules(null).MistakesIn(endpoint).Select(mistake => mistake.Path));
    }

    [Fact]
    public void Refusal_StoredDefinition_IsJudgedByWhatHoldsNow()
    {
        var rules = new ApiDefinitions(ApiSecrets.Default);
        var endpoint = Of("SECRET_A") with { FromApi = true };
        Assert.Null(rules.Refusal(endpoint));

        rules.Follow([new Channel { Name = "oncall", Type = ChannelType.Pagerduty, Secret = "${env:SECRET_A}" }], []);

        Assert.Contains("bearer: The variable SECRET_A holds a secret of the channel 'oncall'", rules.Refusal(endpoint), StringComparison.Ordinal);
        Assert.Null(rules.Refusal(endpoint with { FromApi = false }));
        Assert.Contains("command:", rules.Refusal(new Endpoint { Id = "a", Command = ["id"], FromApi = true }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "SECRET_A", true)]
    [InlineData(" ", "SECRET_A", true)]
    [InlineData("none", "SECRET_A", false)]
    [InlineData("TEAM_*, OTHER", "TEAM_A", true)]
    [InlineData("TEAM_*, OTHER", "OTHER", true)]
    [InlineData("TEAM_*, OTHER", "OTHER_", false)]
    [InlineData("TEAM_*, OTHER", "SECRET_A", false)]
    [InlineData("*", "ANYTHING", true)]
    public void ApiSecrets_Setting_AllowsWhatItNames(string? setting, string name, bool expected) =>
        Assert.Equal(expected, ApiSecrets.Parse(setting, out _)!.Allows(name));

    [Theory]
    [InlineData("SECRET_*;TOKEN")]
    [InlineData("a b")]
    [InlineData("*_KEY")]
    [InlineData("${env:A}")]
    [InlineData("MCPPROBE_API_KEY")]
    public void ApiSecrets_SettingThatIsNone_SaysWhatIsWrong(string setting)
    {
        Assert.Null(ApiSecrets.Parse(setting, out var mistake));
        Assert.NotNull(mistake);
    }

    private static ApiDefinitions Rules(string? setting)
    {
        var rules = new ApiDefinitions(ApiSecrets.Parse(setting, out _)!);
        rules.Follow(
            [
                new Channel { Name = "oncall", Type = ChannelType.Pagerduty, Secret = "${env:PD_KEY}" },
                new Channel { Name = "chat", Type = ChannelType.Slack, Url = "https://hooks.slack.com/${env:SECRET_SLACK}" },
            ],
            [
                Of("SHARED_NAME"),
                new Endpoint { Id = "search", Url = new Uri("https://example.com/${env:SECRET_PATH}/mcp"), Bearer = "${env:SECRET_SEARCH}" },
            ]);
        return rules;
    }

    private static Endpoint Of(string name) => new() { Id = "a", Url = new Uri("https://example.com/mcp"), Bearer = $"${{env:{name}}}" };
}
