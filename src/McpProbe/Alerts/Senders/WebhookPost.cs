using System.Globalization;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Messages;
using McpProbe.Model;

namespace McpProbe.Alerts.Senders;

/// <summary>The generic webhook, as the Standard Webhooks specification 1.0 says.</summary>
public static class WebhookPost
{
    /// <summary>
    /// The same for every retry of a transition. The signed content joins id, time and body with dots, so the id has none; an
    /// endpoint id has no underscore, so the replacement is unambiguous.
    /// </summary>
    public static string WebhookId(Transition transition) => transition.Id.Replace('.', '_');

    /// <param name="keys">Each signs; none leaves the message unsigned.</param>
    internal static AlertPost Of(Uri url, IReadOnlyList<byte[]> keys, Transition transition, Uri? pages, DateTimeOffset now)
    {
        var id = WebhookId(transition);
        var body = WebhookBody.Write(transition, pages);
        List<(string, string)> headers =
        [
            ("webhook-id", id),
            ("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        if (keys.Count > 0)
            headers.Add(("webhook-signature", WebhookSignature.Sign(keys, id, now, body.Span)));
        return new AlertPost(url, body, AlertReceiver.Anybody) { Headers = headers };
    }
}
