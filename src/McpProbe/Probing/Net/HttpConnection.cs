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
internal sealed class HttpConnection : IDisposable
{
    /// <summary>So that a kept connection does not stick to an address that the name has left.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly bool _insecure;
    private readonly HttpMessageInvoker _invoker;
    private readonly List<Stream> _streams = [];
    private ProbeRun _run;
    private Dialer _dialer;
    private CancellationToken _sending;
    private long _tlsStarted;
    private string? _certificateFault;

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

    /// <summary>The step of connection set-up under way; null when none is.</summary>
    public Phase? Step => _dialer.Step;

    /// <summary>Makes it the connection of another attempt, when the one before is over.</summary>
    [MemberNotNull(nameof(_run), nameof(_dialer), nameof(Timings))]
    public void Begin(ProbeRun run)
    {
        _run = run;
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
            return await _invoker.SendAsync(request, cancellationToken);
        }
        catch (Exception error) when (ToFailure(error) is { } failure)
        {
            throw new ProbeFailedException(failure);
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
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } tls => new(FailureKind.Tls, Phase.Tls,
                _certificateFault ?? $"The TLS handshake failed ({_run.Foreign((tls.InnerException ?? tls).Message)}); check that the port speaks TLS."),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
                or HttpIOException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new(FailureKind.TooLarge, null,
                "The answer's headers are too large; look at what stands in front of the server."),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
                or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => new(FailureKind.NotMcp, null,
                "The answer is not valid HTTP; check that the URL names an MCP server's HTTP endpoint."),
            InvalidDataException => new(FailureKind.NotMcp, null,
                "The answer is not compressed as its Content-Encoding says; look at what stands in front of the server."),
            HttpRequestException or IOException or SocketException => new(FailureKind.Reset, null,
                "The connection was closed before the answer was complete; look at the server's log for a crash or a restart."),
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
        var stream = new NetworkStream(await _dialer.ConnectAsync(either.Token), ownsSocket: true);
        lock (_streams)
        {
            _streams.RemoveAll(closed => !closed.CanRead);
            _streams.Add(stream);
        }

        _tlsStarted = _run.Time.GetTimestamp();
        _dialer.Step = context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps ? Phase.Tls : null;
        return stream;
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
            var notAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
            Certificate = new CertificateInfo(
                _run.Foreign(certificate.Subject),
                _run.Foreign(certificate.Issuer),
                notAfter,
                (int)Math.Floor((notAfter - _run.Time.GetUtcNow()).TotalDays));
        }

        _certificateFault = errors is SslPolicyErrors.None ? null : FaultOf(errors, chain);
        return errors is SslPolicyErrors.None || _insecure;
    }

    private string FaultOf(SslPolicyErrors errors, X509Chain? chain)
    {
        if (Certificate is null)
            return "The server showed no TLS certificate; install one.";
        if (Certificate.NotAfter < _run.Time.GetUtcNow())
            return string.Create(CultureInfo.InvariantCulture, $"The TLS certificate expired at {Certificate.NotAfter:u}; renew it.");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"The TLS certificate ({Certificate.Subject}) is for another host name; install one for the URL's.";

        var status = chain?.ChainStatus.FirstOrDefault(status => status.Status is not X509ChainStatusFlags.NoError).Status;
        return $"The TLS certificate ({Certificate.Subject}) is not trusted ({status}); "
            + (Tls.Authorities is null ? "install its whole chain, or trust its issuer." : "install its whole chain, or add its root to the endpoint's tls.ca, which is trusted instead of the system's authorities.");
    }

    private Failure CertificateRefused(string alert) => Tls.Client is null
        ? new(_run.Endpoint.HasCredentials ? FailureKind.AuthFailed : FailureKind.Gated, Phase.Tls,
            $"The server asks for a client certificate (TLS alert {alert}); give the endpoint tls.certificate and tls.key.")
        : new(FailureKind.AuthFailed, Phase.Tls,
            $"The server refused the client certificate (TLS alert {alert}); check that the server trusts its issuer and that it is complete and not expired or revoked.");

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
