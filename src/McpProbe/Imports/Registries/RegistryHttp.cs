using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Probing.Net;
using McpProbe.Probing.Run;
using McpProbe.Text;

namespace McpProbe.Imports.Registries;

/// <summary>
/// Asks one registry, politely: one request at a time, apart from each other, by a name that says whom to ask, and again only when and as often
/// as it may. No redirects (a key goes to the named host only), no cookies, no proxy; every answer bounded in bytes and time.
/// </summary>
internal sealed class RegistryHttp : IDisposable
{
    private readonly HttpClient _http;
    private readonly RegistryAddress _registry;
    private readonly ImportLimits _limits;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _whole;
    private bool _hasAsked;

    public RegistryHttp(RegistryAddress registry, ImportLimits limits, TimeProvider time)
    {
        (_registry, _limits, _time) = (registry, limits, time);
        _whole = new CancellationTokenSource(limits.Whole, time);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.All,
            MaxResponseHeadersLength = 64,
            ConnectCallback = async (context, cancellationToken) => new NetworkStream(
                await ConnectAsync(context.DnsEndPoint, cancellationToken), ownsSocket: true),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan, // Each request has its own.
        };
    }

    public void Dispose()
    {
        _http.Dispose();
        _whole.Dispose();
    }

    /// <summary>What one path answers.</summary>
    /// <param name="path">Relative to the base address, with its query.</param>
    /// <returns>Null when there is no such thing (404).</returns>
    public async Task<JsonDocument?> FindAsync(string path, CancellationToken cancellationToken)
    {
        var url = new Uri(_registry.Base, path);
        for (var attempt = 1; ; attempt++)
        {
            if (_hasAsked)
                await WaitAsync(_limits.Pace * (1 + Random.Shared.NextDouble() / 2), cancellationToken);
            _hasAsked = true;
            var (document, wait) = await AskAsync(url, attempt == _limits.Tries, cancellationToken);
            if (wait is null)
                return document;
            await WaitAsync(wait.Value, cancellationToken);
        }
    }

    /// <summary>As <see cref="FindAsync"/>, where something must be.</summary>
    public async Task<JsonDocument> GetAsync(string path, CancellationToken cancellationToken) =>
        await FindAsync(path, cancellationToken)
        ?? throw ImportFailedException.WrongAnswer($"{_registry} answered 404: there is no registry of this kind. Check its base address.");

    /// <returns>The answer (null for 404), or how long to wait before it is asked again.</returns>
    private async Task<(JsonDocument? Document, TimeSpan? Wait)> AskAsync(Uri url, bool isLast, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_limits.Request, _time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token, _whole.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("User-Agent", _registry.UserAgent);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        foreach (var (name, value) in _registry.Credentials)
            request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, any.Token);
            if (response.StatusCode is HttpStatusCode.NotFound)
                return (null, null);
            if (Judge(response, isLast) is { } wait)
                return (null, wait);
            return (await ReadAsync(response, any.Token), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ImportFailedException.Unreachable(_whole.IsCancellationRequested
                ? $"{_registry} took longer than {Durations.Format(_limits.Whole)} for all of it; import less with --limit or --search."
                : $"{_registry} did not answer within {Durations.Format(_limits.Request)}; try again later.");
        }
        // It was reached, and what came was no HTTP, or not all of it.
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse or HttpRequestError.Unknown)
        {
            throw BrokenOff();
        }
        catch (HttpRequestException failure)
        {
            throw ImportFailedException.Unreachable($"{_registry} cannot be reached ({Reason(failure)}); check its base address and the network.");
        }
        catch (IOException)
        {
            throw BrokenOff();
        }
    }

    private ImportFailedException BrokenOff() => ImportFailedException.WrongAnswer($"{_registry} broke off in the middle of an answer; try again later.");

    /// <summary>Null when the answer is to be read.</summary>
    private TimeSpan? Judge(HttpResponseMessage response, bool isLast)
    {
        var said = $"{_registry} answered {(int)response.StatusCode}";
        switch ((int)response.StatusCode)
        {
            case 200:
                return null;
            case >= 300 and < 400:
                var to = response.Headers.Location is { } location ? $" to {ForeignText.Brief(WithoutSecrets(new Uri(_registry.Base, location)))}" : "";
                throw ImportFailedException.WrongAnswer($"{said}, a redirect{to}, which is not followed; give the registry's final address.");
            case 401 or 403:
                throw new ImportFailedException(ExitCodes.Credentials, _registry.Credentials.Count == 0
                    ? $"{said}: it wants a key; name the variable that holds one with --key-env (in a probes file: 'key')."
                    : $"{said}: it does not take the key; check it.");
            case 429 or 500 or 502 or 503 or 504:
                var wait = RetryAfter(response);
                if (!isLast && (wait ?? TimeSpan.Zero) <= _limits.LongestWait)
                    return wait ?? TimeSpan.FromSeconds(2) * (1 + Random.Shared.NextDouble());
                throw ImportFailedException.Unreachable(wait is { } asked
                    ? $"{said} and asks to come back in {Durations.Format(TimeSpan.FromSeconds(Math.Ceiling(asked.TotalSeconds)))}; import again then."
                    : $"{said} {_limits.Tries} times; try again later.");
            default:
                throw ImportFailedException.WrongAnswer($"{said}; check its base address, and that it is a registry of this kind.");
        }
    }

    private async Task<JsonDocument> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), _limits.PageBytes);
            using var content = await PooledBuffer.ReadToEndAsync(body, cancellationToken);
            return Parse(content.Span, response.Content.Headers.ContentType?.MediaType);
        }
        catch (ProbeFailedException)
        {
            throw ImportFailedException.WrongAnswer($"{_registry} answered with more than {_limits.PageBytes >> 20} MiB at once, which is no page of a registry.");
        }
    }

    private JsonDocument Parse(ReadOnlySpan<byte> body, string? mediaType)
    {
        if (mediaType is "text/html" || body.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..])
            throw ImportFailedException.WrongAnswer($"{_registry} answered with a web page instead of JSON; check its base address.");
        try
        {
            return JsonDocument.Parse(body.ToArray(), JsonRead.Strict);
        }
        catch (JsonException)
        {
            throw ImportFailedException.WrongAnswer($"{_registry} answered with what is not JSON, or only half of it ({body.Length} bytes); try again later.");
        }
    }

    private Task WaitAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        wait > TimeSpan.Zero ? Task.Delay(wait, _time, cancellationToken) : Task.CompletedTask;

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    private static string WithoutSecrets(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static string Reason(HttpRequestException failure) => failure.InnerException switch
    {
        SocketException socket => socket.SocketErrorCode.ToString(),
        AuthenticationException => "its TLS certificate is not trusted, or TLS failed",
        IOException { InnerException: null } refused => ForeignText.Brief(refused.Message),
        _ => failure.HttpRequestError.ToString(),
    };

    // As alerts: the operator names the registry, so private addresses are allowed and the metadata services never.
    private static async ValueTask<Socket> ConnectAsync(DnsEndPoint to, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(to.Host, cancellationToken);
        var allowed = Array.FindAll(addresses, address => AddressPolicy.Refusal(address, AddressRule.AllowPrivate) is null);
        if (allowed.Length == 0)
            throw new IOException("it is at an address that nothing may connect to");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, to.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>Where a registry is, and how we show ourselves there.</summary>
/// <param name="Base">Ends in a slash.</param>
/// <param name="Credentials">Headers with keys, which go nowhere else.</param>
internal sealed record RegistryAddress(Uri Base, string UserAgent, IReadOnlyDictionary<string, string> Credentials)
{
    public override string ToString() => Base.GetLeftPart(UriPartial.Path).TrimEnd('/');
}
