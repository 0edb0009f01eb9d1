using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using McpProbe.Alerts.Channels;

namespace McpProbe.Server.Demo;

/// <summary>Receives the demo's webhooks as a receiver should: checks the signature, drops what it has seen, and prints a line.</summary>
internal sealed class DemoReceiver(string secret, TimeProvider time)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);
    private readonly HashSet<string> _seen = [];

    public async Task<IResult> ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var id = context.Request.Headers["webhook-id"].ToString();
        if (!IsSigned(id, context.Request.Headers, body.ToArray()))
            return Results.Unauthorized();
        lock (_seen)
        {
            // At least once means: perhaps twice, under the same id.
            if (!_seen.Add(id))
                return Results.NoContent();
        }
        using var alert = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
        Console.Out.WriteLine(LineOf(alert.RootElement));
        return Results.NoContent();
    }

    private bool IsSigned(string id, IHeaderDictionary headers, byte[] body)
    {
        if (!long.TryParse(headers["webhook-timestamp"], CultureInfo.InvariantCulture, out var seconds)
            || !WebhookSignature.TryReadKeys(secret, out var keys, out _))
            return false;
        var at = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return (time.GetUtcNow() - at).Duration() < Tolerance
            && CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(WebhookSignature.Sign(keys, id, at, body)),
                Encoding.ASCII.GetBytes(headers["webhook-signature"].ToString()));
    }

    private static string LineOf(JsonElement alert)
    {
        var data = alert.GetProperty("data");
        var changes = data.GetProperty("changes").GetArrayLength();
        var line = $"webhook {alert.GetProperty("type").GetString()}: {data.GetProperty("endpoint").GetProperty("id").GetString()}, "
            + $"{data.GetProperty("incident").GetProperty("kind").GetString()}"
            + (changes > 0 ? $", {changes} change{(changes == 1 ? "" : "s")} of the tools" : "")
            + (data.GetProperty("failure") is { ValueKind: JsonValueKind.Object } failure ? $", {failure.GetProperty("message").GetString()}" : "");
        // A message may quote what a server said: nothing of it may steer the terminal.
        return new string([.. line.Select(c => char.IsControl(c) ? ' ' : c)]);
    }
}
