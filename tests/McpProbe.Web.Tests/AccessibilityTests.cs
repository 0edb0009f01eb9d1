using System.Text.RegularExpressions;
using McpProbe.Model;
using McpProbe.Testing;
using Microsoft.AspNetCore.Routing;

namespace McpProbe.Web.Tests;

/// <summary>
/// Every page under axe-core (WCAG 2.2, A and AA, and its best practices), in a real browser, at the widths of a desk, a phone and the
/// narrowest one that reflow asks for (1.4.10): nothing serious, and nothing to scroll sideways.
/// </summary>
public sealed partial class AccessibilityTests
{
    /// <summary>Every page that there is. A new page is a new line.</summary>
    public static readonly string[] Pages =
    [
        "/", "/?range=90d&problems=1", "/?q=nothing", "/endpoints/payments", "/endpoints/search", "/endpoints/crm", "/endpoints/old-wiki",
        "/incidents", "/incidents?from=2026-11-22&to=2026-11-20", "/incidents/payments_outage_20261122T215800000Z", "/channels", "/missing",
        "/endpoints/search/changes", "/endpoints/payments/incidents", "/endpoints/payments/results", "/endpoints/search/tools", "/endpoints/search/compare",
        "/endpoints/search/definition", "/endpoints/search/edit",
        "/reports", "/reports?range=2026-10", "/reports?from=2026-10-05&to=2026-10-01&zone=Berlin",
        "/status/public", "/status/public/payments", "/status/public?embed",
        "/endpoints/orders", "/endpoints/orders?range=90d&phase=total", "/endpoints/orders/tools", "/endpoints/orders/tools?tool=track_parcel",
        "/endpoints/orders/changes", "/endpoints/orders/compare", "/endpoints/orders/incidents", "/endpoints/orders/results",
        "/endpoints/orders/definition", "/endpoints/orders/edit", "/endpoints/new",
    ];

    public static TheoryData<string, int, bool> Views => new(
        from page in Pages
        from view in new[] { (Width: 1280, Dark: false), (Width: 390, Dark: true), (Width: 320, Dark: false) }
        select (page, view.Width, view.Dark));

    /// <summary>A route that nobody put on the list would never be looked at.</summary>
    [Fact]
    public async Task Pages_OfEveryRoute_AreOnTheList()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key });
        var routes = head.Routes.Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") is true)
            .Select(route => "/" + route.RoutePattern.RawText!.TrimStart('/'))
            .Where(route => !NoPages().IsMatch(route)).ToList();

        Assert.NotEmpty(routes);
        Assert.All(routes, route =>
        {
            var pattern = new Regex($"^{Regex.Replace(route, @"\{[^}]+\}", "[^/?]+")}($|\\?)");
            Assert.True(Pages.Append("/sign-in").Any(page => pattern.IsMatch(page)), $"{route} has no line in {nameof(Pages)}");
        });
    }

    // What is read by programs, and what leads elsewhere.
    [GeneratedRegex(@"^/(api|feeds|badge|app\.|metrics|openapi|schema/|mcp|sign-in/|signin)|\.(css|js|svg|json|atom|csv)$")]
    private static partial Regex NoPages();

    [Theory]
    [MemberData(nameof(Views))]
    public async Task Page_HasNothingSerious(string path, int width, bool dark) => await CheckAsync(
        path, width, dark, null,
        path.StartsWith("/reports", StringComparison.Ordinal) ? await Reports.ReportTests.PastAsync()
            : path.Contains("orders", StringComparison.Ordinal) ? await Orders.Store(IncidentKind.Drift, IncidentKind.Suspicious).WithPastAsync() : Samples.Evening());

    /// <summary>A form that comes back with its mistakes, and with what a test found.</summary>
    [Theory]
    [InlineData("htp://nowhere", 1280, "[role=alert]")]
    [InlineData("http://127.0.0.1:9/mcp", 390, "[role=status]")]
    public async Task Form_ThatComesBack_HasNothingSerious(string url, int width, string expected)
    {
        await using var head = await WebHead.StartAsync(null, Samples.Evening());
        await using var page = await BrowserPage.StartAsync(width, 900);
        await page.OpenAsync(new Uri(head.Url, "/endpoints/new"));
        await page.TypeAsync("[name=id]", "new-one");
        await page.TypeAsync("[name=url]", url);
        await page.FollowAsync("[formaction]");
        Assert.Equal(1, await page.CountAsync(expected));
        await CheckAsync(page);
    }

    [Theory]
    [InlineData(1280)]
    [InlineData(320)]
    public Task SignIn_HasNothingSerious(int width) => CheckAsync("/sign-in", width, dark: false, new WebOptions { ApiKey = WebHead.Key, Banner = "A demonstration" }, Samples.Evening());

    [Theory]
    [InlineData(1280)]
    [InlineData(320)]
    public Task Welcome_HasNothingSerious(int width) => CheckAsync("/", width, dark: false, null, new SampleStore());

    private static async Task CheckAsync(string path, int width, bool dark, WebOptions? options, SampleStore store)
    {
        await using var head = await WebHead.StartAsync(options, store);
        await using var page = await BrowserPage.StartAsync(width, 900, dark);
        await page.OpenAsync(new Uri(head.Url, path));
        await CheckAsync(page);
    }

    private static async Task CheckAsync(BrowserPage page)
    {
        // What is folded is read too, when somebody unfolds it.
        await page.AskAsync("document.querySelectorAll('details').forEach(each => each.open = true)");
        await page.AskAsync(await File.ReadAllTextAsync(RealServers.Script("axe-core/axe.min.js"), TestContext.Current.CancellationToken) + "; true");

        var found = await page.AskAsync(
            """
            axe.run().then(result => result.violations.filter(each => ['serious', 'critical'].includes(each.impact) || /landmark|region|bypass/.test(each.id)).map(each =>
                `${each.impact} ${each.id}: ${each.help}: ` + each.nodes.slice(0, 3).map(node => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? '')).join(' | ')))
            """);

        Assert.Equal([], found.EnumerateArray().Select(each => each.GetString()));
        Assert.Equal("none", (await page.AskAsync(
            """
            document.documentElement.scrollWidth <= window.innerWidth ? 'none'
                : [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > window.innerWidth + 1 && !each.closest('.scroll, .tabs, pre')).map(each => each.outerHTML.slice(0, 120)).slice(0, 3).join(' | ')
            """)).GetString());
        // Where there is room for a phone's width only, a table is stacked: nothing in it is to be pushed aside.
        Assert.Equal("none", (await page.AskAsync(
            """
            window.innerWidth > 720 ? 'none' : [...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 160)).join(' | ') || 'none'
            """)).GetString());
    }
}
