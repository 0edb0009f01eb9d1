using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Communication.Email;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using EmailAddress = Azure.Communication.Email.EmailAddress;

namespace McpProbe.Functions.Alerts;

/// <summary>
/// E-mail over Azure Communication Services. The operation id is made from alert and channel, so that a repeated send is
/// the same operation to the service. The service allows few status reads an hour: a send that it has accepted and not yet
/// finished is asked about again at the delivery's next attempt.
/// </summary>
public sealed class AcsEmailChannel(EmailClient client, string sender, Uri? pages, TimeProvider time, TimeZoneInfo? zone = null)
{
    /// <summary>Between accepting and knowing, in the service's experience seconds to a minute.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(2);

    public async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        if ((alert.To ?? channel.To) is not { Count: > 0 } to)
            return SendOutcome.Refused($"channel '{channel.Name}' has no recipients: set its 'to'");

        var outcome = await SendAsync(channel, alert, to, cancellationToken);
        // The service refuses a message as a whole over one recipient: then each gets one of their own.
        return outcome.Status is SendStatus.Refused && to.Count > 1 ? await SendToEachAsync(channel, alert, to, cancellationToken) : outcome;
    }

    private async Task<SendOutcome> SendToEachAsync(Channel channel, Alert alert, IReadOnlyList<string> to, CancellationToken cancellationToken)
    {
        var outcomes = new List<(string Address, SendOutcome Outcome)>();
        foreach (var address in to)
            outcomes.Add((address, await SendAsync(channel, alert, [address], cancellationToken)));
        var failed = outcomes.FindAll(each => each.Outcome.Status is not SendStatus.Delivered);
        if (failed.Count == 0)
            return SendOutcome.Delivered;
        var error = string.Join("; ", failed.Select(each => $"{each.Address}: {each.Outcome.Error}"));
        var later = failed.FindAll(each => each.Outcome.Status is SendStatus.Retry);
        return later.Count > 0
                ? SendOutcome.Retry(error, later.Max(each => each.Outcome.RetryAt)) with { Unreached = [.. later.Select(each => each.Address)] }
            : failed.Count == to.Count ? SendOutcome.Refused(error)
            : SendOutcome.Delivered with { Error = $"{error}; the other recipients have it" };
    }

    private async Task<SendOutcome> SendAsync(Channel channel, Alert alert, IReadOnlyList<string> to, CancellationToken cancellationToken)
    {
        var mail = AlertMail.Of(AlertMessage.Of(alert, pages, zone));
        var message = new EmailMessage(
            sender,
            new EmailRecipients([.. to.Select(address => new EmailAddress(address))]),
            new EmailContent(mail.Subject) { PlainText = mail.Text, Html = mail.Html });
        // The service gives each message an id of its own; what it tells of keeps the incident together all the same.
        if (MailThread.Of(alert, sender).References is { Count: > 0 } references)
            message.Headers.Add("References", string.Join(' ', references.Select(id => $"<{id}>")));
        // An operation that failed stays failed under its id, so a part of the recipients is another one.
        var part = to.SequenceEqual(channel.To) ? "" : $"\n{string.Join('\n', to)}";
        try
        {
            var operation = await client.SendAsync(
                WaitUntil.Started, message, OperationId(alert.Id, channel.Name + part), cancellationToken);
            if (!operation.HasCompleted)
                await operation.UpdateStatusAsync(cancellationToken);
            return operation.HasCompleted
                ? SendOutcome.Delivered
                : SendOutcome.Retry("the e-mail service has accepted it and not sent it yet", time.GetUtcNow() + AskAgain);
        }
        catch (RequestFailedException exception)
        {
            return Judge(exception);
        }
    }

    /// <summary>The same for every repeat (RFC 9562, 5.8: version 8, free content).</summary>
    internal static Guid OperationId(string alertId, string channel)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{alertId}\n{channel}"), hash);
        hash[6] = (byte)(hash[6] & 0x0F | 0x80);
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    // An operation that failed stays failed under its id; a request that was turned down did not become one.
    private SendOutcome Judge(RequestFailedException exception)
    {
        var error = $"the e-mail service answered {exception.Status} {exception.ErrorCode}".TrimEnd();
        return exception switch
        {
            { Status: 429 or >= 500 } => SendOutcome.Retry(error, RetryAfter(exception.GetRawResponse())),
            { ErrorCode: "EmailDroppedAllRecipientsSuppressed" } => SendOutcome.Refused(
                $"{error}: every recipient is on the service's suppression list; take them off it, or name others"),
            { Status: 0 or 401 or 403 or 404 or 408 } => SendOutcome.Retry(error),
            _ => SendOutcome.Refused(error),
        };
    }

    private DateTimeOffset? RetryAfter(Response? response)
    {
        if (response is null || !response.Headers.TryGetValue("Retry-After", out var value))
            return null;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return time.GetUtcNow().AddSeconds(seconds);
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
    }
}
