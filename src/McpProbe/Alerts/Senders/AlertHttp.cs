using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using McpProbe.Alerts.Deliveries;
using McpProbe.Alerts.Messages;
using McpProbe.Text;

namespace McpProbe.Alerts.Senders;

/// <summary>Posts alerts, and judges the answers.</summary>
internal sealed class AlertHttp(HttpMessageInvoker http, ResilientSender sender, TimeProvider time)
{
    // What the Standard Webhooks specification recommends at least.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(15);

    private const int MostReasonBytes = 1024;

    /// <summary>
    /// A client for alerts: no redirects (a body meant for one host goes to no other), no proxy, no cookies, and no link-local
    /// addresses, whatever a name resolves to.
    /// </summary>
    internal static HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = async (context, cancellationToken) => new NetworkStream(
            await AlertDialer.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken), ownsSocket: true),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    internal Task<SendOutcome> PostAsync(AlertPost post, CancellationToken cancellationToken) => sender.SendAsync(
        new Destination(post.Url.Host, post.Url.Port, AttemptTimeout), token => AttemptAsync(post, token), cancellationToken);

    private async Task<Attempt> AttemptAsync(AlertPost post, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, post.Url) { Content = new ReadOnlyMemoryContent(post.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "McpProbe");
        foreach (var (name, value) in post.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return Judge(post, response, await ReasonAsync(post, response, cancellationToken));
        }
        catch (HttpRequestException exception)
        {
            return new Attempt(SendOutcome.Retry($"could not reach {post.Url.Host}: {exception.Message}"), Transient: true);
        }
    }

    // Any answer but 2xx is a failed delivery. Few say that trying again is pointless: a 404 or 401 is what a receiver in the
    // middle of its own deployment answers, too.
    private Attempt Judge(AlertPost post, HttpResponseMessage response, string reason)
    {
        var error = $"{post.Url.Host} answered {(int)response.StatusCode}{reason}";
        var wait = RetryAfter(response);
        return response.StatusCode switch
        {
            _ when response.IsSuccessStatusCode => new Attempt(SendOutcome.Delivered),
            HttpStatusCode.Gone => new Attempt(SendOutcome.Gone(
                $"{error}: the receiver is gone for good; give the channel a new address, or send a test alert once it is back")),
            HttpStatusCode.NotFound when post.Receiver is AlertReceiver.OwnsItsAddresses => new Attempt(SendOutcome.Gone(
                $"{error}: the webhook was deleted there; make a new one and give the channel its address")),
            HttpStatusCode.RequestEntityTooLarge => new Attempt(SendOutcome.Refused($"{error}: the alert is too large for it")),
            HttpStatusCode.BadRequest when post.Receiver is not AlertReceiver.Anybody => new Attempt(SendOutcome.Refused(
                $"{error}: it does not take this alert; check the channel's address and secret, then send it again")),
            { } status => new Attempt(SendOutcome.Retry(error, time.GetUtcNow() + wait), Transient: (int)status >= 500, wait),
        };
    }

    /// <summary>The receiver's own words, where it has some: <c>: no_service</c>. Not when they repeat a secret to us.</summary>
    private static async Task<string> ReasonAsync(AlertPost post, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if ((int)response.StatusCode is < 400 or >= 500)
            return "";
        try
        {
            var bytes = new byte[MostReasonBytes];
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            var text = ForeignText.Brief(Encoding.UTF8.GetString(bytes, 0, length));
            return text.Length == 0 || text.StartsWith('<') || post.Secrets.Any(secret => text.Contains(secret, StringComparison.Ordinal))
                ? ""
                : $" ({text})";
        }
        // The status says enough.
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return "";
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };
}
