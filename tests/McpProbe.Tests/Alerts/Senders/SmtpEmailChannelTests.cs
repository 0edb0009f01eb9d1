using System.Net.Security;
using System.Text;
using System.Text.Json;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Alerts.Senders;
using McpProbe.Testing;
using McpProbe.Tests.Alerts.Messages;
using MimeKit;

namespace McpProbe.Tests.Alerts.Senders;

/// <summary>Against a real SMTP server (npm smtp-server).</summary>
public class SmtpEmailChannelTests
{
    private static Task<RealServer> StartAsync(params IEnumerable<string> mode) => RealServer.StartAsync(
        [RealServers.Script("../smtp-inbox.mjs"), .. mode], "127.0.0.1", RealServer.FreePort(), "/");

    private static Task<SendOutcome> SendAsync(
        string url, Alert? alert = null, string? from = "McpProbe <alerts@example.com>", RemoteCertificateValidationCallback? trust = null, params string[] to)
    {
        var channel = new Channel { Name = "mail", Type = ChannelType.Email, Url = url, To = to };
        alert ??= Alert.Of(Alerting.Transition());
        return new SmtpEmailChannel(new ResilientSender(TimeProvider.System), from) { Trust = trust }
            .SendAsync(channel, url, "hunter2", alert, AlertMessage.Of(alert, SampleAlerts.Pages), TestContext.Current.CancellationToken);
    }

    /// <param name="mails">How many the server has had: the last of them.</param>
    private static async Task<(JsonElement Envelope, MimeMessage Mail)> ReceivedAsync(RealServer server, int mails = 1)
    {
        var token = TestContext.Current.CancellationToken;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        while (server.Output.Split('\n').Count(line => line.StartsWith('{')) < mails)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, deadline.Token);
        var envelope = JsonDocument.Parse(server.Output.Split('\n').Last(line => line.StartsWith('{'))).RootElement;
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(envelope.GetProperty("text").GetString()!));
        return (envelope, await MimeMessage.LoadAsync(stream, token));
    }

    [Fact]
    public async Task Send_PlainServer_DeliversTextAndHtmlToAllRecipients()
    {
        await using var server = await StartAsync();

        var outcome = await SendAsync($"smtp://127.0.0.1:{server.Port}", to: ["a@example.com", "b@example.com"]);

        Assert.Equal(SendOutcome.Delivered, outcome);
        var (envelope, mail) = await ReceivedAsync(server);
        Assert.Equal("alerts@example.com", envelope.GetProperty("from").GetString());
        Assert.Equal(["a@example.com", "b@example.com"], envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
        var expected = AlertMail.Of(AlertMessage.Of(Alert.Of(Alerting.Transition()), SampleAlerts.Pages));
        Assert.Equal("[McpProbe] Every <thing> is down", mail.Subject);
        Assert.Equal(["text/plain", "text/html"], Assert.IsType<MultipartAlternative>(mail.Body).Select(part => part.ContentType.MimeType));
        Assert.Equal(expected.Text, mail.TextBody!.ReplaceLineEndings("\n"));
        Assert.Equal(expected.Html, mail.HtmlBody!.ReplaceLineEndings("\n"));
        Assert.Contains("https://probe.example.com/incidents/every.thing_outage_20261122T100000000Z", mail.TextBody, StringComparison.Ordinal);
        Assert.Equal(("auto-generated", MessageImportance.High), (mail.Headers[HeaderId.AutoSubmitted], mail.Importance));
    }

    [Fact]
    public async Task Send_TransitionsOfOneIncident_AreOneThread()
    {
        var (opened, resolved) = (Alerting.Transition(1), Alerting.Transition(2));
        await using var first = await StartAsync();
        await SendAsync($"smtp://127.0.0.1:{first.Port}", Alert.Of(opened), to: "a@example.com");
        await using var second = await StartAsync();
        await SendAsync($"smtp://127.0.0.1:{second.Port}", Alert.Of(resolved), to: "a@example.com");

        var (_, opening) = await ReceivedAsync(first);
        var (_, resolve) = await ReceivedAsync(second);

        Assert.Equal("every_thing_outage_20261122T100000000Z_1@example.com", opening.MessageId);
        Assert.Empty(opening.References);
        Assert.Equal([opening.MessageId!], resolve.References);
        Assert.Equal(opening.MessageId, resolve.InReplyTo);
    }

    [Fact]
    public void MailThread_Gathered_ContinuesEveryIncident()
    {
        var thread = MailThread.Of(SampleAlerts.Gathered(25), "alerts@example.com");

        Assert.Equal("gathered@example.com", thread.MessageId);
        Assert.Equal((20, "tool-1_outage_20261122T100000000Z_1@example.com"), (thread.References.Count, thread.References[0]));
    }

    [Fact]
    public async Task Send_HostileText_AddsNoHeaderAndArrivesWhole()
    {
        string[] ours = ["From", "Date", "Subject", "Message-Id", "Importance", "MIME-Version", "Auto-Submitted", "To"];
        await using var server = await StartAsync();
        var mails = 0;
        foreach (var hostile in SampleAlerts.HostileTexts)
        {
            var alert = Alert.Of(SampleAlerts.Transitions(hostile).First());

            Assert.Equal(SendOutcome.Delivered, await SendAsync($"smtp://127.0.0.1:{server.Port}", alert, to: "a@example.com"));

            var (envelope, mail) = await ReceivedAsync(server, ++mails);
            Assert.Equal(ours.Order(), mail.Headers.Select(header => header.Field).Order());
            Assert.Equal(["a@example.com"], envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
            var expected = AlertMail.Of(AlertMessage.Of(alert, SampleAlerts.Pages));
            Assert.Equal(expected.Subject, mail.Subject);
            Assert.Equal(expected.Text, mail.TextBody!.ReplaceLineEndings("\n"));
            Assert.DoesNotContain(envelope.GetProperty("text").GetString()!.Split("\r\n"), line => line.Length > 998);
        }
    }

    [Fact]
    public async Task Send_UserAndPassword_SignsInAfterStartTls()
    {
        await using var server = await StartAsync("tls");

        var outcome = await SendAsync(
            $"smtp://alerts%40example.com@127.0.0.1:{server.Port}", trust: (_, certificate, _, _) => certificate is not null, to: "a@example.com");

        Assert.Equal(SendOutcome.Delivered, outcome);
        var (envelope, _) = await ReceivedAsync(server);
        Assert.Equal((true, "alerts@example.com"), (envelope.GetProperty("secure").GetBoolean(), envelope.GetProperty("user").GetString()));
    }

    [Fact]
    public async Task Send_UntrustedCertificate_SendsNeitherPasswordNorMessage()
    {
        await using var server = await StartAsync("tls");

        var outcome = await SendAsync($"smtp://user@127.0.0.1:{server.Port}", to: "a@example.com");

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.DoesNotContain("hunter2", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("{", server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_PasswordAndNoTls_IsNotSent()
    {
        await using var server = await StartAsync();

        var outcome = await SendAsync($"smtp://user@127.0.0.1:{server.Port}", to: "a@example.com");

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
        Assert.Contains("mailbox unavailable", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>One of three who is refused: the others have their mail, and only who may be reached later is tried again.</summary>
    [Theory]
    [InlineData("550:b@example.com", SendStatus.Delivered, "127.0.0.1 refused b@example.com with 550: mailbox unavailable; the other recipients have it", "a c", "")]
    [InlineData("450:b@example.com", SendStatus.Retry, "127.0.0.1 refused b@example.com with 450: mailbox unavailable; the other recipients have it", "a c", "b")]
    [InlineData("550:a@example.com", SendStatus.Delivered, "refused a@example.com", "b c", "")]
    [InlineData("550:a@example.com 451:c@example.com", SendStatus.Retry, "refused c@example.com with 451", "b", "c")]
    public async Task Send_SomeRecipientsTurnedDown_ReachesTheOthers(string refusals, SendStatus status, string error, string reached, string later)
    {
        static string[] Addresses(string names) => [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => $"{name}@example.com")];
        await using var server = await StartAsync(refusals.Split(' '));

        var outcome = await SendAsync($"smtp://127.0.0.1:{server.Port}", to: Addresses("a b c"));

        Assert.Equal(status, outcome.Status);
        Assert.Contains(error, outcome.Error, StringComparison.Ordinal);
        Assert.Equal(Addresses(later), outcome.Unreached ?? []);
        var (envelope, _) = await ReceivedAsync(server);
        Assert.Equal(Addresses(reached), envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
    }

    [Fact]
    public async Task Send_ToThoseNotReachedBefore_IsTheirMailAlone()
    {
        await using var server = await StartAsync();
        var alert = Alert.Of(Alerting.Transition()) with { To = ["b@example.com"] };

        Assert.Equal(SendOutcome.Delivered, await SendAsync($"smtp://127.0.0.1:{server.Port}", alert, to: ["a@example.com", "b@example.com"]));

        var (envelope, _) = await ReceivedAsync(server);
        Assert.Equal(["b@example.com"], envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
    }

    [Fact]
    public async Task Send_OneAddressThatIsNone_TakesNobodyElsesMail()
    {
        await using var server = await StartAsync();

        var outcome = await SendAsync($"smtp://127.0.0.1:{server.Port}", to: ["not an address <", "b@example.com"]);

        Assert.Equal(SendStatus.Delivered, outcome.Status);
        Assert.Contains("no e-mail address", outcome.Error, StringComparison.Ordinal);
        var (envelope, _) = await ReceivedAsync(server);
        Assert.Equal(["b@example.com"], envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
    }

    [Theory]
    [InlineData("smtp://127.0.0.1:1", "a@example.com", "could not send")]
    [InlineData("https://127.0.0.1:1", "a@example.com", "is not smtp://")]
    [InlineData("smtp://127.0.0.1:1", "not an address <", "no e-mail address")]
    [InlineData("smtp://127.0.0.1:1", "a@example.com\r\nBcc: b@example.com", "no e-mail address")]
    public async Task Send_WrongChannel_SaysWhatIsWrong(string url, string to, string expected)
    {
        var outcome = await SendAsync(url, to: to);

        Assert.NotEqual(SendStatus.Delivered, outcome.Status);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NoSender_SaysWhichSettingToSet() =>
        Assert.Contains("Email__sender", (await SendAsync("smtp://127.0.0.1:1", from: null, to: "a@example.com")).Error, StringComparison.Ordinal);
}
