using McpProbe.Alerts.Channels;
using McpProbe.Text;

namespace McpProbe.Tests.Alerts.Channels;

public class ChannelSecretsTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static Channel Of(ChannelType type, string url = "", string? secret = null) => new()
    {
        Name = "c",
        Type = type,
        Url = url,
        Secret = secret,
        To = type is ChannelType.Email ? ["a@example.com"] : [],
    };

    private static IReadOnlyList<string> Missing(Channel channel, params (string Name, string? Value)[] variables) =>
        ChannelSecrets.Missing([channel], name => Array.Find(variables, variable => variable.Name == name).Value);

    [Fact]
    public void Missing_EverythingThere_IsEmpty() => Assert.Empty(ChannelSecrets.Missing(
        [
            Of(ChannelType.Webhook, "https://${env:HOST}/x", "${env:KEY}"),
            Of(ChannelType.Webhook, "https://example.com/x"),
            Of(ChannelType.Slack, "${env:URL}"),
            Of(ChannelType.Pagerduty, secret: "${env:TEXT}"),
            Of(ChannelType.Ntfy, "${env:TOPIC}", "${env:TEXT}"),
            Of(ChannelType.Email, "smtp://${env:TEXT}@${env:HOST}:587", "${env:PASSWORD}"),
            Of(ChannelType.Email, "${env:SERVER}", "${env:PASSWORD}"),
        ],
        name => name switch
        {
            "HOST" => "example.com",
            "KEY" => $"{Key} {Key}",
            "URL" => "https://hooks.example.com/services/x",
            "TOPIC" => "https://ntfy.sh/topic",
            "TEXT" => "user-1",
            "PASSWORD" => "p@ss ${wörd} ${",
            "SERVER" => "smtps://me%40x@mail.example.com",
            _ => null,
        }));

    [Fact]
    public void Missing_SeveralVariables_NamesEachWithItsChannelAndTheFileThatMayHoldIt()
    {
        var mistakes = ChannelSecrets.Missing(
            [
                Of(ChannelType.Webhook, "https://example.com/${env:CHANNEL_TESTS_A}/${env:CHANNEL_TESTS_A}", "${env:CHANNEL_TESTS_B}") with { Name = "ops" },
                Of(ChannelType.Slack, "${env:CHANNEL_TESTS_A}") with { Name = "chat" },
            ],
            name => name == "CHANNEL_TESTS_B" ? "" : null);

        Assert.Equal(
            [
                "channel 'ops' needs the environment variable CHANNEL_TESTS_A, which is not set; set it for the prober, or CHANNEL_TESTS_A_FILE to the path of a file that holds it",
                "channel 'ops' needs the environment variable CHANNEL_TESTS_B, which is not set; set it for the prober, or CHANNEL_TESTS_B_FILE to the path of a file that holds it",
                "channel 'chat' needs the environment variable CHANNEL_TESTS_A, which is not set; set it for the prober, or CHANNEL_TESTS_A_FILE to the path of a file that holds it",
            ],
            mistakes);
    }

    [Fact]
    public void Missing_VariableOfMcpProbeItself_SaysThatItIsNoChannelsToUse() => Assert.Equal(
        "channel 'c' needs the environment variable MCPPROBE_API_KEY, which is McpProbe's own and for no endpoint to use; name another",
        Assert.Single(ChannelSecrets.Missing([Of(ChannelType.Slack, "${env:MCPPROBE_API_KEY}")], SecretReference.FromEnvironment)));

    [Theory]
    [InlineData(ChannelType.Webhook, "https://x", "${env:A}", "hunter2", "channel 'c': secret, made of A: a webhook secret is 'whsec_' and the base64 of 24 to 64 random bytes")]
    [InlineData(ChannelType.Webhook, "https://x", "${env:A}", "whsec_hunter2", "channel 'c': secret, made of A: a webhook secret is 'whsec_' and the base64 of 24 to 64 random bytes")]
    [InlineData(ChannelType.Webhook, "https://x", "${env:A}", " ", "channel 'c': secret, made of A: the webhook secret is empty")]
    [InlineData(ChannelType.Webhook, "https://${env:A}/x", null, "hunter2.example/#", "channel 'c': url, made of A: a URL to send requests to has no fragment ('#…'); remove it")]
    [InlineData(ChannelType.Slack, "${env:A}", null, "hunter2", "channel 'c': url, made of A: is not an absolute http or https URL, such as https://example.com/mcp")]
    [InlineData(ChannelType.Teams, "${env:A}", null, "https://hunter2.example/x\n", "channel 'c': url, made of A: a URL holds no white space")]
    [InlineData(ChannelType.Discord, "${env:A}", null, "https://u:hunter2@x", "channel 'c': url, made of A: a URL holds no user or password; put what is secret of it into a variable and write ${env:NAME}")]
    [InlineData(ChannelType.Ntfy, "${env:A}", null, "https://ntfy.sh/hunter2/x", "channel 'c': url, made of A: is not a server and one topic (1 to 64 letters, digits, '-' and '_'), such as https://ntfy.sh/my-topic")]
    [InlineData(ChannelType.Ntfy, "https://ntfy.sh/x", "${env:A}", "hunter2\r\nX: y", "channel 'c': secret, made of A: holds a character that the access token has not, such as a space or a line break; write it alone")]
    [InlineData(ChannelType.Pagerduty, "", "${env:A}", "hunter2 ", "channel 'c': secret, made of A: holds a character that the integration's routing key has not, such as a space or a line break; write it alone")]
    [InlineData(ChannelType.Email, "${env:A}", null, "smtp://u:hunter2@x", "channel 'c': url, made of A: holds a password; take it out, put it into a variable and write 'secret: ${env:NAME}'")]
    [InlineData(ChannelType.Email, "smtp://${env:A}@mail.example.com", null, "hunter2", "channel 'c': secret: has no 'secret', but a user in 'url'; put the user's password into a variable and write ${env:NAME}, or take the user out")]
    [InlineData(ChannelType.Email, "${env:A}", null, "smtp://hunter2@mail.example.com", "channel 'c': secret: has no 'secret', but a user in 'url'; put the user's password into a variable and write ${env:NAME}, or take the user out")]
    public void Missing_ValueThatCannotBe_SaysWhatItIsToBeAndNotWhatItIs(ChannelType type, string url, string? secret, string value, string mistake)
    {
        var said = Assert.Single(Missing(Of(type, url, secret), ("A", value)));

        Assert.Equal(mistake, said);
        Assert.DoesNotContain("hunter2", said, StringComparison.Ordinal);
    }
}
