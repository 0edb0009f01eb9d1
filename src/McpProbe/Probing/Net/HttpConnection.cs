using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing.Run;

namespace McpProbe.Probing.Net;

/// <summary>
/// HTTP to one server, and to no other: no proxy, no redirects, no cookies, no headers of our own tracing. Times the set-up of
/// its connections, checks their addresses, and reads the certificate.
/// </summary>
/// <remarks>Longer than other files: what a failure is called depends on all that the connection saw while it was set up.</remarks>
internal sealed class HttpConnection : IDisposable
{
    /// <summary>So that a kept connection does not stick to an address that the name has left.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(1);

    private readonly bool _insecure;
    private readonly HttpMessageInvoker _invoker;
    private readonly List<Stream> _streams = [];
    private ProbeRun _run;
    private Dialer _dialer;
    private CancellationToken _sending;
    private long _tlsStarted;
    private string? _certificateFault;
    private FirstBytesStream? _socket;
    private bool _isTls;
    private bool _looked;

    /// <param name="insecure">Whether any certificate of the server will do.</param>
    public HttpConnection(ProbeRun run, ConnectTarget target, TlsMaterial tls, bool insecure)
    {
        Target = target;
        (Tls, _insecure) = (tls, insecure);
        Begin(run);
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
            // What a server sends after its answer is worth a few packets, to keep the connection, and no more.
            MaxResponseDrainSize = 64 * 1024,
            PooledConnectionLifetime = Lifetime,
            ConnectCallback = ConnectAsync,
            PlaintextStreamFilter = ConnectedAsync,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = CheckCertificate,
                CertificateChainPolicy = ChainPolicy(tls.Authorities),
                ClientCertificateContext = tls.Client,
                // A new client has no session to resume, and a resumed one would not show our certificate again.
                AllowTlsResume = false,
            },
        });
    }

    public ConnectTarget Target { get; }

    /// <summary>Whom it trusts, and what it shows of us.</summary>
    public TlsMaterial Tls { get; }

    /// <summary>What this attempt's connections took; nothing when it found one open.</summary>
    public ConnectTimings Timings { get; private set; }

    /// <summary>The certificate that the server showed last, a refused one too; null without TLS.</summary>
    public CertificateInfo? Certificate { get; private set; }

    /// <summary>The address that was connected to last; null before the first connection.</summary>
    public IPAddress? Address { get; private set; }

    /// <summary>Has the system look every half minute whether the other side is still there: for streams on which nothing may come for hours.</summary>
    public bool KeepsWatch { get; init; }

    /// <summary>The step of connection set-up under way; null when none is.</summary>
    public Phase? Step => _dialer.Step;

    /// <summary>Makes it the connection of another attempt, when the one before is over.</summary>
    [MemberNotNull(nameof(_run), nameof(_dialer), nameof(Timings))]
    public void Begin(ProbeRun run)
    {
        _run = run;
        _looked = false;
        Timings = new ConnectTimings();
        _dialer = new Dialer(run, Target, Timings);
    }

    /// <summary>Sends a request; returns when the answer's headers are there. One request at a time makes connections.</summary>
    /// <exception cref="ProbeFailedException">There was no HTTP answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _sending = cancellationToken;
        try
        {
            var response = await _invoker.SendAsync(request, cancellationToken);
            _looked = true;
            return response;
        }
        catch (Exception error) when (ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(await LookAgainAsync(failure, request.RequestUri!, cancellationToken) ?? failure);
        }
    }

    /// <summary>The failure that an error of the network means, while sending or in the middle of an answer; null for other errors.</summary>
    public Failure? ToFailure(Exception error)
    {
        for (var inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is ProbeFailedException failed)
                return failed.Failure;
        }

        if (_sending.IsCancellationRequested || error is OperationCanceledException)
            return null;

        if (TlsAlert.AboutOurCertificate(error) is { } alert)
            return CertificateRefused(alert);

        return error switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } tls => TlsFailure(tls),
            _ when !_isTls && _socket is { IsTls: true } => new(OfWrongProtocol(error), null, TlsPort()),
            _ when !_isTls && _socket is { IsHttp2: true } => Http2Only("it answers HTTP/1.1 with frames of HTTP/2"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
                or HttpIOException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new(FailureKind.TooLarge, null,
                $"The headers of the answer from {Target} are too large; look at what stands in front of the server."),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
                or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => new(FailureKind.NotMcp, null,
                $"{Target} does not answer with valid HTTP; check that the URL names an MCP server's HTTP endpoint."),
            InvalidDataException => new(FailureKind.NotMcp, null,
                $"{Target} answered with a body that is not compressed as its Content-Encoding says; look at what stands in front of the server."),
            HttpRequestException or IOException or SocketException => new(FailureKind.Reset, null,
                $"{Target} closed the connection before the answer was complete; look at the server's log for a crash or a restart."),
            _ => null,
        };
    }

    public void Dispose()
    {
        _invoker.Dispose();
        // Connections that hang in set-up or still drain an answer would outlive the handler.
        lock (_streams)
            _streams.ForEach(stream => stream.Dispose());
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // The handler's token is the pool's, which outlives the request that the connection is for.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _sending);
        var socket = await _dialer.ConnectAsync(either.Token);
        Address = (socket.RemoteEndPoint as IPEndPoint)?.Address;
        if (KeepsWatch)
            Watch(socket);
        var stream = _socket = new FirstBytesStream(socket);
        lock (_streams)
        {
            _streams.RemoveAll(closed => !closed.CanRead);
            _streams.Add(stream);
        }

        _tlsStarted = _run.Time.GetTimestamp();
        _isTls = context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps;
        _dialer.Step = _isTls ? Phase.Tls : null;
        return stream;
    }

    private static void Watch(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    private ValueTask<Stream> ConnectedAsync(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
    {
        if (context.PlaintextStream is SslStream tls)
        {
            Timings.Add(Phase.Tls, _run.MillisecondsSince(_tlsStarted));
            _run.Log($"tls {tls.SslProtocol} in {_run.Since(_tlsStarted)}");
        }

        _dialer.Step = null;
        return ValueTask.FromResult(context.PlaintextStream);
    }

    private bool CheckCertificate(object sender, X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors)
    {
        if (presented is X509Certificate2 certificate)
        {
            var first = EarliestIn(chain, certificate);
            var notAfter = new DateTimeOffset(first.NotAfter.ToUniversalTime());
            Certificate = new CertificateInfo(
                _run.Foreign(certificate.Subject),
                _run.Foreign(certificate.Issuer),
                notAfter,
                (int)Math.Floor((notAfter - _run.Time.GetUtcNow()).TotalDays))
            {
                ExpiresFirst = ReferenceEquals(first, certificate) ? null : Named(first),
            };
        }

        _certificateFault = errors is SslPolicyErrors.None ? null : FaultOf(errors, chain);
        return errors is SslPolicyErrors.None || _insecure;
    }

    private string FaultOf(SslPolicyErrors errors, X509Chain? chain)
    {
        if (Certificate is null)
            return $"{Target} showed no TLS certificate; install one.";
        if (FaultOfTime(chain) is { } fault)
            return fault;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"The TLS certificate of {Target} ({Certificate.Subject}) is for another host name; install one for the URL's.";

        var status = chain?.ChainStatus.FirstOrDefault(status => status.Status is not X509ChainStatusFlags.NoError).Status;
        return $"The TLS certificate of {Target} ({Certificate.Subject}) is not trusted ({status}); "
            + (Tls.Authorities is null ? "install its whole chain, or trust its issuer." : "install its whole chain, or add its root to the endpoint's tls.ca, which is trusted instead of the system's authorities.");
    }

    /// <summary>The certificate of the chain, the one that was shown among them, that ends first.</summary>
    private static X509Certificate2 EarliestIn(X509Chain? chain, X509Certificate2 shown)
    {
        var earliest = shown;
        for (var i = 1; i < (chain?.ChainElements.Count ?? 0); i++)
        {
            if (chain!.ChainElements[i].Certificate is var other && other.NotAfter < earliest.NotAfter)
                earliest = other;
        }

        return earliest;
    }

    private string Named(X509Certificate2 authority) =>
        $"{(authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData) ? "root" : "intermediate")} certificate {_run.Foreign(authority.Subject)}";

    /// <summary>Which certificate of the chain is not valid now; null when that is not the matter.</summary>
    private string? FaultOfTime(X509Chain? chain)
    {
        var now = _run.Time.GetUtcNow().UtcDateTime;
        for (var i = 0; i < (chain?.ChainElements.Count ?? 0); i++)
        {
            var certificate = chain!.ChainElements[i].Certificate;
            var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
            if (from <= now && now <= to)
                continue;
            var what = i == 0 ? $"The TLS certificate of {Target}" : $"The {Named(certificate)} in the TLS chain of {Target}";
            return now > to
                ? string.Create(CultureInfo.InvariantCulture, $"{what} expired at {to:u}; {(i == 0 ? "renew it" : "install the chain of a new one on the server")}.")
                : string.Create(CultureInfo.InvariantCulture, $"{what} is not valid before {from:u}; check what was installed, and the clocks of the server and the prober.");
        }

        return null;
    }

    private Failure TlsFailure(HttpRequestException error)
    {
        if (_certificateFault is null && TlsAlert.IsAboutProtocol(error))
            return Http2Only("it does not agree to HTTP/1.1 in the TLS handshake (alert no_application_protocol)") with { Phase = Phase.Tls };
        return new(FailureKind.Tls, Phase.Tls, _certificateFault ?? (_socket is { IsHttp: true }
            ? $"{Target} speaks plain HTTP, not TLS; give the endpoint an http:// URL, or the port that speaks TLS."
            : $"The TLS handshake with {Target} failed ({_run.Foreign((error.InnerException ?? error).Message)}); check that the port speaks TLS."));
    }

    private Failure Http2Only(string how) => new(FailureKind.HostRefused, null,
        $"{Target} speaks HTTP/2 only: {how}. Most MCP clients send HTTP/1.1; have it, or what stands before it, speak that too.");

    /// <summary>As it was called before anybody looked at the bytes.</summary>
    private static FailureKind OfWrongProtocol(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse }
            ? FailureKind.NotMcp : FailureKind.Reset;

    private string TlsPort() => $"{Target} speaks TLS on this port and was asked in plain HTTP; give the endpoint an https:// URL.";

    /// <summary>
    /// What a server speaks that closed the first connection without an answer: many servers of TLS hang up so on plain HTTP, and
    /// servers of HTTP/2 alone on HTTP/1.1. Looked at once an attempt, by TLS handshakes that carry nothing of the request.
    /// </summary>
    /// <returns>Null when nothing more is known.</returns>
    private async Task<Failure?> LookAgainAsync(Failure failure, Uri url, CancellationToken cancellationToken)
    {
        if (_looked || failure is not { Kind: FailureKind.Reset, Phase: null })
            return null;

        _looked = true;
        if (!_isTls)
            return _socket is { IsSilent: true } && await ShakeHandsAsync(url, null, cancellationToken) is not null ? failure with { Message = TlsPort() } : null;
        return await ShakeHandsAsync(url, SslApplicationProtocol.Http2, cancellationToken) == SslApplicationProtocol.Http2
            && await ShakeHandsAsync(url, SslApplicationProtocol.Http11, cancellationToken) != SslApplicationProtocol.Http11
            ? Http2Only("it closes the connection on HTTP/1.1, and agrees to HTTP/2 in the TLS handshake")
            : null;
    }

    /// <returns>The protocol that the server agreed to, which may be empty; null when there was no handshake.</returns>
    private async Task<SslApplicationProtocol?> ShakeHandsAsync(Uri url, SslApplicationProtocol? offered, CancellationToken cancellationToken)
    {
        var share = _run.Deadline.Remaining / 4;
        using var timer = new CancellationTokenSource(share < LookPatience ? share : LookPatience, _run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using var socket = await new Dialer(_run, Target, new ConnectTimings()).ConnectAsync(either.Token);
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = url.IdnHost,
                ApplicationProtocols = offered is { } protocol ? [protocol] : null,
#pragma warning disable CA5359 // Whether it speaks TLS at all is the question, and nothing is sent to it.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            }, either.Token);
            return tls.NegotiatedApplicationProtocol;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever the platform makes of it, it is no handshake.
            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    private Failure CertificateRefused(string alert) => Tls.Client is null
        ? new(_run.Endpoint.HasCredentials ? FailureKind.AuthFailed : FailureKind.Gated, Phase.Tls,
            $"{Target} asks for a client certificate (TLS alert {alert}); give the endpoint tls.certificate and tls.key.")
        : new(FailureKind.AuthFailed, Phase.Tls,
            $"{Target} refused the client certificate (TLS alert {alert}); check that the server trusts its issuer and that it is complete and not expired or revoked.");

    private static X509ChainPolicy ChainPolicy(X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // A server must not make the prober fetch certificates from addresses that it names.
            DisableCertificateDownloads = true,
        };
        if (authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }
}
