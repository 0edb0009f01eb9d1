using System.Net;
using System.Text;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Accepting a baseline and comparing catalogues, through the API and on the page.</summary>
public sealed class BaselineTests
{
    private const string DriftedHash = "sha256:drifted";

    private static readonly DateTimeOffset DriftedAt = Samples.Now - TimeSpan.FromMinutes(48);

    [Fact]
    public async Task Accept_DriftedCatalog_BecomesTheBaseline()
    {
        await using var head = await DriftedAsync();

        using var response = await PostAsync(head, """{"by":" Ann ","hash":"sha256:drifted"}""");

        var baseline = await ApiSchemas.CheckAsync("baseline", response);
        Assert.Equal((DriftedHash, "Ann"), (baseline.GetProperty("hash").GetString(), baseline.GetProperty("acceptedBy").GetString()));
        Assert.Equal("baseline-accepted", Assert.Single(head.Store.HandedOver).Incident.Rule);
        var state = (await head.Store.ReadStateAsync("search", TestContext.Current.CancellationToken))!.State;
        Assert.Empty(state.OpenIncidents);
        Assert.Equal(DriftedHash, state.Baseline?.Reference.Hash);
    }

    [Theory]
    [InlineData("{}", 400, "who accepts")]
    [InlineData("""{"by":" "}""", 400, "who accepts")]
    [InlineData("""{"by":"Ann","force":true}""", 400, "not what is expected")]
    [InlineData("nonsense", 400, "not what is expected")]
    [InlineData("""{"by":"Ann","hash":"sha256:seen-yesterday"}""", 409, "changed since it was reviewed: it is sha256:drifted")]
    public async Task Accept_BadRequest_ChangesNothing(string body, int status, string said)
    {
        await using var head = await DriftedAsync();

        using var response = await PostAsync(head, body);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(said, (await ApiSchemas.CheckAsync("problem", response)).GetRawText(), StringComparison.Ordinal);
        Assert.Empty(head.Store.HandedOver);
    }

    [Fact]
    public async Task Accept_FrozenOrUnknown_IsRefused()
    {
        await using var head = await DriftedAsync(DriftPolicy.Freeze);

        using var frozen = await PostAsync(head, """{"by":"Ann"}""");
        using var unknown = await PostAsync(head, """{"by":"Ann"}""", "nobody");
        using var unread = await PostAsync(head, """{"by":"Ann"}""", "new");

        Assert.Equal((409, 404, 409), ((int)frozen.StatusCode, (int)unknown.StatusCode, (int)unread.StatusCode));
        Assert.Contains("freeze", (await ApiSchemas.CheckAsync("problem", frozen)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "input-required-added")]
    [InlineData("?from=2026-11-22T00:00:00Z&to=2026-11-22T22:00:00Z", "input-required-added")]
    [InlineData("?from=2026-11-22T22:00:00Z&to=2026-11-22T22:09:00Z", null)]
    [InlineData("?from=sha256:drifted&to=sha256:drifted", null)]
    public async Task Compare_TwoPoints_GivesTheChangesBetweenThem(string query, string? rule)
    {
        await using var head = await DriftedAsync();

        using var response = await head.GetAsync("/api/endpoints/search/compare" + query);

        var comparison = await ApiSchemas.CheckAsync("comparison", response);
        Assert.Equal(rule, comparison.GetProperty("changes").EnumerateArray().Select(one => one.GetProperty("rule").GetString()).FirstOrDefault());
        Assert.Equal(rule is null ? null : "breaking", comparison.GetProperty("maximum").GetString());
    }

    [Fact]
    public async Task Compare_NoSuchPoint_IsAProblem()
    {
        await using var head = await DriftedAsync();

        using var response = await head.GetAsync("/api/endpoints/search/compare?from=yesterday&to=sha256:other");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(2, (await ApiSchemas.CheckAsync("problem", response)).GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task Page_Drifted_OffersToCompareAndToAccept()
    {
        await using var head = await DriftedAsync();
        var page = await head.PageAsync("/endpoints/search");
        Assert.Contains("not yet reviewed", page.QuerySelector("#drift")!.ParentElement!.TextContent, StringComparison.Ordinal);
        Assert.Equal(2, page.QuerySelectorAll("select#from option").Length);

        var compared = await head.PageAsync($"/endpoints/search/compare?from={Samples.BaselineHash}&to={DriftedHash}");
        Assert.Contains("input-required-added", compared.Body!.TextContent, StringComparison.Ordinal);

        var form = page.QuerySelector("form[action='/endpoints/search/baseline']")!;
        var fields = new Dictionary<string, string> { ["hash"] = form.QuerySelector("[name=hash]")!.GetAttribute("value")!, ["by"] = "Ann" };
        using var accepted = await head.SendAsync(HttpMethod.Post, "/endpoints/search/baseline", new FormUrlEncodedContent(fields));
        Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/search#drift"), (accepted.StatusCode, accepted.Headers.Location?.OriginalString));
        Assert.Contains("accepted by Ann", (await head.PageAsync("/endpoints/search")).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_Public_OffersNeither()
    {
        await using var head = await DriftedAsync(key: WebHead.Key);

        var page = await head.PageAsync("/endpoints/search");
        using var accepted = await head.SendAsync(HttpMethod.Post, "/endpoints/search/baseline", new FormUrlEncodedContent([new("by", "Ann")]));
        using var compared = await head.GetAsync("/endpoints/search/compare");

        Assert.Empty(page.QuerySelectorAll("form.inline"));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (accepted.StatusCode, compared.StatusCode));
        Assert.Empty(head.Store.HandedOver);
    }

    private static Task<HttpResponseMessage> PostAsync(WebHead head, string body, string id = "search") =>
        head.SendAsync(HttpMethod.Post, $"/api/endpoints/{id}/baseline", new StringContent(body, Encoding.UTF8, "application/json"));

    private static Task<WebHead> DriftedAsync(DriftPolicy policy = DriftPolicy.Review, string? key = null)
    {
        var store = new SampleStore();
        var open = Samples.Incident("search", IncidentKind.Drift, TimeSpan.FromMinutes(48), "The catalogue changed.", "catalog-changed-twice");
        var state = Samples.State(Verdict.Healthy, TimeSpan.FromDays(3), open) with { Drifted = new("2025-11-25", DriftedHash, DriftedAt) };
        store.Add(new(Samples.Endpoint("search") with { DriftPolicy = policy }, EndpointSource.Api), state, [], [open]);
        store.Add(new(Samples.Endpoint("new"), EndpointSource.Api), EndpointState.New, []);
        store.Add(new DriftRecord("search", DriftedAt, "2025-11-25", Samples.BaselineHash, DriftedHash, []));
        store.AddCatalog(Samples.BaselineHash, Catalog("""["query"]"""));
        store.AddCatalog(DriftedHash, Catalog("""["query","region"]"""));
        return WebHead.StartAsync(key is null ? null : new WebOptions { ApiKey = key }, store);
    }

    private static byte[] Catalog(string required) => Encoding.UTF8.GetBytes(
        """{"formula":1,"server":{"capabilities":{},"instructions":null,"name":"search"},"tools":[{"inputSchema":{"properties":{"query":{"type":"string"},"region":{"type":"string"}},"required":"""
        + required + ""","type":"object"},"name":"find"}]}""");
}
