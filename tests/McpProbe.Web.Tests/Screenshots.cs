using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>The pictures of docs/pages.md, renewed by build/screenshot.sh: MCPPROBE_SCREENSHOTS names the directory that they go to.</summary>
public sealed class Screenshots
{
    private const string Incident = "/incidents/payments_outage_20261122T215800000Z";

    public static TheoryData<string, string, int, bool> Pictures => new(
        ("overview", "/", 1280, false), ("overview-dark", "/?range=90d", 1280, true), ("overview-phone", "/", 390, false),
        ("incidents", "/incidents", 1280, false), ("incidents-phone", "/incidents", 390, false),
        ("incident", Incident, 1280, false), ("incident-phone", Incident, 390, true),
        ("endpoint", "/endpoints/payments", 1280, false), ("endpoint-phone", "/endpoints/search", 390, false),
        ("endpoint-charts", "/endpoints/orders?range=90d", 1280, false),
        ("endpoint-charts-phone", "/endpoints/orders", 390, true),
        ("trends", "/endpoints/a?range=30d", 1280, false), ("trends-phone", "/endpoints/a?range=30d", 390, true),
        ("status-public", "/status/public", 1280, false), ("status-public-phone", "/status/public", 390, true), ("status-service", "/status/public/payments", 1280, false),
        ("tools", "/endpoints/orders/tools", 1280, false), ("tool-phone", "/endpoints/orders/tools?tool=track_parcel", 390, true),
        ("compare", "/endpoints/orders/compare", 1280, false), ("edit", "/endpoints/orders/edit", 1280, false),
        ("mistakes", "/endpoints/new", 1280, false),
        ("channels", "/channels", 1280, false), ("report", "/reports?range=2026-10", 1280, false),
        ("report-phone", "/reports?range=2026-10", 390, false), ("sign-in", "/sign-in", 1280, false));

    [Theory]
    [MemberData(nameof(Pictures))]
    public async Task Picture(string name, string path, int width, bool dark)
    {
        var directory = Environment.GetEnvironmentVariable("MCPPROBE_SCREENSHOTS");
        Assert.SkipWhen(directory is null, "Run build/screenshot.sh to renew the pictures.");
        await using var head = await WebHead.StartAsync(
            path == "/sign-in" ? new WebOptions { ApiKey = WebHead.Key } : null,
            path.Contains("orders", StringComparison.Ordinal) ? await Orders.Store(IncidentKind.Drift).WithPastAsync()
                : path.StartsWith("/endpoints/a?", StringComparison.Ordinal) ? EndpointTrendTests.Store()
                : path.StartsWith("/reports", StringComparison.Ordinal) ? await Reports.ReportTests.PastAsync() : Samples.Evening());
        await using var page = await BrowserPage.StartAsync(width, 900, dark);
        await page.OpenAsync(new Uri(head.Url, path));
        if (name == "mistakes")
        {
            // What somebody typed in a hurry.
            await page.TypeAsync("[name=id]", "Orders");
            await page.TypeAsync("[name=url]", "orders.example.com/mcp");
            await page.TypeAsync("[name=interval]", "1m30");
            await page.FollowAsync("button[type=submit]:not([formaction]):not(.plain)");
        }

        await File.WriteAllBytesAsync(Path.Combine(directory!, $"{name}.png"), await page.ScreenshotAsync(whole: true), TestContext.Current.CancellationToken);
    }
}
