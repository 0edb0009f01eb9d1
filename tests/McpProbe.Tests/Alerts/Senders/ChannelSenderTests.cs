using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Alerts.Senders;
using McpProbe.Model;
using McpProbe.Testing;
using McpProbe.Tests.Alerts.Messages;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Tests.Alerts.Senders;

/// <summary>Against a real web server.</summary>
public sealed class ChannelSenderTests : IDisposable
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string OldSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private static readonly Dictionary<string, string> Secrets = new()
    {
        ["HOOK_SECRET"] = Secret,
        ["ROTATING"] = $"{Secret} {OldSecret}",
        ["ASYMMETRIC"] = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
        ["ROUTING_KEY"] = "0123456789abcdef0123456789abcdef",
        ["TOKEN"] = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",
    };

    private readonly ChannelSender _sender = new(Secrets.GetValueOrDefault, SampleAlerts.Pages, TimeProvider.System);
    private readonly ConcurrentQueue<(string Path, IHeaderDictionary Headers, byte[] Body)> _received = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _sender.Dispose();

    private static Channel Hook(string url, string? secret = null, ChannelType type = ChannelType.Webhook) =>
        new() { Name = "ops", Type = type, Url = url, Secret = secret };

    /// <summary>A receiver that answers with these, one after another, and with the last for ever.</summary>
    private Task<StubServer> ReceiverAsync(params (int Status, string? RetryAfter, string Body)[] answers) => StubServer.StartAsync(async context =>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var (status, retryAfter, text) = answers[Math.Min(_received.Count, answers.Length - 1)];
        _received.Enqueue((context.Request.Path + context.Request.QueryString, new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray()));
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        context.Response.Headers.Location = "http://169.254.169.254/";
        await context.Response.WriteAsync(text, context.RequestAborted);
    });

    private async Task<SendOutcome> SendAsync(
        int status, string? retryAfter = null, string? secret = "${env:HOOK_SECRET}", ChannelType type = ChannelType.Webhook, string body = "", string path = "/hook")
    {
        await using var receiver = await ReceiverAsync((status, retryAfter, body));
        return await _sender.SendAsync(Hook(receiver.Url + path, secret, type), Alert.Of(Alerting.Transition()), Token);
    }

    [Fact]
    public async Task Send_Confirmed_CarriesTheDesignsBodySigned()
    {
        Assert.Equal(SendOutcome.Delivered, await SendAsync(200));

        var (_, headers, body) = Assert.Single(_received);
        Assert.Equal("every_thing_outage_20261122T100000000Z_1", headers["webhook-id"].ToString());
        Assert.Equal("application/json", headers.ContentType.ToString());

        await PublishedSchemas.AssertFitsAsync("webhook", Encoding.UTF8.GetString(body));
        var json = JsonDocument.Parse(body).RootElement;
        Assert.Equal("incident.opened", json.GetProperty("type").GetString());
        Assert.Equal(Alerting.Now, json.GetProperty("timestamp").GetDateTimeOffset());
        var data = json.GetProperty("data");
        Assert.Equal(
            ["incident", "endpoint", "verdict", "failure", "changes", "findings", "links", "severity", "title", "summary", "advice", "durationSeconds", "firstFailure", "acknowledgement"],
            data.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            ("critical", "Every <thing> is down", "nobody listens there", 0),
            (data.GetProperty("severity").GetString(), data.GetProperty("title").GetString(), data.GetProperty("summary").GetString(),
                data.GetProperty("durationSeconds").GetInt32()));
        Assert.Contains("Restart it", data.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            "https://probe.example.com/incidents/every.thing_outage_20261122T100000000Z", data.GetProperty("links").GetProperty("incident").GetString());
        Assert.Equal("refused", data.GetProperty("failure").GetProperty("kind").GetString());
        Assert.Equal("https://probe.example.com/endpoints/every.thing",
            data.GetProperty("links").GetProperty("endpoint").GetString());
    }

    [Theory]
    [InlineData("HOOK_SECRET", Secret, "")]
    [InlineData("ROTATING", Secret, "")]
    [InlineData("ROTATING", OldSecret, "")]
    [InlineData("HOOK_SECRET", OldSecret, "No matching signature found")]
    public async Task Send_Signed_IsVerifiedByTheReferenceLibrary(string reference, string receivers, string mistake)
    {
        await SendAsync(200, secret: $"${{env:{reference}}}");

        var (_, headers, body) = Assert.Single(_received);
        var answers = await VendorShapes.AskAsync(
        [
            new JsonObject
            {
                ["kind"] = "webhook",
                ["secret"] = receivers,
                ["headers"] = new JsonObject(headers.Where(header => header.Key.StartsWith("webhook-", StringComparison.OrdinalIgnoreCase))
                    .Select(header => KeyValuePair.Create(header.Key.ToLowerInvariant(), (JsonNode?)header.Value.ToString()))),
                ["body"] = Encoding.UTF8.GetString(body),
            },
        ]);

        Assert.Equal(mistake, string.Join("; ", Assert.Single(answers)));
    }

    [Fact]
    public async Task Send_NoSecret_IsUnsigned()
    {
        Assert.Equal(SendOutcome.Delivered, await SendAsync(202, secret: null));

        Assert.False(Assert.Single(_received).Headers.ContainsKey("webhook-signature"));
    }

    [Theory]
    [InlineData(200, SendStatus.Delivered)]
    [InlineData(204, SendStatus.Delivered)]
    [InlineData(302, SendStatus.Retry)]
    [InlineData(400, SendStatus.Retry)]
    [InlineData(401, SendStatus.Retry)]
    [InlineData(404, SendStatus.Retry)]
    [InlineData(410, SendStatus.Gone)]
    [InlineData(413, SendStatus.Refused)]
    [InlineData(429, SendStatus.Retry)]
    public async Task Send_Answer_IsJudged(int status, SendStatus expected)
    {
        var outcome = await SendAsync(status);

        Assert.Equal(expected, outcome.Status);
        if (expected is not SendStatus.Delivered)
            Assert.Contains($"{status}", outcome.Error, StringComparison.Ordinal);
        Assert.Single(_received);
    }

    [Theory]
    [InlineData(ChannelType.Slack, 400, SendStatus.Refused)]
    [InlineData(ChannelType.Slack, 404, SendStatus.Gone)]
    [InlineData(ChannelType.Discord, 404, SendStatus.Gone)]
    [InlineData(ChannelType.Discord, 401, SendStatus.Retry)]
    [InlineData(ChannelType.Teams, 202, SendStatus.Delivered)]
    [InlineData(ChannelType.Teams, 404, SendStatus.Retry)]
    [InlineData(ChannelType.Pagerduty, 202, SendStatus.Delivered)]
    [InlineData(ChannelType.Pagerduty, 400, SendStatus.Refused)]
    [InlineData(ChannelType.Pagerduty, 429, SendStatus.Retry)]
    [InlineData(ChannelType.Ntfy, 403, SendStatus.Retry)]
    public async Task Send_AnswerOfAService_IsJudgedAsItMeansIt(ChannelType type, int status, SendStatus expected)
    {
        var secret = type switch { ChannelType.Pagerduty => "${env:ROUTING_KEY}", ChannelType.Ntfy => "${env:TOKEN}", _ => null };

        var outcome = await SendAsync(status, secret: secret, type: type);

        Assert.Equal(expected, outcome.Status);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Send_ReceiverFailsOnce_IsTriedAgainUnderTheSameId(int status)
    {
        await using var receiver = await ReceiverAsync((status, null, ""), (200, null, ""));

        Assert.Equal(SendOutcome.Delivered, await _sender.SendAsync(Hook(receiver.Url), Alert.Of(Alerting.Transition()), Token));

        Assert.Equal(2, _received.Count);
        Assert.Single(_received.Select(each => each.Headers["webhook-id"].ToString()).Distinct());
        Assert.Single(_received.Select(each => Encoding.UTF8.GetString(each.Body)).Distinct());
    }

    [Theory]
    [InlineData(429, "1", 2)]
    [InlineData(503, "1", 2)]
    [InlineData(429, "120", 1)]
    [InlineData(503, "120", 1)]
    [InlineData(429, null, 1)]
    public async Task Send_RetryAfter_IsWaitedForHereOnlyWhenItIsShort(int status, string? retryAfter, int sends)
    {
        await using var receiver = await ReceiverAsync((status, retryAfter, ""), (200, null, ""));
        var (before, started) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp());

        var outcome = await _sender.SendAsync(Hook(receiver.Url), Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(sends, _received.Count);
        if (sends == 2)
            Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.95), TimeSpan.FromSeconds(30));
        else if (retryAfter is not null)
            Assert.InRange(outcome.RetryAt!.Value - before, TimeSpan.FromSeconds(119), TimeSpan.FromSeconds(150));
    }

    [Fact]
    public async Task Send_DestinationFailsAgainAndAgain_IsLeftAloneAndSaysSo()
    {
        await using var receiver = await ReceiverAsync((500, null, ""));
        SendOutcome outcome;
        var sends = 0;
        do
        {
            outcome = await _sender.SendAsync(Hook($"{receiver.Url}/{sends}"), Alert.Of(Alerting.Transition()), Token);
            Assert.Equal(SendStatus.Retry, outcome.Status);
        }
        while (!outcome.NotTried && ++sends < 20);

        var received = _received.Count;
        Assert.True(outcome.NotTried);
        Assert.InRange(received, 5, 6);
        Assert.InRange(outcome.RetryAt!.Value - TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(31));

        // Another destination is none of its business.
        await using var other = await StubServer.StartAsync(_ => Task.CompletedTask);
        Assert.Equal(SendOutcome.Delivered, await _sender.SendAsync(Hook(other.Url), Alert.Of(Alerting.Transition()), Token));
        await _sender.SendAsync(Hook(receiver.Url), Alert.Of(Alerting.Transition()), Token);
        Assert.Equal(received, _received.Count);
    }

    [Theory]
    [InlineData(ChannelType.Slack, 403, "invalid_token", "(invalid_token)")]
    [InlineData(ChannelType.Webhook, 404, "<html>nothing here</html>", "answered 404")]
    [InlineData(ChannelType.Webhook, 401, "", "answered 401")]
    public async Task Send_Refused_SaysWhatTheReceiverSaid(ChannelType type, int status, string body, string expected)
    {
        var outcome = await SendAsync(status, body: body, type: type, secret: null);

        Assert.EndsWith(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChannelType.Slack, null, "no hook at /services/T000/B000/secret-part")]
    [InlineData(ChannelType.Pagerduty, "${env:ROUTING_KEY}", "0123456789abcdef0123456789abcdef is no key")]
    [InlineData(ChannelType.Webhook, null, "POST /services/T000/B000/secret-part: 401")]
    public async Task Send_AnswerRepeatsTheSecret_IsNotRecorded(ChannelType type, string? secret, string body)
    {
        var outcome = await SendAsync(403, body: body, type: type, secret: secret, path: "/services/T000/B000/secret-part");

        Assert.Equal("127.0.0.1 answered 403", outcome.Error);
    }

    [Fact]
    public async Task Send_NobodyListens_IsRetriedAndNamesTheHostOnly()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var outcome = await _sender.SendAsync(Hook($"http://127.0.0.1:{port}/token-in-the-path?sig=secret"), Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.DoesNotContain("token-in-the-path", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChannelType.Webhook, "${env:NOT_SET}", null, "NOT_SET")]
    [InlineData(ChannelType.Webhook, "ftp://example.com", null, "http")]
    [InlineData(ChannelType.Webhook, "https://example.com", "${env:NOT_SET}", "NOT_SET")]
    [InlineData(ChannelType.Webhook, "https://example.com", "plain", "whsec_")]
    [InlineData(ChannelType.Webhook, "https://example.com", "${env:ASYMMETRIC}", "asymmetric")]
    [InlineData(ChannelType.Pagerduty, "", null, "routing key")]
    [InlineData(ChannelType.Ntfy, "https://ntfy.example.com/", null, "topic")]
    [InlineData(ChannelType.Ntfy, "https://ntfy.example.com/a/b", null, "topic")]
    [InlineData(ChannelType.Ntfy, "https://ntfy.example.com/ops", "tk_1\r\nX-Other: 1", "access token")]
    [InlineData(ChannelType.Email, "", null, "smtp://")]
    [InlineData(ChannelType.Email, "https://example.com", null, "smtp://")]
    public async Task Send_WrongChannel_SaysWhatIsWrongAndCanBeMended(ChannelType type, string url, string? secret, string expected)
    {
        var outcome = await _sender.SendAsync(Hook(url, secret, type), Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("whsk_6Xb", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("smtp://169.254.169.254:25")]
    public async Task Send_AddressOfTheMetadataService_IsRefusedOnConnect(string url)
    {
        var channel = Hook(url, type: url.StartsWith("smtp", StringComparison.Ordinal) ? ChannelType.Email : ChannelType.Webhook)
            with
        { From = "a@example.com", To = ["b@example.com"] };

        var outcome = await _sender.SendAsync(channel, Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.Contains("alerts may not be sent there", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Ntfy_PublishesToTheServersRootWithTheToken()
    {
        Assert.Equal(SendOutcome.Delivered, await SendAsync(200, secret: "${env:TOKEN}", type: ChannelType.Ntfy, path: "/my-topic"));

        var (path, headers, body) = Assert.Single(_received);
        Assert.Equal(("/", $"Bearer {Secrets["TOKEN"]}"), (path, headers.Authorization.ToString()));
        Assert.Equal("my-topic", (string)JsonNode.Parse(body)!["topic"]!);
    }

    [Theory]
    [InlineData("/api/webhooks/1/x", "/api/webhooks/1/x?wait=true")]
    [InlineData("/api/webhooks/1/x?thread_id=7", "/api/webhooks/1/x?thread_id=7&wait=true")]
    [InlineData("/api/webhooks/1/x?wait=true", "/api/webhooks/1/x?wait=true")]
    public async Task Send_Discord_AsksForAConfirmation(string path, string expected)
    {
        Assert.Equal(SendOutcome.Delivered, await SendAsync(200, secret: null, type: ChannelType.Discord, path: path));

        Assert.Equal(expected, Assert.Single(_received).Path);
    }

    [Fact]
    public async Task Send_TestToPagerDuty_TriggersAndResolves()
    {
        await using var receiver = await ReceiverAsync((202, null, """{"status":"success"}"""));
        var channel = Hook(receiver.Url, "${env:ROUTING_KEY}", ChannelType.Pagerduty);

        Assert.Equal(SendOutcome.Delivered, await _sender.SendAsync(channel, Alert.Of(SampleAlert.Of(channel, Alerting.Now)), Token));

        Assert.Equal(["trigger", "resolve"], _received.Select(each => (string)JsonNode.Parse(each.Body)!["event_action"]!));
    }

    [Fact]
    public async Task Send_MailWithoutAddress_GoesToTheHeadsService()
    {
        var sent = new List<string>();
        using var sender = new ChannelSender(Secrets.GetValueOrDefault, pages: null, TimeProvider.System, mailService: (channel, alert, _) =>
        {
            sent.Add($"{channel.Name} {alert.Id}");
            return Task.FromResult(SendOutcome.Delivered);
        });

        Assert.Equal(SendOutcome.Delivered, await sender.SendAsync(Hook("", type: ChannelType.Email), Alert.Of(Alerting.Transition()), Token));

        Assert.Equal([$"ops {Alerting.Transition().Id}"], sent);
    }

    [Fact]
    public async Task WebhookBody_AnyTransition_FitsTheSchema()
    {
        var withValues = Alerting.Transition(sequence: 2) with
        {
            Failure = null,
            Changes = [new Change(ChangeClass.Breaking, "input-required-added", "echo", "/inputSchema/required", null,
                JsonDocument.Parse("[\"tenant\"]").RootElement, "The argument 'tenant' is required now.")],
        };
        var test = SampleAlert.Of(Hook("https://example.com"), Alerting.Now);
        Transition[] transitions =
            [withValues, test, .. SampleAlerts.Transitions(), .. SampleAlerts.HostileTexts.SelectMany(SampleAlerts.Transitions)];

        foreach (var transition in transitions)
            await PublishedSchemas.AssertFitsAsync("webhook", Encoding.UTF8.GetString(WebhookBody.Write(transition, SampleAlerts.Pages).Span));
        Assert.Equal("alert.test", (string)JsonNode.Parse(WebhookBody.Write(test, null).Span)!["type"]!);
    }

    [Fact]
    public void WebhookBody_Retried_IsTheSameBytes() => Assert.Equal(
        Encoding.UTF8.GetString(WebhookBody.Write(Alerting.Transition(), null).Span),
        Encoding.UTF8.GetString(WebhookBody.Write(Alerting.Transition(), null).Span));
}
