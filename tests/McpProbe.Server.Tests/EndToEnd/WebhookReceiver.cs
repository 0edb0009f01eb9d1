using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using McpProbe.Testing;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>A receiver of webhooks that checks the signature by the specification's words, not by the sender's code.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private StubServer _stub = null!;

    public string Url => _stub.Url;

    public string Secret => "whsec_" + Convert.ToBase64String(_key);

    public ConcurrentQueue<Alert> Alerts { get; } = [];

    public static async Task<WebhookReceiver> StartAsync()
    {
        var receiver = new WebhookReceiver();
        receiver._stub = await StubServer.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            var headers = context.Request.Headers;
            using var json = JsonDocument.Parse(body);
            receiver.Alerts.Enqueue(new Alert(
                TimeProvider.System.GetUtcNow(),
                headers["webhook-id"].ToString(),
                receiver.IsSigned(headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), body, headers["webhook-signature"].ToString()),
                json.RootElement.Clone()));
            context.Response.StatusCode = 204;
        });
        return receiver;
    }

    public ValueTask DisposeAsync() => _stub.DisposeAsync();

    // Standard Webhooks 1.0: "v1," and the base64 of HMAC-SHA256 over id, timestamp and body, joined by full stops.
    private bool IsSigned(string id, string timestamp, string body, string signature) =>
        signature == "v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
}

internal sealed record Alert(DateTimeOffset At, string Id, bool Signed, JsonElement Body)
{
    public string Type => Body.GetProperty("type").GetString()!;
}
