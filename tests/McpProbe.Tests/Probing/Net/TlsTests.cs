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
}
