using McpProbe.Alerts;

namespace McpProbe.Functions.Alerts;

/// <summary>The one place that knows which channel is sent how.</summary>
/// <param name="service">Null when the app has no e-mail service (<c>Email__endpoint</c>).</param>
public sealed class AlertSender(WebhookSender webhooks, SmtpEmailChannel smtp, AcsEmailChannel? service)
{
    public Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken) => channel switch
    {
        { Type: ChannelType.Webhook } => webhooks.SendAsync(channel, alert, cancellationToken),
        { Url.Length: > 0 } => smtp.SendAsync(channel, alert, cancellationToken),
        _ when service is not null => service.SendAsync(channel, alert, cancellationToken),
        _ => Task.FromResult(SendOutcome.Retry(
            $"channel '{channel.Name}' needs an e-mail service: set {AppSettings.EmailEndpoint} and {AppSettings.EmailSender}, or give the channel an smtp:// address")),
    };
}
