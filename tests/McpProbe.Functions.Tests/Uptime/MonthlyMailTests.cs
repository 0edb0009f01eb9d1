using System.Text;
using System.Text.Json;
using McpProbe.Functions.Tests.Storage;
using McpProbe.Functions.Uptime;
using McpProbe.Testing;
using McpProbe.Uptime;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Time.Testing;
using MimeKit;

namespace McpProbe.Functions.Tests.Uptime;

/// <summary>The report of a month, by the hourly function, through a real SMTP server.</summary>
public class MonthlyMailTests(Emulators emulators)
{
    private static readonly DateTimeOffset November = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RollUp_InTheFirstHoursOfAMonth_MailsTheReportOnce()
    {
        await using var inbox = await RealServer.StartAsync([RealServers.Script("../smtp-inbox.mjs")], "127.0.0.1", RealServer.FreePort(), "/");
        var account = await emulators.NewAccountAsync();
        var time = new FakeTimeProvider(November.AddHours(2).AddMinutes(5));
        (string, string)[] settings =
        [
            ("Channels__managers__type", "email"), ("Channels__managers__url", $"smtp://127.0.0.1:{inbox.Port}"),
            ("Channels__managers__to", "ann@example.com"), ("Channels__managers__from", "reports@example.com"),
            ("Reports__managers__timeZone", "Europe/Berlin"), ("Reports__managers__groups", "shop"),
        ];
        await using (var head = await Head.StartAsync(account, time, settings))
        {
            await head.Store.PutEndpointAsync(
                StoreSamples.Registered("orders") with { Endpoint = StoreSamples.Endpoint("orders") with { Group = "shop", Slo = 99.9 } }, Token);
            await head.Store.WriteRollupsAsync(
                "orders", [new(RollupPeriod.Day, November.AddDays(-10), StoreSamples.Location, RollupSamples.UsualHour(1) with { Down = 1 })], Token);
            // Everything before is rolled up, and the last hours are what the function does.
            await head.Store.WriteRolledThroughAsync(November, Token);
            await RunAsync(head, time);
        }

        // Another instance, the same hour again and the next.
        await using (var head = await Head.StartAsync(account, time, settings))
        {
            await RunAsync(head, time);
            time.Advance(TimeSpan.FromHours(1));
            await RunAsync(head, time);
        }

        var line = Assert.Single(inbox.Output.Split('\n'), line => line.StartsWith('{'));
        var envelope = JsonDocument.Parse(line).RootElement;
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(envelope.GetProperty("text").GetString()!));
        var mail = await MimeMessage.LoadAsync(stream, Token);
        Assert.Equal("[McpProbe] Uptime report of October 2026", mail.Subject);
        Assert.Equal(["text/plain", "text/html"], Assert.IsType<MultipartAlternative>(mail.Body).Select(part => part.ContentType.MimeType));
        foreach (var text in new[] { mail.TextBody!, mail.HtmlBody! })
        {
            Assert.Contains("1 endpoint of shop: uptime 98.36 %", text, StringComparison.Ordinal);
            Assert.Contains("objective 99.9 % missed", text, StringComparison.Ordinal);
        }
    }

    private static async Task RunAsync(Head head, TimeProvider time)
    {
        var courier = new Courier(head, time);
        await head.InvokeAsync<RollUp>(rollUp => rollUp.RunAsync(new TimerInfo(), courier.Client, Token));
        await courier.FinishAsync().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Token);
    }
}
