using System.Net;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Incidents of all endpoints, on the page and in the API: the same filters.</summary>
public sealed class IncidentListTests
{
    private static readonly (string, string) Key = ("X-Api-Key", WebHead.Key);

    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };

    [Theory]
    [InlineData("", "shop-outage,desk-drift,shop-degraded,gone-outage")]
    [InlineData("?state=open", "shop-outage,desk-drift")]
    [InlineData("?state=resolved", "shop-degraded,gone-outage")]
    [InlineData("?kind=outage", "shop-outage,gone-outage")]
    [InlineData("?endpoint=desk", "desk-drift")]
    [InlineData("?group=Sales", "shop-outage,shop-degraded")]
    [InlineData("?group=Nobody", "")]
    [InlineData("?from=2026-11-21&to=2026-11-21", "shop-degraded")]
    [InlineData("?from=2026-11-21", "shop-outage,desk-drift,shop-degraded")]
    [InlineData("?to=2026-11-21", "shop-degraded,gone-outage")]
    [InlineData("?from=2026-11-22T21:30:00Z", "shop-outage")]
    [InlineData("?state=&kind=&endpoint=&group=&from=&to=", "shop-outage,desk-drift,shop-degraded,gone-outage")]
    public async Task Filters_OfThePageAndTheApi_FindTheSame(string query, string expected)
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());

        var page = await head.PageAsync("/incidents" + query, Key);
        using var response = await head.GetAsync("/api/incidents" + query, Key);
        var list = await ApiSchemas.CheckAsync("incident-list", response);

        string[] wanted = [.. expected.Split(',', StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(wanted, page.QuerySelectorAll(".history > li a[href^='/incidents/']").Select(link => Name(link.GetAttribute("href")!["/incidents/".Length..])));
        Assert.Equal(wanted, list.GetProperty("incidents").EnumerateArray().Select(each => Name(each.GetProperty("incident").GetProperty("id").GetString()!)));
    }

    [Theory]
    [InlineData("?from=2026-11-22&to=2026-11-20", "to", "must come after from")]
    [InlineData("?from=yesterday", "from", "must be a day such as")]
    [InlineData("?to=2026-13-01", "to", "must be a day such as")]
    [InlineData("?kind=none", "kind", "must be one of outage, degraded")]
    [InlineData("?state=shut", "state", "must be open or resolved")]
    [InlineData("?endpoint=%3Cscript%3E", "endpoint", "must be the id of an endpoint")]
    [InlineData("?before=now", "before", "must be an instant")]
    public async Task Filters_ThatMakeNoSense_AreToldAtTheFieldAndInTheApi(string query, string field, string sentence)
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());

        using var answer = await head.GetAsync("/incidents" + query, Key);
        var page = await head.PageAsync("/incidents" + query, Key);
        using var response = await head.GetAsync("/api/incidents" + query, Key);
        var problem = await ApiSchemas.CheckAsync("problem", response);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (answer.StatusCode, response.StatusCode));
        Assert.Contains(sentence, page.QuerySelector($"#{field}-mistake")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("?" + field, problem.GetProperty("errors")[0].GetProperty("path").GetString());
        Assert.Contains(sentence, problem.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Items_SayHowLongItLastedAndWhatResolvedIt()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());

        var items = (await head.PageAsync("/incidents", Key)).QuerySelectorAll(".history > li").Select(item => PageTests.Words(item.TextContent)).ToList();

        Assert.StartsWith("outage Shop 2026-11-22 22:00:30Z open for 10 min", items[0], StringComparison.Ordinal);
        Assert.StartsWith("degraded Shop 2026-11-21 10:10:30Z lasted 42 min", items[2], StringComparison.Ordinal);
        Assert.EndsWith("Resolved 2026-11-21 10:52:30Z: it is within its limits again", items[2], StringComparison.Ordinal);
        Assert.StartsWith("outage gone (no longer watched)", items[3], StringComparison.Ordinal);
        Assert.EndsWith("the endpoint was deleted", items[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_KeepTheFilter_AndShowEachIncidentOnce()
    {
        var store = new SampleStore();
        store.Add(new(Samples.Endpoint("a", name: "A"), EndpointSource.Api), EndpointState.New, []);
        for (var i = 0; i < 130; i++)
        {
            var incident = Samples.Incident("a", i % 2 == 0 ? IncidentKind.Outage : IncidentKind.Drift, TimeSpan.FromHours(i + 1), $"Number {i}", "rule", TimeSpan.FromMinutes(1));
            store.Incidents.Add(incident.Id, incident);
        }

        await using var head = await WebHead.StartAsync(Keyed, store);
        var seen = new List<string>();
        for (var path = "/incidents?kind=outage"; path is not null;)
        {
            var page = await head.PageAsync(path, Key);
            Assert.Equal("outage", page.QuerySelector("#kind option[selected]")!.GetAttribute("value"));
            seen.AddRange(page.QuerySelectorAll(".history a[href^='/incidents/']").Select(link => link.GetAttribute("href")!));
            path = page.QuerySelector("a[rel=next]")?.GetAttribute("href");
        }

        Assert.Equal((65, 65), (seen.Count, seen.Distinct().Count()));
    }

    [Fact]
    public async Task Public_SeesNoList()
    {
        await using var head = await WebHead.StartAsync(Keyed, Store());
        using var response = await head.GetAsync("/incidents");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static string Name(string id) => string.Join('-', id.Split('_')[..2]);

    private static SampleStore Store()
    {
        var store = new SampleStore();
        Incident[] open =
        [
            Samples.Incident("shop", IncidentKind.Outage, TimeSpan.FromMinutes(10), "It does not answer.", "failures-in-a-row"),
            Samples.Incident("desk", IncidentKind.Drift, TimeSpan.FromHours(1), "Tools changed.", "catalog-changed-breaking"),
        ];
        store.Add(
            new(Samples.Endpoint("shop", name: "Shop", group: "Sales"), EndpointSource.Api), Samples.State(Verdict.Down, TimeSpan.FromMinutes(12), open[0]), [],
            [open[0], Samples.Incident("shop", IncidentKind.Degraded, TimeSpan.FromHours(36), "Slow.", "within-limits-again", TimeSpan.FromMinutes(42))]);
        store.Add(new(Samples.Endpoint("desk"), EndpointSource.Api), Samples.State(Verdict.Healthy, TimeSpan.FromDays(1), open[1]), [], [open[1]]);
        var gone = Samples.Incident("gone", IncidentKind.Outage, TimeSpan.FromDays(9), "It did not answer.", "endpoint-deleted", TimeSpan.FromHours(3));
        store.Incidents.Add(gone.Id, gone);
        return store;
    }
}
