using System.Diagnostics.CodeAnalysis;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Alerts.Senders;

/// <summary>The one place that knows which channel is sent how; its <see cref="SendAsync"/> is a head's <see cref="SendAlert"/>.</summary>
public sealed class ChannelSender : IDisposable
{
    private readonly HttpMessageInvoker _client = AlertHttp.CreateClient();
    private readonly AlertHttp _http;
    private readonly SmtpEmailChannel _smtp;
    private readonly Func<string, string?> _secrets;
    private readonly Uri? _pages;
    private readonly TimeProvider _time;
    private readonly SendAlert? _mailService;

    /// <param name="secrets">Resolves <c>${env:NAME}</c> in a channel's address and secret at each send, so that a rotated secret needs no restart.</param>
    /// <param name="pages">Where this McpProbe's pages are, for links; null leaves the links out.</param>
    /// <param name="mailFrom">The sender of e-mail channels that name none.</param>
    /// <param name="mailService">Sends the e-mail channels without an address; null where the head has no such service.</param>
    public ChannelSender(
        Func<string, string?> secrets, Uri? pages, TimeProvider time, string? mailFrom = null, SendAlert? mailService = null)
    {
        var sender = new ResilientSender(time);
        _http = new AlertHttp(_client, sender, time);
        _smtp = new SmtpEmailChannel(sender, mailFrom);
        (_secrets, _pages, _time, _mailService) = (secrets, pages, time, mailService);
    }

    /// <summary>Whose times stand beside those of UTC in messages; null for none.</summary>
    public TimeZoneInfo? Zone { get; set; }

    /// <summary>Sends one message to one channel, once.</summary>
    public Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        if (channel is { Type: ChannelType.Email, Url.Length: 0 })
            return _mailService?.Invoke(channel, alert, cancellationToken) ?? Task.FromResult(SendOutcome.Retry(
                $"channel '{channel.Name}' needs an smtp:// address (on Azure: or an e-mail service, with Email__endpoint and Email__sender set)"));
        return TryResolve(channel, out var address, out var secret, out var mistake)
            ? SendToAsync(channel, alert, address, secret, cancellationToken)
            : Task.FromResult(SendOutcome.Retry(mistake));
    }

    public void Dispose() => _client.Dispose();

    private async Task<SendOutcome> SendToAsync(Channel channel, Alert alert, string address, string? secret, CancellationToken cancellationToken)
    {
        if (channel.Type is ChannelType.Email)
            return await _smtp.SendAsync(channel, address, secret, alert, MessageOf(alert), cancellationToken);
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            return SendOutcome.Retry($"the address of channel '{channel.Name}' is not an absolute http or https URL");
        if (Posts(channel.Type, url, secret, alert, out var mistake) is not { } posts)
            return SendOutcome.Retry($"channel '{channel.Name}': {mistake}");

        var outcome = SendOutcome.Delivered;
        foreach (var post in posts)
        {
            outcome = await _http.PostAsync(post, cancellationToken);
            if (outcome.Status is not SendStatus.Delivered)
                break;
        }

        return outcome;
    }

    /// <summary>What to post, in this order; null with the mistake that stands in the way.</summary>
    private List<AlertPost>? Posts(ChannelType type, Uri url, string? secret, Alert alert, out string? mistake)
    {
        mistake = null;
        switch (type)
        {
            case ChannelType.Webhook:
                IReadOnlyList<byte[]> keys = [];
                return secret is not null && !WebhookSignature.TryReadKeys(secret, out keys, out mistake)
                    ? null
                    : [WebhookPost.Of(url, keys, Only(alert), _pages, _time.GetUtcNow())];
            case ChannelType.Pagerduty when string.IsNullOrWhiteSpace(secret):
                mistake = "it has no routing key; set its 'secret' to the integration key of an Events API v2 integration";
                return null;
            case ChannelType.Pagerduty:
                return PagerDutyEvent.Of(Only(alert), MessageOf(alert), secret)
                    .Select(body => new AlertPost(url, body, AlertReceiver.Service) { Credential = secret }).ToList();
            case ChannelType.Ntfy:
                return NtfyMessage.PostOf(url, secret, MessageOf(alert), out mistake) is { } post ? [post] : null;
            case ChannelType.Slack:
                return [new AlertPost(url, SlackMessage.Write(MessageOf(alert)), AlertReceiver.OwnsItsAddresses)];
            case ChannelType.Discord:
                return [new AlertPost(DiscordMessage.Confirmed(url), DiscordMessage.Write(MessageOf(alert)), AlertReceiver.OwnsItsAddresses)];
            case ChannelType.Teams:
                return [new AlertPost(url, TeamsCard.Write(MessageOf(alert)), AlertReceiver.Service)];
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "no such channel is posted to");
        }
    }

    private bool TryResolve(
        Channel channel, out string address, out string? secret, [NotNullWhen(false)] out string? mistake)
    {
        var url = channel is { Type: ChannelType.Pagerduty, Url.Length: 0 } ? PagerDutyEvent.Address : channel.Url;
        string? missing;
        secret = null;
        if (!SecretReference.TryResolve(url, _secrets, out address, out missing)
            || (channel.Secret is not null && !SecretReference.TryResolve(channel.Secret, _secrets, out secret!, out missing)))
        {
            mistake = $"channel '{channel.Name}' needs {SecretReference.WhyMissing(missing!)}";
            return false;
        }

        mistake = null;
        return true;
    }

    private AlertMessage MessageOf(Alert alert) => AlertMessage.Of(alert, _pages, Zone);

    /// <summary>Channels that machines read take one transition a message: nothing gathers for them.</summary>
    private static Transition Only(Alert alert) => alert.Transitions.Single();
}
