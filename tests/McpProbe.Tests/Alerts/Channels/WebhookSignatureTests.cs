using McpProbe.Alerts.Channels;

namespace McpProbe.Tests.Alerts.Channels;

public class WebhookSignatureTests
{
    // The example of the Standard Webhooks specification and of its reference libraries.
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public void Sign_TheSpecificationsExample_GivesItsSignature()
    {
        Assert.True(WebhookSignature.TryReadKeys(Secret, out var keys, out _));

        var signature = WebhookSignature.Sign(
            keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), """{"test": 2432232314}"""u8);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void Sign_WhileRotating_SignsWithBoth()
    {
        Assert.True(WebhookSignature.TryReadKeys($"{Secret} whsec_{Convert.ToBase64String(new byte[32])}", out var keys, out _));

        Assert.Equal(2, WebhookSignature.Sign(keys, "id", DateTimeOffset.UnixEpoch, "{}"u8).Split(' ').Length);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("hunter2", "'whsec_'")]
    [InlineData("whsec_!!!!", "base64")]
    [InlineData("whsec_c2hvcnQ=", "24 to 64")]
    public void TryReadKeys_NotASecret_SaysWhatIsExpectedAndNotTheSecret(string secret, string expected)
    {
        Assert.False(WebhookSignature.TryReadKeys(secret, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }
}
