using System.Buffers.Binary;
using McpProbe.Testing;

namespace McpProbe.Web.Tests;

/// <summary>The pages in a real browser: what only it can say.</summary>
public class BrowserTests
{
    [Theory]
    [InlineData("/", "2 open incidents")]
    [InlineData("/incidents", "it answered well again")]
    [InlineData("/endpoints/search", "Timings of the last probe")]
    [InlineData("/channels", "Send a test")]
    [InlineData("/reports", "How it is counted")]
    [InlineData("/incidents/payments_outage_20261122T215800000Z", "Timeline")]
    [InlineData("/sign-in", "")]
    public async Task Page_Rendered_ShowsEverythingAndTheBrowserRefusesNothing(string path, string expected)
    {
        Browser.Require();
        await using var head = await WebHead.StartAsync(store: Samples.Evening());

        var (dom, console) = await Browser.RenderAsync(
            new Uri(head.Url, path), TestContext.Current.CancellationToken);

        Assert.Contains("McpProbe", dom, StringComparison.Ordinal);
        Assert.Contains(expected, dom, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", dom.Replace("<script src=\"/app.js?v=", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        // Where the content security policy refuses a style, an image or a form, Chromium says so in its console.
        Assert.DoesNotContain("Content Security Policy", console, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Failed to load resource", console, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Of somebody in Tokyo, nine hours ahead; and of somebody whose zone is UTC.</summary>
    [Theory]
    [InlineData("Asia/Tokyo", "2026-11-23 06:58:00", "Times are those of Asia/Tokyo, UTC on hover")]
    [InlineData("UTC", "2026-11-22 21:58:00Z", "Times are UTC")]
    public async Task Times_AreThoseOfTheReadersZone(string zone, string expected, string note)
    {
        Browser.Require();
        await using var head = await WebHead.StartAsync(store: Samples.Evening());

        foreach (var path in new[] { "/", "/endpoints/payments", "/incidents/payments_outage_20261122T215800000Z" })
        {
            var (dom, _) = await Browser.RenderAsync(new Uri(head.Url, path), TestContext.Current.CancellationToken, zone);

            Assert.Contains($"datetime=\"2026-11-22T21:58:00.000Z\" title=\"2026-11-22 21:58:00Z\">{expected}</time>", dom, StringComparison.Ordinal);
            Assert.Contains(note, dom, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task StatusPage_IsDrawn()
    {
        Browser.Require();
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        await using var empty = await WebHead.StartAsync();

        var full = await Browser.ScreenshotAsync(head.Url, 390, 844, TestContext.Current.CancellationToken);
        var bare = await Browser.ScreenshotAsync(empty.Url, 390, 844, TestContext.Current.CancellationToken);

        // Width and height of a PNG stand in its first chunk.
        Assert.Equal((390, 844), (BinaryPrimitives.ReadInt32BigEndian(full.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(full.AsSpan(20))));
        Assert.NotEqual(full, bare);
    }
}
