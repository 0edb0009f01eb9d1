using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Text;
using MimeKit;

namespace McpProbe.Alerts.Senders;

/// <summary>
/// E-mail over any SMTP server: <c>smtp://user@host:587</c> (STARTTLS before any password) or <c>smtps://user@host:465</c>.
/// </summary>
/// <param name="defaultFrom">The sender's address where the channel has none; null when there is none.</param>
internal sealed class SmtpEmailChannel(ResilientSender sender, string? defaultFrom)
{
    private const int SubmissionPort = 587; // RFC 6409
    private const int ImplicitTlsPort = 465; // RFC 8314

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Which certificates to trust, for tests; null trusts what the system trusts.</summary>
    internal RemoteCertificateValidationCallback? Trust { get; init; }

    /// <param name="address">The channel's, with its references resolved; so the password.</param>
    internal async Task<SendOutcome> SendAsync(
        Channel channel, string address, string? password, Alert alert, AlertMessage message, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server) || server.Scheme is not ("smtp" or "smtps"))
            return SendOutcome.Retry($"the address of channel '{channel.Name}' is not smtp://user@host:port or smtps://user@host:port");
        if (channel.To is not { Count: > 0 })
            return SendOutcome.Refused($"channel '{channel.Name}' has no recipients: set its 'to'");
        if ((channel.From ?? defaultFrom) is not { } from)
            return SendOutcome.Retry($"channel '{channel.Name}' has no sender: set its 'from' (on Azure: Email__sender)");

        if (!MailboxAddress.TryParse(from, out _))
            return SendOutcome.Refused($"the sender of channel '{channel.Name}' is no e-mail address: correct its 'from'");

        // What is no address is refused as the server would refuse it: it takes nobody else's mail.
        var to = alert.To ?? channel.To;
        var recipients = to.Select(address => MailboxAddress.TryParse(address, out var mailbox) ? mailbox : null).OfType<MailboxAddress>().ToList();
        List<string> wrong = [.. to.Where(address => !MailboxAddress.TryParse(address, out _)).Select(address => $"'{ForeignText.Brief(address)}' is no e-mail address")];
        if (recipients.Count == 0)
            return SendOutcome.Refused($"channel '{channel.Name}': {string.Join("; ", wrong)}; correct its 'to'");
        using var mail = Write(from, recipients, alert, message);
        var port = server.Port > 0 ? server.Port : server.Scheme is "smtps" ? ImplicitTlsPort : SubmissionPort;
        return await sender.SendAsync(
            new Destination(server.Host, port, AttemptTimeout),
            token => AttemptAsync(server, port, password ?? "", mail, wrong, token), cancellationToken);
    }

    private static MimeMessage Write(string from, IReadOnlyList<MailboxAddress> to, Alert alert, AlertMessage message)
    {
        var text = AlertMail.Of(message);
        var sender = MailboxAddress.Parse(from);
        var thread = MailThread.Of(alert, sender.Address);
        var mail = new MimeMessage
        {
            Subject = text.Subject,
            Date = alert.Transitions[^1].At,
            MessageId = thread.MessageId,
            Importance = message.Severity >= AlertSeverity.Critical ? MessageImportance.High : MessageImportance.Normal,
            // From the plainest to the richest (RFC 2046, 5.1.4).
            Body = new MultipartAlternative(
                new TextPart("plain") { Text = text.Text },
                new TextPart("html") { Text = text.Html }),
        };
        // Holiday notices need not answer (RFC 3834, 5).
        mail.Headers.Add(HeaderId.AutoSubmitted, "auto-generated");
        mail.References.AddRange(thread.References);
        mail.InReplyTo = thread.References is [var first, ..] ? first : null;
        mail.From.Add(sender);
        mail.To.AddRange(to);
        return mail;
    }

    /// <param name="wrong">Why some recipients are not among the mail's.</param>
    private async Task<Attempt> AttemptAsync(
        Uri server, int port, string password, MimeMessage mail, IReadOnlyList<string> wrong, CancellationToken cancellationToken)
    {
        try
        {
            return new Attempt(Judge(server.Host, await SendAsync(server, port, password, mail, cancellationToken), wrong));
        }
        // RFC 5321, 4.2.1: 5yz says that repeating is of no use.
        catch (SmtpCommandException exception)
        {
            var error = $"{server.Host} answered {(int)exception.StatusCode}: {ForeignText.Brief(exception.Message)}";
            return new Attempt((int)exception.StatusCode >= 500 ? SendOutcome.Refused(error) : SendOutcome.Retry(error));
        }
        // The server is well; the certificate or the password is not.
        catch (Exception exception) when (exception is AuthenticationException or SslHandshakeException or NotSupportedException)
        {
            return new Attempt(SendOutcome.Retry($"could not sign in to {server.Host}: {ForeignText.Brief(exception.Message)}"));
        }
        catch (Exception exception) when (exception is ProtocolException or CommandException or SocketException or IOException)
        {
            return new Attempt(SendOutcome.Retry($"could not send through {server.Host}: {ForeignText.Brief(exception.Message)}"), Transient: true);
        }
    }

    /// <summary>It has reached some: who was refused for now is tried again alone, and who was refused for good is told of.</summary>
    private static SendOutcome Judge(string host, IReadOnlyList<Refusal> refused, IReadOnlyList<string> wrong)
    {
        if (refused.Count == 0 && wrong.Count == 0)
            return SendOutcome.Delivered;
        var error = string.Join("; ", wrong.Concat(refused.Select(each => $"{host} refused {each.Address} with {each.Status}: {ForeignText.Brief(each.Response)}")))
            + "; the other recipients have it";
        string[] later = [.. refused.Where(each => each.Status < 500).Select(each => each.Address)];
        return later.Length > 0 ? SendOutcome.Retry(error) with { Unreached = later } : SendOutcome.Delivered with { Error = error };
    }

    /// <returns>The recipients that the server refused, when it took the mail for others.</returns>
    private async Task<IReadOnlyList<Refusal>> SendAsync(Uri server, int port, string password, MimeMessage mail, CancellationToken cancellationToken)
    {
        // Webhooks and browsers do not ask either whether a certificate was revoked: a company's own authority often has no list of them, and
        // one elsewhere cannot be reached from behind a firewall. Every mail would fail for it.
        using var client = new PatientClient { ServerCertificateValidationCallback = Trust, CheckCertificateRevocation = false };
        var credentials = server.UserInfo.Length > 0;
        var security = (server.Scheme is "smtps", credentials) switch
        {
            (true, _) => SecureSocketOptions.SslOnConnect,
            (_, true) => SecureSocketOptions.StartTls,
            _ => SecureSocketOptions.StartTlsWhenAvailable,
        };
        // The client owns it from here on.
        var socket = await AlertDialer.ConnectAsync(server.Host, port, cancellationToken);
        await client.ConnectAsync(socket, server.Host, port, security, cancellationToken);
        if (credentials)
            await client.AuthenticateAsync(Uri.UnescapeDataString(server.UserInfo), password, cancellationToken);
        await client.SendAsync(mail, cancellationToken);
        await client.DisconnectAsync(quit: true, cancellationToken);
        return client.Refused;
    }

    private sealed record Refusal(string Address, int Status, string Response);

    /// <summary>Goes on when one of several recipients is refused: the others' mail must not be lost over it (RFC 5321, 3.3).</summary>
    private sealed class PatientClient : SmtpClient
    {
        private readonly List<Refusal> _refused = [];

        public IReadOnlyList<Refusal> Refused => _refused;

        protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response) =>
            _refused.Add(new Refusal(mailbox.Address, (int)response.StatusCode, response.Response));

        protected override void OnNoRecipientsAccepted(MimeMessage message)
        {
            // One that may be taken later decides: the next attempt finds out of the others again.
            var refusal = _refused.Find(each => each.Status < 500) ?? _refused[0];
            throw new SmtpCommandException(
                SmtpErrorCode.RecipientNotAccepted, (SmtpStatusCode)refusal.Status, new MailboxAddress("", refusal.Address), refusal.Response);
        }
    }
}
