using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using McpProbe.Alerts;
using McpProbe.Incidents;
using MimeKit;

namespace McpProbe.Functions.Alerts;

/// <summary>
/// E-mail over any SMTP server: <c>smtp://user@host:587</c> (STARTTLS before any password) or <c>smtps://user@host:465</c>.
/// The message id is the transition's, so that a mailbox recognises a repeat.
/// </summary>
/// <param name="sender">Null when no sender is set; then the recipient's own address is not made up.</param>
public sealed class SmtpEmailChannel(string? sender, Func<string, string?> secrets, Uri? pages, TimeProvider time)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Which certificates to trust, for tests; null trusts what the system trusts.</summary>
    internal RemoteCertificateValidationCallback? Trust { get; init; }

    public async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        var transition = alert.Transitions[0];
        if (!SecretReference.TryResolve(channel.Url, secrets, out var address, out var missing)
            || !SecretReference.TryResolve(channel.Secret ?? "", secrets, out var password, out missing))
            return SendOutcome.Retry($"channel '{channel.Name}' needs {SecretReference.WhyMissing(missing!)}");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var server) || server.Scheme is not ("smtp" or "smtps"))
            return SendOutcome.Retry($"the address of channel '{channel.Name}' is not smtp://user@host:port or smtps://user@host:port");
        if (channel.To is not { Count: > 0 })
            return SendOutcome.Refused($"channel '{channel.Name}' has no recipients: set its 'to'");
        if (sender is null)
            return SendOutcome.Retry($"channel '{channel.Name}' has no sender: set {AppSettings.EmailSender}");

        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => attempt.Cancel(), null, AttemptTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            using var message = Write(sender, channel.To, transition);
            await SendAsync(server, password, message, attempt.Token);
            return SendOutcome.Delivered;
        }
        catch (ParseException exception)
        {
            return SendOutcome.Refused($"an address of channel '{channel.Name}' is no e-mail address: {exception.Message}");
        }
        // RFC 5321, 4.2.1: 5yz says that repeating is of no use.
        catch (SmtpCommandException exception) when ((int)exception.StatusCode >= 500)
        {
            return SendOutcome.Refused($"{server.Host} answered {(int)exception.StatusCode}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SendOutcome.Retry($"{server.Host} did not answer within {AttemptTimeout.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is ProtocolException or CommandException or SocketException or IOException
            or AuthenticationException or SslHandshakeException or NotSupportedException)
        {
            return SendOutcome.Retry($"could not send through {server.Host}: {exception.Message}");
        }
    }

    private MimeMessage Write(string from, IReadOnlyList<string> to, Transition transition)
    {
        var text = AlertText.Of(transition, pages);
        var message = new MimeMessage
        {
            Subject = text.Subject,
            Date = transition.At,
            MessageId = $"{transition.Id}@mcpprobe",
            Body = new TextPart("plain") { Text = text.Body },
        };
        message.From.Add(MailboxAddress.Parse(from));
        message.To.AddRange(to.Select(MailboxAddress.Parse));
        return message;
    }

    private async Task SendAsync(Uri server, string password, MimeMessage message, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient { ServerCertificateValidationCallback = Trust };
        var (implicitTls, credentials) = (server.Scheme == "smtps", server.UserInfo.Length > 0);
        var security = (implicitTls, credentials) switch
        {
            (true, _) => SecureSocketOptions.SslOnConnect,
            (_, true) => SecureSocketOptions.StartTls,
            _ => SecureSocketOptions.StartTlsWhenAvailable,
        };
        var port = server.Port > 0 ? server.Port : implicitTls ? 465 : 587;
        await client.ConnectAsync(server.Host, port, security, cancellationToken);
        if (credentials)
            await client.AuthenticateAsync(Uri.UnescapeDataString(server.UserInfo), password, cancellationToken);
        await client.SendAsync(message, cancellationToken);
        await client.DisconnectAsync(quit: true, cancellationToken);
    }
}
