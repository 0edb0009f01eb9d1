using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using McpProbe.Alerts;
using McpProbe.Drift;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;

namespace McpProbe.Tests.Alerts;

/// <summary>Against a real web server.</summary>
public class WebhookSenderTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private readonly ConcurrentQueue<(IHeaderDictionary Headers, byte[] Body)> _received = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static WebhookSender Sender(HttpMessageInvoker client) => new(
        client, name => name is "HOOK_SECRET" ? Secret : null, new Uri("https://probe.example.com"), TimeProvider.System);

    private async Task<SendOutcome> SendAsync(int status, string? retryAfter = null, string? secret = "${env:HOOK_SECRET}")
    {
        await using var receiver = await StubServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            _received.Enqueue((new HeaderDictionary(context.Request.Headers.ToDictionary()), body.ToArray()));
            context.Response.StatusCode = status;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            context.Response.Headers.Location = "http://169.254.169.254/";
        });
        using var client = WebhookSender.CreateClient();
        return await Sender(client).SendAsync(
            new Channel { Name = "ops", Type = ChannelType.Webhook, Url = $"{receiver.Url}/hook", Secret = secret }, Alert.Of(Alerting.Transition()), Token);
    }

    [Fact]
    public async Task Send_Confirmed_CarriesTheDesignsBodySigned()
    {
        Assert.Equal(SendOutcome.Delivered, await SendAsync(200));

        var (headers, body) = Assert.Single(_received);
        var id = headers["webhook-id"].ToString();
        Assert.Equal("every_thing_outage_20261122T100000000Z_1", id);
        Assert.Equal("application/json", headers.ContentType.ToString());
        Assert.True(WebhookSignature.TryReadKeys(Secret, out var keys, out _));
        var timestamp = DateTimeOffset.FromUnixTimeSeconds(long.Parse(
            headers["webhook-timestamp"].ToString(), System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(WebhookSignature.Sign(keys, id, timestamp, body), headers["webhook-signature"].ToString());

        await PublishedSchemas.AssertFitsAsync("webhook", Encoding.UTF8.GetString(body));
        var json = JsonDocument.Parse(body).RootElement;
        Assert.Equal("incident.opened", json.GetProperty("type").GetString());
        Assert.Equal(Alerting.Now, json.GetProperty("timestamp").GetDateTimeOffset());
        var data = json.GetProperty("data");
        Assert.Equal(
            ["incident", "endpoint", "verdict", "failure", "changes", "links"],
            data.EnumerateObject().Select(property => property.Name));
        Assert.Equal("refused", data.GetProperty("failure").GetProperty("kind").GetString());
        Assert.Equal("https://probe.example.com/endpoints/every.thing",
            data.GetProperty("links").GetProperty("endpoint").GetString());
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
    [InlineData(401, SendStatus.Retry)]
    [InlineData(404, SendStatus.Retry)]
    [InlineData(410, SendStatus.Refused)]
    [InlineData(413, SendStatus.Refused)]
    [InlineData(429, SendStatus.Retry)]
    [InlineData(500, SendStatus.Retry)]
    [InlineData(503, SendStatus.Retry)]
    public async Task Send_Answer_IsJudged(int status, SendStatus expected)
    {
        var outcome = await SendAsync(status);

        Assert.Equal(expected, outcome.Status);
        if (expected is not SendStatus.Delivered)
            Assert.Contains($"{status}", outcome.Error, StringComparison.Ordinal);
        Assert.Single(_received);
    }

    [Fact]
    public async Task Send_RetryAfter_IsPassedOn()
    {
        var before = TimeProvider.System.GetUtcNow();

        var outcome = await SendAsync(429, retryAfter: "120");

        Assert.InRange(outcome.RetryAt!.Value - before, TimeSpan.FromSeconds(119), TimeSpan.FromSeconds(150));
    }

    [Fact]
    public async Task Send_NobodyListens_IsRetriedAndNamesTheHostOnly()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var client = WebhookSender.CreateClient();

        var outcome = await Sender(client).SendAsync(
            new Channel { Name = "ops", Type = ChannelType.Webhook, Url = $"http://127.0.0.1:{port}/token-in-the-path", Secret = null }, Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.DoesNotContain("token-in-the-path", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${env:NOT_SET}", null, "NOT_SET")]
    [InlineData("ftp://example.com", null, "http")]
    [InlineData("https://example.com", "${env:NOT_SET}", "NOT_SET")]
    [InlineData("https://example.com", "plain", "whsec_")]
    public async Task Send_WrongChannel_SaysWhatIsWrongAndCanBeMended(string url, string? secret, string expected)
    {
        using var client = WebhookSender.CreateClient();

        var outcome = await Sender(client).SendAsync(
            new Channel { Name = "ops", Type = ChannelType.Webhook, Url = url, Secret = secret }, Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.Contains(expected, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    public async Task Send_AddressOfTheMetadataService_IsRefusedOnConnect(string url)
    {
        using var client = WebhookSender.CreateClient();

        var outcome = await Sender(client).SendAsync(new Channel { Name = "ops", Type = ChannelType.Webhook, Url = url, Secret = null }, Alert.Of(Alerting.Transition()), Token);

        Assert.Equal(SendStatus.Retry, outcome.Status);
        Assert.Contains("alerts may not be sent there", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drift")]
    [InlineData("outage")]
    public async Task WebhookBody_AnyTransition_FitsTheSchema(string kind)
    {
        var transition = Alerting.Transition(sequence: 2);
        if (kind is "drift")
            transition = transition with
            {
                Failure = null,
                Changes = [new Change(ChangeClass.Breaking, "input-required-added", "echo", "/inputSchema/required", null,
                    JsonDocument.Parse("[\"tenant\"]").RootElement, "The argument 'tenant' is required now.")],
            };

        await PublishedSchemas.AssertFitsAsync("webhook", Encoding.UTF8.GetString(WebhookBody.Write(transition, pages: null).Span));
    }

    [Fact]
    public void WebhookBody_Retried_IsTheSameBytes() => Assert.Equal(
        Encoding.UTF8.GetString(WebhookBody.Write(Alerting.Transition(), null).Span),
        Encoding.UTF8.GetString(WebhookBody.Write(Alerting.Transition(), null).Span));
}
