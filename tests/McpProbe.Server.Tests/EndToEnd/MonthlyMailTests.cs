using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using McpProbe.Server.Storage;
using McpProbe.Testing;
using McpProbe.Uptime;
using MimeKit;

namespace McpProbe.Server.Tests.EndToEnd;

/// <summary>
/// The report of a month in somebody's inbox: the built server, a month of rollups, a real SMTP server that asks for STARTTLS and a
/// password, with a certificate of a company's own authority, and a clock that comes to the first of a month, twice.
/// </summary>
public sealed class MonthlyMailTests : IDisposable
{
    private const string Key = "a-key-of-at-least-twenty-letters";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_OfAMonth_ArrivesOnceAcrossRestarts()
    {
        if (SettableClock.Missing is { } missing)
            Assert.Skip(missing);
        var now = TimeProvider.System.GetUtcNow();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        var (certificate, key, authority) = Certificates(now);
        await using var inbox = await RealServer.StartAsync(
            [RealServers.Script("../smtp-inbox.mjs"), "tls", certificate, key], "127.0.0.1", RealServer.FreePort(), "/");
        await using var watched = await ScriptedMcpServer.StartAsync();
        var probes = _temp.File("probes.yaml");
        await File.WriteAllTextAsync(probes, $$"""
            channels:
              - {name: managers, type: email, url: "smtp://reports%40example.com@127.0.0.1:{{inbox.Port}}", secret: "${env:MAIL_PASSWORD}", from: reports@example.com, to: [ann@example.com, bob@example.com]}
            endpoints:
              - {id: orders, name: "Orders <b>&", url: "{{watched.Url}}/mcp", interval: 5s, timeout: 2s, group: shop, slo: 99.9, channels: []}
            reports:
              - {channel: managers, timeZone: Europe/Berlin, groups: [shop]}
            """, Token);
        var clock = new SettableClock(_temp.File("clock"));
        Task<ServerProcess> StartAsync(DateTimeOffset at)
        {
            clock.Set(at - TimeProvider.System.GetUtcNow());
            return ServerProcess.ListenAsync(
                new Dictionary<string, string>(clock.Environment)
                {
                    ["MCPPROBE_API_KEY"] = Key,
                    ["MAIL_PASSWORD"] = "correct horse",
                    ["SSL_CERT_FILE"] = authority,
                },
                "--probes", probes, "--data", _temp.File("data"), "--public-url", "https://probe.example.com");
        }

        // It watches, so that the endpoint is known; then the month passes. Of it, the store holds its days.
        await using (var first = await StartAsync(month.AddDays(-1).AddHours(12)))
        {
            await Eventually.TrueAsync(
                async () => (await first.GetAsync("/api/endpoints/orders/results")).GetProperty("results").GetArrayLength() > 0, "it watches", Long);
            await first.TerminateAsync();
            await first.ExitAsync();
        }

        await WriteMonthAsync(month);
        var name = month.AddDays(-1).ToString("MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
        await using (var second = await StartAsync(month.AddHours(2).AddMinutes(20)))
        {
            await Eventually.TrueAsync(
                async () => Mails(inbox).Count == 1 || (await second.GetAsync("/api/channels")).GetProperty("channels")[0].GetProperty("lastError").ValueKind is not JsonValueKind.Null,
                "the mail arrives", Long);
            Assert.True(Mails(inbox).Count == 1, (await second.GetAsync("/api/channels")).GetRawText());
            await Eventually.TrueAsync(() => IsDeliveredAsync(second), "its delivery is recorded", Long);
            var (envelope, mail) = Mails(inbox)[0];

            Assert.Equal((true, "reports@example.com"), (envelope.GetProperty("secure").GetBoolean(), envelope.GetProperty("user").GetString()));
            Assert.Equal(["ann@example.com", "bob@example.com"], envelope.GetProperty("to").EnumerateArray().Select(to => to.GetString()));
            Assert.Equal($"[McpProbe] Uptime report of {name}", mail.Subject);
            Assert.Equal(["text/plain", "text/html"], Assert.IsType<MultipartAlternative>(mail.Body).Select(part => part.ContentType.MimeType));
            // 10 of 1440 probes a day were down.
            foreach (var line in new[] { "1 endpoint of shop: uptime 99.3", "1 objective was missed", "Orders <b>&: 99.3", "objective 99.9 % missed" })
            {
                Assert.Contains(line, mail.TextBody!, StringComparison.Ordinal);
                Assert.Contains(WebUtility.HtmlEncode(line), mail.HtmlBody, StringComparison.Ordinal);
            }

            Assert.DoesNotContain("correct horse", envelope.GetRawText() + second.Everything, StringComparison.Ordinal);

            // The link leads to the same figures.
            var link = mail.TextBody!.Split('\n').Select(each => each.Trim()).First(each => each.Contains("https://probe.example.com/reports?", StringComparison.Ordinal));
            using var page = await second.SendAsync(HttpMethod.Get, new Uri(link[link.IndexOf("https://", StringComparison.Ordinal)..]).PathAndQuery);
            var html = await page.Content.ReadAsStringAsync(Token);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Contains("Orders &lt;b&gt;&amp;", html, StringComparison.Ordinal);
            await second.KillAsync();
        }

        // Killed, and started again within the same hours: the report is not due any more. A month later the next one is.
        await using (var third = await StartAsync(month.AddHours(3).AddMinutes(20)))
        {
            await RolledThroughAsync(month.AddHours(3));
            await third.TerminateAsync();
            await third.ExitAsync();
        }

        await using var fourth = await StartAsync(month.AddMonths(1).AddHours(2).AddMinutes(20));
        await Eventually.TrueAsync(() => Mails(inbox).Count >= 2, "the mail of the next month arrives", Long);
        var next = month.ToString("MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal([$"[McpProbe] Uptime report of {name}", $"[McpProbe] Uptime report of {next}"], Mails(inbox).Select(each => each.Mail.Subject));
    }

    private static async Task<bool> IsDeliveredAsync(ServerProcess server)
    {
        var channel = (await server.GetAsync("/api/channels")).GetProperty("channels")[0];
        return channel.GetProperty("waiting").GetInt32() == 0 && channel.GetProperty("lastSuccess").ValueKind is JsonValueKind.String;
    }

    private static List<(JsonElement Envelope, MimeMessage Mail)> Mails(RealServer inbox) =>
    [
        .. inbox.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line =>
        {
            var envelope = JsonDocument.Parse(line).RootElement;
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(envelope.GetProperty("text").GetString()!));
            return (envelope, MimeMessage.Load(stream, Token));
        }),
    ];

    private async Task WriteMonthAsync(DateTimeOffset month)
    {
        using var directory = DataDirectory.Open(_temp.File("data"));
        await using var store = SqliteStore.Open(directory, TimeProvider.System);
        var hour = RollupSamples.UsualHour(1) with { Healthy = 59, Degraded = 0, Gated = 0, Down = 0, Unknown = 0, Expected = 60 };
        var rows = new List<RollupRecord>();
        for (var day = month.AddMonths(-1).AddDays(-1); day < month; day = day.AddDays(1))
        {
            var hours = Enumerable.Range(0, 24).Select(at => at == 9 ? hour with { Healthy = 50, Down = 10 } : hour with { Healthy = 60 }).ToList();
            rows.AddRange(hours.Select((each, at) => new RollupRecord(RollupPeriod.Hour, day.AddHours(at), StoreSamples.Location, each)));
            rows.Add(new RollupRecord(RollupPeriod.Day, day, StoreSamples.Location, hours.Aggregate(Rollup.Empty, (sum, each) => sum.Merge(each))));
        }

        await store.WriteRollupsAsync("orders", rows, Token);
        await store.WriteRolledThroughAsync(month, Token);
    }

    private Task RolledThroughAsync(DateTimeOffset until) => Eventually.TrueAsync(
        () =>
        {
            using var session = SqliteSession.Open(Path.Combine(_temp.File("data"), "mcpprobe.db"), readOnly: true);
            return session.QueryFirst("SELECT at FROM marks WHERE name = 'rolled-through'", row => row.GetInt64(0)) >= until.UtcTicks;
        },
        $"it is rolled up until {until:u}", Long);

    /// <summary>A company's own authority, and what it signed for the mail server: no list of what it revoked is anywhere.</summary>
    private (string Certificate, string Key, string Authority) Certificates(DateTimeOffset now)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Example Company CA", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var authority = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(120));
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var signed = new CertificateRequest("CN=mail.example.com", serverKey, HashAlgorithmName.SHA256);
        signed.CertificateExtensions.Add(names.Build());
        signed.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var server = signed.Create(authority, now.AddDays(-1), now.AddDays(110), [1, 2, 3, 4]);
        return (Write("mail.pem", server.ExportCertificatePem()), Write("mail.key", serverKey.ExportPkcs8PrivateKeyPem()), Write("ca.pem", authority.ExportCertificatePem()));

        string Write(string name, string pem)
        {
            File.WriteAllText(_temp.File(name), pem);
            return _temp.File(name);
        }
    }
}
