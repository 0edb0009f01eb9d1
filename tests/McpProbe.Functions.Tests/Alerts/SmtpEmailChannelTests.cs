using System.Text.Json;
using McpProbe.Alerts;
using McpProbe.Functions.Alerts;
using McpProbe.Testing;

namespace McpProbe.Functions.Tests.Alerts;

/// <summary>Against a real SMTP server (npm smtp-server).</summary>
public class SmtpEmailChannelTests
{
    private static Task<RealServer> StartAsync(params IEnumerable<string> mode) => RealServer.StartAsync(
        [RealServers.Script("../smtp-inbox.mjs"), .. mode], "127.0.0.1", RealServer.FreePort(), "/");

    private static Task<SendOutcome> SendAsync(
        string url, string? secret = null, string? sender = "McpProbe <alerts@example.com>", params string[] to) =>
        new SmtpEmailChannel(sender, name => name == "SMTP_PASSWORD" ? "hunter2" : null, new Uri("https://probe.example.com"), TimeProvider.System)
            .SendAsync(new Channel { Name = "mail", Type = ChannelType.Email, Url = url, Secret = secret, To = to }, Alert.Of(Samples.Transition("mail")), TestContext.Current.CancellationToken);

    private static async Task<JsonElement> ReceivedAsync(RealServer server)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (!server.Output.Contains('{', StringComparison.Ordinal))
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
        return JsonDocument.Parse(server.Output.Split('\n').Single(line => line.StartsWith('{'))).RootElement;
    }

    [Fact]
    public async Task Send_PlainServer_DeliversToAllRecipients()
    {
        await using var server = await StartAsync();

        var outcome = await SendAsync($"smtp://127.0.0.1:{server.Port}", to: ["a@example.com", "b@example.com"]);

        Assert.Equal(SendOutcome.Delivered, outcome);
        var mail = await ReceivedAsync(server);
        Assert.Equal("alerts@example.com", mail.GetProperty("from").GetString());
        Assert.Equal(["a@example.com", "b@example.com"], mail.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
        var text = mail.GetProperty("text").GetString()!;
        Assert.Contains("Subject: Every thing: outage opened", text, StringComparison.Ordinal);
        Assert.Contains($"Message-Id: <{Samples.Transition().Id}@mcpprobe>", text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("https://probe.example.com/endpoints/every.thing", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_UserAndPassword_SignsInAfterStartTls()
    {
        await using var server = await StartAsync("tls");
        var channel = new SmtpEmailChannel(
            "alerts@example.com", name => name == "SMTP_PASSWORD" ? "hunter2" : null, pages: null, TimeProvider.System)
        {
            Trust = (_, certificate, _, _) => certificate is not null,
        };

        var outcome = await channel.SendAsync(
            new Channel { Name = "mail", Type = ChannelType.Email, Url = $"smtp://alerts%40example.com@127.0.0.1:{server.Port}", Secret = "${env:SMTP_PASSWORD}", To = ["a@example.com"] },
            Alert.Of(Samples.Transition("mail")), TestContext.Current.CancellationToken);

        Assert.Equal(SendOutcome.Delivered, outcome);
        var mail = await ReceivedAsync(server);
        Assert.Equal((true, "alerts@example.com"), (mail.GetProperty("secure").GetBoolean(), mail.GetProperty("user").GetString()));
    }

    [Fact]
    public async Task Send_UntrustedCertificate_SendsNeitherPasswordNorMessage()
    {
        await using var server = await StartAsync("tls");

        var outcome = await SendAsync($"smtp://user@127.0.0.1:{server.Port}", "${env:SMTP_PASSWORD}", to: "a@example.com");

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.DoesNotContain("hunter2", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("{", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_PasswordAndNoTls_IsNotSent()
    {
        await using var server = await StartAsync();

        var outcome = await SendAsync($"smtp://user@127.0.0.1:{server.Port}", "${env:SMTP_PASSWORD}", to: "a@example.com");

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.DoesNotContain("{", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("550", SendStatus.Refused)]
    [InlineData("450", SendStatus.Retry)]
    public async Task Send_RecipientTurnedDown_IsFinalOnlyWhenTheServerSaysSo(string code, SendStatus expected)
    {
        await using var server = await StartAsync(code);

        var outcome = await SendAsync($"smtp://127.0.0.1:{server.Port}", to: "a@example.com");

        Assert.Equal(expected, outcome.Status);
    }

    [Theory]
    [InlineData("smtp://127.0.0.1:1", "a@example.com", "could not send")]
    [InlineData("https://127.0.0.1:1", "a@example.com", "is not smtp://")]
    [InlineData("smtp://127.0.0.1:1", "not an address <", "no e-mail address")]
    [InlineData("smtp://${env:NOT_SET}:25", "a@example.com", "NOT_SET, which is not set")]
    public async Task Send_WrongChannel_SaysWhatIsWrong(string url, string to, string expected)
    {
        var outcome = await SendAsync(url, to: to);

        Assert.NotEqual(SendStatus.Delivered, outcome.Status);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NoSender_SaysWhichSettingToSet() =>
        Assert.Contains("Email__sender", (await SendAsync("smtp://127.0.0.1:1", sender: null, to: "a@example.com")).Error, StringComparison.Ordinal);
}
