using System.Net;
using System.Xml.Linq;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Web.Tests.Reports;

namespace McpProbe.Web.Tests.Badges;

public class BadgeTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("payments", "", "Payments: down")]
    [InlineData("search", "", "Product search: healthy, drift")]
    [InlineData("docs", "", "Docs search: healthy")]
    [InlineData("old-wiki", "", "Old wiki: paused")]
    [InlineData("payments", "?show=uptime", "Payments uptime 30d: 99.3")]
    [InlineData("docs", "?show=uptime&range=90d", "Docs search uptime 90d: 100 %")]
    [InlineData("docs", "?show=uptime&range=24h", "Docs search uptime 24h: 100 %")]
    [InlineData("docs", "?show=p95", "Docs search p95: ")]
    [InlineData("docs", "?show=tools", "Docs search tools: 6")]
    [InlineData("docs", "?show=drift", "Docs search drift: none")]
    [InlineData("search", "?show=drift", "Product search drift: open")]
    public async Task Badge_SaysWhatItIsAskedFor_AsAPictureAndToShields(string id, string query, string expected)
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, await ReportTests.PastAsync());
        using var svg = await head.GetAsync($"/badge/{id}.svg{query}");
        using var json = await head.GetAsync($"/badge/{id}.json{query}");

        Assert.Equal((HttpStatusCode.OK, "image/svg+xml"), (svg.StatusCode, svg.Content.Headers.ContentType!.MediaType));
        var picture = XDocument.Parse(await svg.Content.ReadAsStringAsync(Cancellation)).Root!;
        Assert.StartsWith(expected, picture.Element(Svg + "title")!.Value, StringComparison.Ordinal);
        Assert.Equal(("img", picture.Element(Svg + "title")!.Value), (picture.Attribute("role")!.Value, picture.Attribute("aria-label")!.Value));
        var shields = await ApiSchemas.CheckAsync("badge", json);
        Assert.Equal(picture.Element(Svg + "title")!.Value, $"{shields.GetProperty("label").GetString()}: {shields.GetProperty("message").GetString()}");
        // Other sites show it.
        Assert.Equal("cross-origin", Assert.Single(svg.Headers.GetValues("Cross-Origin-Resource-Policy")));
    }

    [Fact]
    public async Task Badge_OfAHostileName_IsWellFormedAndRunsNothing()
    {
        var store = Samples.Evening();
        foreach (var (id, name) in new[]
        {
            ("a", "</title><script>alert(1)</script>"), ("b", "\" onload=\"alert(1)"), ("c", "]]>&#0;\u0001\u0008\uFFFE\u202E"), ("d", new string('W', 500)), ("e", "日本語 🧨"), ("f", "\u200B\u200B"),
        })
        {
            store.Add(new RegisteredEndpoint(Samples.Endpoint(id, name: name), EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), []);
        }

        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);
        foreach (var id in "abcdef")
        {
            using var response = await head.GetAsync($"/badge/{id}.svg");
            var picture = XDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).Root!;
            Assert.DoesNotContain(picture.DescendantsAndSelf(), element => element.Name.LocalName is "script" or "foreignObject" or "style");
            Assert.DoesNotContain(picture.DescendantsAndSelf().Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name.LocalName is "href");
            Assert.InRange(int.Parse(picture.Attribute("width")!.Value), 20, 900);
        }
    }

    [Fact]
    public async Task Badge_OfAPrivateEndpoint_LooksLikeNone_AndIsThereWithTheKey()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, Samples.Evening());

        foreach (var kind in new[] { "svg", "json" })
        {
            using var hidden = await head.GetAsync($"/badge/browser.{kind}");
            using var missing = await head.GetAsync($"/badge/nowhere.{kind}");
            using var known = await head.GetAsync($"/badge/browser.{kind}", ("X-Api-Key", WebHead.Key));
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.OK), (hidden.StatusCode, missing.StatusCode, known.StatusCode));
            Assert.Equal(
                (await missing.Content.ReadAsStringAsync(Cancellation)).Replace("nowhere", "browser", StringComparison.Ordinal), await hidden.Content.ReadAsStringAsync(Cancellation));
            Assert.Equal(missing.Headers.Select(header => header.Key).Except(["Date"]), hidden.Headers.Select(header => header.Key).Except(["Date"]));
            Assert.True(known.Headers.CacheControl!.Private);
        }
    }

    [Fact]
    public async Task Badge_AskedForAgain_IsNotSentAgain()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, Samples.Evening());
        using var first = await head.GetAsync("/badge/docs.svg");
        using var again = await head.GetAsync("/badge/docs.svg", ("If-None-Match", first.Headers.ETag!.ToString()));
        using var other = await head.GetAsync("/badge/payments.svg", ("If-None-Match", first.Headers.ETag!.ToString()));

        Assert.Equal((true, TimeSpan.FromMinutes(1)), (first.Headers.CacheControl!.Public, first.Headers.CacheControl.MaxAge));
        Assert.Equal((HttpStatusCode.NotModified, HttpStatusCode.OK), (again.StatusCode, other.StatusCode));
    }

    [Fact]
    public async Task Badge_BadQuery_NamesEveryMistake()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var response = await head.GetAsync("/badge/docs.svg?show=colour&range=1y");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await ApiSchemas.CheckAsync("problem", response);
        Assert.Equal(
            ["show is one of state, uptime, p95, tools, drift.", "range is one of 24h, 7d, 30d, 90d."],
            problem.GetProperty("errors").EnumerateArray().Select(each => each.GetProperty("message").GetString()));
    }
}
