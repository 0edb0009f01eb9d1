// Declarations only: what the head uses of Azure.Communication.Email 1.x, in its own namespace.
using Azure.Core;

namespace Azure.Communication.Email;

public class EmailClientOptions : ClientOptions;

public class EmailClient
{
    protected EmailClient()
    {
    }

    public EmailClient(Uri endpoint, TokenCredential credential, EmailClientOptions? options = null) =>
        throw new NotSupportedException("This build has only the signatures of Azure.Communication.Email.");

    public virtual Task<EmailSendOperation> SendAsync(
        WaitUntil wait, EmailMessage message, Guid operationId, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();
}

public class EmailMessage(string senderAddress, EmailRecipients recipients, EmailContent content)
{
    public string SenderAddress { get; } = senderAddress;

    public EmailRecipients Recipients { get; } = recipients;

    public EmailContent Content { get; } = content;

    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>();
}

public class EmailRecipients(
    IEnumerable<EmailAddress>? to = null, IEnumerable<EmailAddress>? cc = null, IEnumerable<EmailAddress>? bcc = null)
{
    public IList<EmailAddress> To { get; } = [.. to ?? []];

    public IList<EmailAddress> CC { get; } = [.. cc ?? []];

    public IList<EmailAddress> BCC { get; } = [.. bcc ?? []];
}

public readonly struct EmailAddress(string address)
{
    public string Address { get; } = address;
}

public class EmailContent(string subject)
{
    public string Subject { get; } = subject;

    public string? PlainText { get; set; }

    public string? Html { get; set; }
}

public class EmailSendOperation : Operation<EmailSendResult>
{
    protected EmailSendOperation()
    {
    }

    public override string Id => throw new NotSupportedException();

    public override bool HasCompleted => throw new NotSupportedException();

    public override bool HasValue => throw new NotSupportedException();

    public override EmailSendResult Value => throw new NotSupportedException();

    public override Response GetRawResponse() => throw new NotSupportedException();

    public override Response UpdateStatus(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override ValueTask<Response> UpdateStatusAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

public class EmailSendResult
{
    internal EmailSendResult()
    {
    }
}
