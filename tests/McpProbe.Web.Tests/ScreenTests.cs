using McpProbe.Model;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>Pictures of an endpoint's pages for people to look at: <c>MCPPROBE_SCREENS=DIR dotnet run --project tests/McpProbe.Web.Tests -- -explicit only -class '*ScreenTests'</c>.</summary>
public sealed class ScreenTests
{
    [Fact(Explicit = true)]
    public async Task Pages_OfAnEndpoint_AreDrawn()
    {
        var directory = Environment.GetEnvironmentVariable("MCPPROBE_SCREENS") ?? throw new InvalidOperationException("MCPPROBE_SCREENS names the directory for the pictures.");
        await using var head = await WebHead.StartAsync(store: await Orders.Store(IncidentKind.Drift, IncidentKind.Suspicious).WithPastAsync());
        foreach (var (width, dark) in new[] { (1280, false), (390, true) })
        {
            await using var browser = await BrowserPage.StartAsync(width, 900, dark);
            foreach (var (name, path) in new[]
            {
                ("endpoint", "/endpoints/orders"), ("endpoint-90d", "/endpoints/orders?range=90d&phase=total"), ("tools", "/endpoints/orders/tools"),
                ("tool", "/endpoints/orders/tools?tool=track_parcel"), ("changes", "/endpoints/orders/changes"), ("compare", "/endpoints/orders/compare"),
                ("incidents", "/endpoints/orders/incidents"), ("results", "/endpoints/orders/results"), ("definition", "/endpoints/orders/definition"),
                ("new", "/endpoints/new"), ("edit", "/endpoints/orders/edit"),
            })
            {
                await browser.OpenAsync(new Uri(head.Url, path));
                await File.WriteAllBytesAsync(
                    Path.Combine(directory, $"{name}-{width}{(dark ? "-dark" : "")}.png"), await browser.ScreenshotAsync(whole: true), TestContext.Current.CancellationToken);
            }
        }
    }
}
