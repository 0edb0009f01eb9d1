using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using McpProbe.Tests.Probing.OAuth;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace McpProbe.Tests.Probing.Net;

/// <summary>Whom the probe trusts, and what it shows of itself, in the TLS handshake.</summary>
public sealed class MutualTlsTests : IDisposable
{
    private static readonly TestAuthority Authority = new();
    private static readonly TestAuthority Strangers = new("Strangers");

    private readonly Dictionary<string, string> _variables = [];
    private readonly ConcurrentQueue<string?> _shown = new();
    private readonly TempDirectory _directory = new();

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    private McpProber Prober => new(new ProberOptions { Secrets = name => _variables.GetValueOrDefault(name) }, TimeProvider.System);

    private static Endpoint To(string url, TlsSettings? tls = null) =>
        new() { Id = "mtls", Url = new Uri(url + "/mcp"), Tls = tls ?? TlsSettings.Default, Timeout = TimeSpan.FromSeconds(30) };

    private string Variable(string name, string text)
    {
        _variables[name] = text;
        return $"${{env:{name}}}";
    }

    private string File(string name, string text)
    {
        System.IO.File.WriteAllText(_directory.File(name), text);
        return _directory.File(name);
    }

    private TlsSettings Client(TestAuthority.Leaf leaf) => new()
    {
        Ca = Variable("CA", Authority.RootPem),
        Certificate = Variable("CERTIFICATE", leaf.Pem),
        Key = Variable("KEY", leaf.KeyPem),
    };

    /// <summary>A server below the intermediate that trusts clients of the same root, judged by what they send along.</summary>
    private static Action<KestrelServerOptions> Https(ClientCertificateMode mode = ClientCertificateMode.NoCertificate, string? host = null) => kestrel =>
    {
        var leaf = Authority.Issue("mcp server", host: host);
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ServerCertificate = X509Certificate2.CreateFromPem(leaf.Pem, leaf.KeyPem);
            https.ServerCertificateChain = [Authority.Intermediate];
            https.ClientCertificateMode = mode;
            https.ClientCertificateValidation = (certificate, sent, _) =>
            {
                using var chain = new X509Chain();
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.Add(Authority.Root);
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                chain.ChainPolicy.DisableCertificateDownloads = true;
                chain.ChainPolicy.ExtraStore.AddRange(sent!.ChainPolicy.ExtraStore);
                return chain.Build(certificate);
            };
        });
    };

    private Task<StubServer> StartAsync(Action<KestrelServerOptions> kestrel)
    {
        var mcp = McpScript.Handshake("echo");
        return StubServer.StartAsync(
            async context =>
            {
                _shown.Enqueue((await context.Connection.GetClientCertificateAsync(context.RequestAborted))?.Subject);
                await mcp(context);
            },
            "https://127.0.0.1:0", kestrel);
    }

    private static void AssertHealthy(ProbeResult result) =>
        Assert.True(result.Verdict is Verdict.Healthy, result.Failure?.Message + "\n" + string.Join('\n', result.Log));

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task ProbeAsync_ClientCertificate_IsShownWithItsIntermediate(bool rsa, bool inFiles)
    {
        await using var server = await StartAsync(Https(ClientCertificateMode.RequireCertificate));
        var leaf = Authority.Issue("the prober", rsa);
        var tls = inFiles
            ? new TlsSettings { Ca = File("ca.pem", Authority.RootPem), Certificate = File("client.pem", leaf.Pem), Key = File("client.key", leaf.KeyPem) }
            : Client(leaf);

        AssertHealthy(await Prober.ProbeAsync(To(server.Url, tls), TestToken));

        Assert.All(_shown, subject => Assert.Equal("CN=the prober", subject));
    }

    [Fact]
    public async Task ProbeAsync_CertificateFileRenewed_IsShownByTheNextProbe()
    {
        await using var server = await StartAsync(Https(ClientCertificateMode.RequireCertificate));
        var prober = Prober;
        foreach (var name in new[] { "first", "other" })
        {
            var leaf = Authority.Issue(name);
            _shown.Clear();

            AssertHealthy(await prober.ProbeAsync(
                To(server.Url, new TlsSettings { Ca = File("ca.pem", Authority.RootPem), Certificate = File("client.pem", leaf.Pem + leaf.KeyPem) }), TestToken));

            Assert.All(_shown, subject => Assert.Equal("CN=" + name, subject));
        }
    }

    [Fact]
    public async Task ProbeAsync_OwnAuthority_IsTrustedInsteadOfTheSystems()
    {
        await using var server = await StartAsync(Https());
        await using var elsewhere = await StartAsync(Https(host: "other.example.test"));
        var ours = new TlsSettings { Ca = Variable("CA", Strangers.RootPem + Authority.RootPem) };
        var theirs = new TlsSettings { Ca = Variable("THEIRS", Strangers.RootPem) };

        AssertHealthy(await Prober.ProbeAsync(To(server.Url, ours), TestToken));
        AssertHealthy(await Prober.ProbeAsync(To(server.Url, theirs) with { Insecure = true }, TestToken));
        await AssertTlsAsync(To(server.Url), "is not trusted", "or trust its issuer");
        await AssertTlsAsync(To(server.Url, theirs), "is not trusted", "the endpoint's tls.ca");
        await AssertTlsAsync(To(elsewhere.Url, ours), "is for another host name", "");
    }

    private async Task AssertTlsAsync(Endpoint endpoint, string fault, string remedy)
    {
        _shown.Clear();
        var result = await Prober.ProbeAsync(endpoint, TestToken);

        Assert.Equal((FailureKind.Tls, Phase.Tls, Verdict.Down), (result.Failure?.Kind, result.Failure?.Phase, result.Verdict));
        Assert.Contains(fault, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains(remedy, result.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(_shown);
    }

    [Fact]
    public async Task ProbeAsync_MaterialThatCannotBeUsed_IsConfigAndNothingIsSent()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var expired = Authority.Issue("expired", notAfter: new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));

        foreach (var (tls, message) in new[]
        {
            (Client(expired), "The endpoint's tls.certificate: the client certificate expired at 2021-01-01"),
            (new TlsSettings { Ca = "/no/such/file.pem" }, "The endpoint's tls.ca: the file '/no/such/file.pem' does not exist"),
            (new TlsSettings { Certificate = "${env:CERTIFICATE}", Key = "${env:NOPE}" }, "The endpoint's tls.key: needs the environment variable NOPE"),
        })
        {
            var result = await Prober.ProbeConfirmedAsync(To($"https://{listener.LocalEndpoint}", tls), null, TestToken);

            Assert.Equal((FailureKind.Config, Verdict.Unknown, 1), (result.Failure?.Kind, result.Verdict, result.Attempts));
            Assert.StartsWith(message, result.Failure!.Message, StringComparison.Ordinal);
        }

        Assert.False(listener.Pending());
    }

    /// <summary>OpenSSL's own server, since Kestrel hangs up on Linux without saying why.</summary>
    [Theory]
    [InlineData("-tls1_3", "none", FailureKind.Gated, "asks for a client certificate (TLS alert certificate_required); give the endpoint tls.certificate")]
    [InlineData("-tls1_3", "stranger", FailureKind.AuthFailed, "refused the client certificate (TLS alert unknown_ca)")]
    [InlineData("-tls1_2", "stranger", FailureKind.AuthFailed, "refused the client certificate (TLS alert unknown_ca)")]
    [InlineData("-tls1_2", "none", FailureKind.Tls, "handshake")] // TLS 1.2 has no alert for it
    [InlineData("-tls1_3", "known", FailureKind.NotMcp, "text/html, not an event stream")]
    [InlineData("-tls1_2", "known", FailureKind.NotMcp, "text/html, not an event stream")]
    public async Task ProbeAsync_ServerJudgesTheCertificate_SaysWhatItsAlertSays(string version, string client, FailureKind kind, string message)
    {
        var leaf = Authority.Issue("mcp server", chained: false);
        var shown = client == "stranger" ? Strangers.Issue("stranger") : Authority.Issue("known");
        var start = new ProcessStartInfo("openssl")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            ArgumentList =
            {
                "s_server", "-accept", "127.0.0.1:0", "-cert", File("server.pem", leaf.Pem), "-key", File("server.key", leaf.KeyPem),
                "-CAfile", File("ca.pem", Authority.RootPem), "-Verify", "3", "-verify_return_error", "-www", version,
            },
        };
        using var server = Process.Start(start)!;
        try
        {
            string? line;
            while ((line = await server.StandardOutput.ReadLineAsync(TestToken)) is not null && !line.StartsWith("ACCEPT ", StringComparison.Ordinal))
            {
            }

            Assert.NotNull(line);
            var tls = client == "none" ? new TlsSettings { Ca = Variable("CA", Authority.RootPem) } : Client(shown);
            // Its web page answers no POST.
            var transport = client == "known" ? TransportChoice.Sse : TransportChoice.Auto;
            var result = await Prober.ProbeAsync(To($"https://{line["ACCEPT ".Length..]}", tls) with { Transport = transport }, TestToken);

            Assert.Equal(kind, result.Failure?.Kind);
            Assert.Contains(message, result.Failure!.Message, StringComparison.Ordinal);
            if (kind is not FailureKind.NotMcp)
                Assert.Equal(Phase.Tls, result.Failure.Phase);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task ProbeAsync_TokenEndpointOnAnotherOrigin_TrustsTheSameAuthoritiesAndSeesNoClientCertificate()
    {
        string? shown = "nobody asked";
        await using var issuer = await StubAuth.StartAsync(StubAuth.Usual, "https://127.0.0.1:0", kestrel =>
        {
            kestrel.ConfigureHttpsDefaults(https =>
            {
                var leaf = Authority.Issue("issuer");
                https.ServerCertificate = X509Certificate2.CreateFromPem(leaf.Pem, leaf.KeyPem);
                https.ServerCertificateChain = [Authority.Intermediate];
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (certificate, _, _) =>
                {
                    shown = certificate.Subject;
                    return true;
                };
            });
        });
        await using var mcp = await StubAuth.StartAsync(StubAuth.Usual, "https://127.0.0.1:0", Https(ClientCertificateMode.RequireCertificate));
        _variables["SECRET"] = "s3cret-of-the-client";
        var endpoint = To(mcp.Url, Client(Authority.Issue("the prober"))) with
        {
            OAuth = new OAuthClient { ClientId = "client-1", ClientSecret = "${env:SECRET}", TokenUrl = new Uri(issuer.Url + "/token") },
        };

        AssertHealthy(await Prober.ProbeAsync(endpoint, TestToken));

        Assert.Single(issuer.Requests);
        Assert.Equal("nobody asked", shown);
    }

    [Fact]
    public async Task ProbeAsync_InsecureEndpoint_DoesNotMakeAnotherOriginsTokenEndpointInsecure()
    {
        await using var issuer = await StubAuth.StartAsync(StubAuth.Usual, "https://127.0.0.1:0", Https());
        await using var mcp = await StubAuth.StartAsync(StubAuth.Usual, "https://127.0.0.1:0", Https());
        _variables["SECRET"] = "s3cret-of-the-client";
        var endpoint = To(mcp.Url) with
        {
            Insecure = true,
            OAuth = new OAuthClient { ClientId = "client-1", ClientSecret = "${env:SECRET}", TokenUrl = new Uri(issuer.Url + "/token") },
        };

        var elsewhere = await Prober.ProbeAsync(endpoint, TestToken);
        AssertHealthy(await Prober.ProbeAsync(endpoint with { OAuth = endpoint.OAuth with { TokenUrl = new Uri(mcp.Url + "/token") } }, TestToken));

        Assert.Equal(FailureKind.Tls, elsewhere.Failure?.Kind);
        Assert.StartsWith($"The token endpoint ({issuer.Url}): The TLS certificate of {new Uri(issuer.Url).Authority} (CN=mcp server) is not trusted", elsewhere.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(issuer.Requests);
    }
}
