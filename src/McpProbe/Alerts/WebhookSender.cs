using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using McpProbe.Incidents;
using McpProbe.Probing;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace McpProbe.Alerts;

/// <summary>Sends a transition to a generic webhook, signed as Standard Webhooks says.</summary>
/// <param name="secrets">Resolves <c>${env:NAME}</c> in the channel's address and secret at each send, so that a rotated secret needs no restart.</param>
public sealed class WebhookSender(HttpMessageInvoker http, Func<string, string?> secrets, Uri? pages, TimeProvider time)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);

    // Only what a moment cures is tried again here; the delivery's own schedule does the rest.
    private readonly ResiliencePipeline<SendOutcome> _pipeline = new ResiliencePipelineBuilder<SendOutcome> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<SendOutcome>
        {
            MaxRetryAttempts = 1,
            Delay = TimeSpan.FromMilliseconds(500),
            UseJitter = true,
            ShouldHandle = new PredicateBuilder<SendOutcome>().Handle<HttpRequestException>(),
        })
        .AddTimeout(AttemptTimeout)
        .Build();

    /// <summary>
    /// A client for alerts: no redirects (a body meant for one host goes to no other), no proxy, no cookies, and no link-local
    /// addresses, whatever a name resolves to.
    /// </summary>
    public static HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectCallback = ConnectAsync,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    });

    public async Task<SendOutcome> SendAsync(Channel channel, Alert alert, CancellationToken cancellationToken)
    {
        var transition = alert.Transitions[0];
        if (!SecretReference.TryResolve(channel.Url, secrets, out var address, out var missing)
            || !SecretReference.TryResolve(channel.Secret ?? "", secrets, out var secret, out missing))
            return SendOutcome.Retry($"channel '{channel.Name}' needs {SecretReference.WhyMissing(missing!)}");
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            return SendOutcome.Retry($"the address of channel '{channel.Name}' is not an absolute http or https URL");

        IReadOnlyList<byte[]> keys = [];
        if (channel.Secret is not null && !WebhookSignature.TryReadKeys(secret, out keys, out var error))
            return SendOutcome.Retry($"channel '{channel.Name}': {error}");

        var id = WebhookId(transition);
        var body = WebhookBody.Write(transition, pages);
        try
        {
            return await _pipeline.ExecuteAsync(async token => await PostAsync(url, id, body, keys, token), cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            return SendOutcome.Retry($"could not reach {url.Host}: {exception.Message}");
        }
        catch (TimeoutRejectedException)
        {
            return SendOutcome.Retry($"{url.Host} did not answer within {AttemptTimeout.TotalSeconds} s");
        }
    }

    /// <summary>
    /// The same for every retry of a transition. The signed content joins id, time and body with dots, so the id has none; an
    /// endpoint id has no underscore, so the replacement is unambiguous.
    /// </summary>
    public static string WebhookId(Transition transition) => transition.Id.Replace('.', '_');

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => AddressPolicy.Refusal(address, AddressRule.AllowPrivate) is null);
        if (allowed.Length == 0)
            throw new HttpRequestException($"{host} is at {string.Join(", ", addresses.AsEnumerable())}; alerts may not be sent there");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<SendOutcome> PostAsync(
        Uri url, string id, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "McpProbe");
        request.Headers.TryAddWithoutValidation("webhook-id", id);
        request.Headers.TryAddWithoutValidation(
            "webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        if (keys.Count > 0)
            request.Headers.TryAddWithoutValidation("webhook-signature", WebhookSignature.Sign(keys, id, now, body.Span));

        using var response = await http.SendAsync(request, cancellationToken);
        return Judge(url, response, now);
    }

    // Any answer but 2xx is a failed delivery. Only two say that trying again is pointless: the receiver is gone for good
    // (410), or cannot take this body (413). A 404 or 401 is what a receiver in the middle of its own deployment answers.
    private static SendOutcome Judge(Uri url, HttpResponseMessage response, DateTimeOffset now)
    {
        var error = $"{url.Host} answered {(int)response.StatusCode}";
        return response switch
        {
            { IsSuccessStatusCode: true } => SendOutcome.Delivered,
            { StatusCode: HttpStatusCode.Gone } => SendOutcome.Refused($"{error}: the receiver is gone for good"),
            { StatusCode: HttpStatusCode.RequestEntityTooLarge } => SendOutcome.Refused($"{error}: the alert is too large for it"),
            _ => SendOutcome.Retry(error, RetryAfter(response, now)),
        };
    }

    private static DateTimeOffset? RetryAfter(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => now + delta,
        { Date: { } date } => date,
        _ => null,
    };
}
