using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using McpProbe.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Endpoint = McpProbe.Endpoints.Endpoint;

namespace McpProbe.Tests.Probing.Net;

public class TlsTests
{
    private static readonly DateTimeOffset NotAfter = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static X509Certificate2 Certificate(DateTimeOffset notAfter)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=mcp.example.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), notAfter);
    }

    private static Task<StubServer> StartAsync(X509Certificate2 certificate) => StubServer.StartAsync(
        context => context.Response.WriteAsync("hello"),
        "https://127.0.0.1:0",
        kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate));

    private static Endpoint To(string url, bool insecure = false) =>
        new() { Id = "tls", Url = new Uri(url), Insecure = insecure, Timeout = TimeSpan.FromSeconds(30) };

    [Theory]
    [InlineData("2040-01-01", "is for another host name")]
    [InlineData("2021-01-01", "expired at 2021-01-01")]
    public async Task Probe_CertificateThatIsNotValid_IsTlsAndStillDescribed(string notAfter, string fault)
    {
        using var certificate = Certificate(DateTimeOffset.Parse(notAfter + "Z", null));
        await using var server = await StartAsync(certificate);

        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(To(server.Url), TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.Tls, Phase.Tls, Verdict.Down), (result.Failure?.Kind, result.Failure?.Phase, result.Verdict));
        Assert.Contains(fault, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal("CN=mcp.example.test", result.Certificate?.Subject);
    }

    [Fact]
    public async Task Probe_Insecure_GoesOnAndTimesTlsAndCountsTheDays()
    {
        using var certificate = Certificate(NotAfter);
        await using var server = await StartAsync(certificate);
        var time = new FakeTimeProvider(NotAfter - TimeSpan.FromHours(60)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };

        var result = await new McpProber(new ProberOptions(), time).ProbeAsync(To(server.Url, insecure: true), TestContext.Current.CancellationToken);

        Assert.Equal(FailureKind.NotMcp, result.Failure?.Kind); // the stub is a web page
        Assert.Equal(new CertificateInfo("CN=mcp.example.test", "CN=mcp.example.test", NotAfter, 2), result.Certificate);
        Assert.True(result.Timings.TlsMs > 0);
    }

    [Fact]
    public async Task Probe_HttpsToAPlainPort_IsTls()
    {
        await using var server = await StubServer.StartAsync(context => context.Response.WriteAsync("hello"));

        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
            To(server.Url.Replace("http:", "https:", StringComparison.Ordinal)), TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.Tls, Phase.Tls), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.Contains("speaks plain HTTP, not TLS", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Null(result.Certificate);
    }

    [Fact]
    public async Task Probe_PortThatNeverShakesHands_TimesOutInTls()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
            To($"https://{listener.LocalEndpoint}/") with { Timeout = TimeSpan.FromMilliseconds(500) }, TestContext.Current.CancellationToken);

        Assert.Equal((FailureKind.Timeout, Phase.Tls), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.InRange(result.Timings.TotalMs, 450, 2500);
    }

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    /// <summary>A server whose leaf, intermediate and root are the test's, and an endpoint that trusts the root.</summary>
    private static async Task<ProbeResult> ProbeAsync(TestAuthority authority, string? host = null)
    {
        var leaf = authority.Issue("leaf", host: host);
        using var key = RSA.Create();
        key.ImportFromPem(leaf.KeyPem);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(leaf.Pem);
        using var certificate = chain[0].CopyWithPrivateKey(key);
        await using var server = await StubServer.StartAsync(
            context => context.Response.WriteAsync("hello"),
            "https://127.0.0.1:0",
            kestrel => kestrel.ConfigureHttpsDefaults(https => (https.ServerCertificate, https.ServerCertificateChain) = (certificate, chain)));
        using var directory = new TempDirectory();
        var root = Path.Combine(directory.Path, "root.pem");
        await File.WriteAllTextAsync(root, authority.RootPem, TestContext.Current.CancellationToken);

        return await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
            To(server.Url) with { Tls = new McpProbe.Endpoints.TlsSettings { Ca = root } }, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(300, 200, 100, null)]
    [InlineData(300, 50, 100, "intermediate certificate CN=Test intermediate")]
    [InlineData(30, 200, 100, "root certificate CN=Test root")]
    public async Task Probe_Chain_ItsEarliestExpiryCounts(int root, int intermediate, int leaf, string? first)
    {
        var result = await ProbeAsync(new TestAuthority(rootTo: Now.AddDays(root), intermediateTo: Now.AddDays(intermediate), leafTo: Now.AddDays(leaf)));

        Assert.Equal(FailureKind.NotMcp, result.Failure?.Kind); // the stub is a web page
        Assert.Equal(("CN=leaf", "CN=Test intermediate", first), (result.Certificate?.Subject, result.Certificate?.Issuer, result.Certificate?.ExpiresFirst));
        Assert.InRange(result.Certificate!.DaysLeft, Math.Min(leaf, Math.Min(root, intermediate)) - 1, Math.Min(leaf, Math.Min(root, intermediate)));
    }

    [Theory]
    [InlineData(null, -5, 100, "The intermediate certificate CN=Test intermediate in the TLS chain of 127.0.0.1:", "expired at ")]
    [InlineData(5, 100, 100, "The intermediate certificate CN=Test intermediate in the TLS chain of 127.0.0.1:", "is not valid before ")]
    [InlineData(null, 100, -5, "The TLS certificate of 127.0.0.1:", "expired at ")]
    [InlineData(null, -5, -5, "The TLS certificate of 127.0.0.1:", "expired at ")]
    public async Task Probe_CertificateOfTheChainThatIsNotValidNow_IsNamed(int? from, int intermediate, int leaf, string what, string fault)
    {
        var result = await ProbeAsync(new TestAuthority(
            intermediateFrom: from is { } days ? Now.AddDays(days) : null, intermediateTo: Now.AddDays(intermediate), leafTo: Now.AddDays(leaf)));

        Assert.Equal((FailureKind.Tls, Phase.Tls), (result.Failure?.Kind, result.Failure?.Phase));
        Assert.StartsWith(what, result.Failure!.Message, StringComparison.Ordinal);
        Assert.Contains(fault, result.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_ExpiredRoot_IsNamed()
    {
        var result = await ProbeAsync(new TestAuthority(rootTo: Now.AddDays(-5)));

        Assert.Equal(FailureKind.Tls, result.Failure?.Kind);
        Assert.StartsWith("The root certificate CN=Test root in the TLS chain of", result.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probe_HttpToATlsPort_SaysSo()
    {
        using var certificate = Certificate(NotAfter);
        await using var server = await StartAsync(certificate);

        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
            To(server.Url.Replace("https:", "http:", StringComparison.Ordinal)), TestContext.Current.CancellationToken);

        Assert.Equal(Verdict.Down, result.Verdict);
        Assert.Contains("speaks TLS on this port", result.Failure?.Message, StringComparison.Ordinal);
        Assert.Contains("https://", result.Failure!.Message, StringComparison.Ordinal);
    }

    /// <summary>Servers of TLS that answer plain HTTP, each in its own words.</summary>
    [Theory]
    [InlineData("<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>")]
    [InlineData("Client sent an HTTP request to an HTTPS server.\n")]
    [InlineData("Reason: You're speaking plain HTTP to an SSL-enabled server port.")]
    [InlineData("Bad Request\nThis combination of host and port requires TLS.\n")]
    public async Task Probe_TlsPortThatAnswersPlainHttp_SaysSo(string body)
    {
        await using var stub = await StubMcp.StartAsync(_ => new StubMcp.Answer(400, "text/html", body));

        var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(stub.Endpoint(), TestContext.Current.CancellationToken);

        Assert.Contains("speaks TLS", result.Failure?.Message, StringComparison.Ordinal);
        Assert.Equal(400, result.Failure!.HttpStatus);
    }

    [Fact]
    public async Task Probe_HttpToNodesTlsPort_SaysSo()
    {
        var leaf = new TestAuthority().Issue("node");
        var port = RealServer.FreePort();
        using var node = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("node",
            ["-e", $"require('https').createServer({{ cert: process.env.CERT, key: process.env.KEY }}, () => {{}}).listen({port}, '127.0.0.1', () => console.log('up'))"])
        { RedirectStandardOutput = true, Environment = { ["CERT"] = leaf.Pem, ["KEY"] = leaf.KeyPem } })!;
        try
        {
            Assert.Equal("up", await node.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

            var result = await new McpProber(new ProberOptions(), TimeProvider.System).ProbeAsync(
                To($"http://127.0.0.1:{port}/mcp"), TestContext.Current.CancellationToken);

            Assert.Contains("speaks TLS on this port", result.Failure?.Message, StringComparison.Ordinal);
        }
        finally
        {
            node.Kill();
        }
    }
}
