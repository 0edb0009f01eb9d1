using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Times without alerts: asked for, ended and shown, through the API and on the page.</summary>
public sealed class MaintenanceTests
{
    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };

    [Theory]
    [InlineData("""{"duration":"2h","by":" Ann ","reason":"upgrade"}""", "2026-11-22T22:10:30Z", "2026-11-23T00:10:30Z", true)]
    [InlineData("""{"until":"2026-11-23T01:00:00+01:00","by":"Ann"}""", "2026-11-22T22:10:30Z", "2026-11-23T00:00:00Z", true)]
    [InlineData("""{"duration":"720h","by":"Ann"}""", "2026-11-22T22:10:30Z", "2026-12-22T22:10:30Z", true)]
    [InlineData("""{"from":"2026-11-24T00:00:00Z","duration":"30m","by":"Ann","reason":null}""", "2026-11-24T00:00:00Z", "2026-11-24T00:30:00Z", false)]
    public async Task Set_AnyEndpoint_IsAnsweredAndShown(string body, string from, string until, bool active)
    {
        // 'payments' is of the probes file.
        await using var head = await WebHead.StartAsync(store: Samples.Evening());

        using var response = await PostAsync(head, body, "payments");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var set = await ApiSchemas.CheckAsync("maintenance", response);
        Assert.Equal(
            ("Ann", DateTimeOffset.Parse(from, null), DateTimeOffset.Parse(until, null)),
            (set.GetProperty("by").GetString(), set.GetProperty("from").GetDateTimeOffset(), set.GetProperty("until").GetDateTimeOffset()));
        using var endpoint = await head.GetAsync("/api/endpoints/payments");
        var document = await ApiSchemas.CheckAsync("endpoint", endpoint);
        using var status = await head.GetAsync("/api/status");
        var brief = (await ApiSchemas.CheckAsync("status", status)).GetProperty("endpoints").EnumerateArray().Single(one => one.GetProperty("id").GetString() == "payments");
        Assert.Equal(active, document.GetProperty("maintenance").ValueKind is JsonValueKind.Object);
        Assert.Equal(active, brief.GetProperty("maintenance").ValueKind is JsonValueKind.Object);
        var shown = document.GetProperty(active ? "maintenance" : "nextMaintenance");
        Assert.Equal(("ad-hoc", DateTimeOffset.Parse(until, null)), (shown.GetProperty("source").GetString(), shown.GetProperty("until").GetDateTimeOffset()));
    }

    [Theory]
    [InlineData("""{"by":"Ann"}""", "duration")]
    [InlineData("""{"duration":"2h","until":"2026-11-23T00:00:00Z","by":"Ann"}""", "duration")]
    [InlineData("""{"duration":"soon","by":"Ann"}""", "duration")]
    [InlineData("""{"duration":"0s","by":"Ann"}""", "duration")]
    [InlineData("""{"duration":"721h","by":"Ann"}""", "duration")]
    [InlineData("""{"until":"tomorrow","by":"Ann"}""", "until")]
    [InlineData("""{"until":"2026-11-22T22:10:30Z","by":"Ann"}""", "until")]
    [InlineData("""{"until":"2026-12-22T22:10:31Z","by":"Ann"}""", "until")]
    [InlineData("""{"until":"2026-11-23T00:00:00Z","from":"2026-11-23T01:00:00Z","by":"Ann"}""", "until")]
    [InlineData("""{"duration":"1h","from":"2026-11-22T21:00:00Z","by":"Ann"}""", "from")]
    [InlineData("""{"duration":"1h","from":"9999-12-31T23:59:59Z","by":"Ann"}""", "from")]
    [InlineData("""{"duration":"1h","from":"now","by":"Ann"}""", "from")]
    [InlineData("""{"duration":"1h"}""", "by")]
    [InlineData("""{"duration":"1h","by":" "}""", "by")]
    [InlineData("""{"duration":"soon","by":"","from":"now"}""", "duration", "from", "by")]
    [InlineData("""{"duration":"1h","by":"Ann","forever":true}""", "$.forever")]
    [InlineData("[]", "$")]
    [InlineData("null", "duration", "by")]
    public async Task Set_WithMistakes_NamesThemAllAndChangesNothing(string body, params string[] paths)
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var response = await PostAsync(head, body);
        var errors = (await ApiTests.ProblemAsync(response, 400)).GetProperty("errors");
        Assert.Equal(paths, errors.EnumerateArray().Select(error => error.GetProperty("path").GetString()));
        Assert.Null((await head.Store.ReadStateAsync("docs", TestContext.Current.CancellationToken))!.State.Maintenance);
    }

    [Fact]
    public async Task Set_WithALongReason_IsRefused()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var response = await PostAsync(head, $$"""{"duration":"1h","by":"Ann","reason":"{{new string('x', 201)}}"}""");
        Assert.Contains("200 characters", (await ApiTests.ProblemAsync(response, 400)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_OfOneAskedFor_EndsIt_AndASecondTimeFindsNone()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var set = await PostAsync(head, """{"duration":"2h","by":"Ann"}""");
        using var first = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/docs/maintenance");
        using var second = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/docs/maintenance");
        using var unknown = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/nobody/maintenance");
        using var nobodys = await PostAsync(head, """{"duration":"2h","by":"Ann"}""", "nobody");
        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.Contains("planned window", (await ApiTests.ProblemAsync(second, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await ApiTests.ProblemAsync(unknown, 404);
        await ApiTests.ProblemAsync(nobodys, 404);
    }

    [Fact]
    public async Task End_OfOneThatIsOver_FindsNone()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var set = await PostAsync(head, """{"duration":"2h","by":"Ann"}""");
        head.Time.Advance(TimeSpan.FromHours(2));
        using var late = await head.SendAsync(HttpMethod.Delete, "/api/endpoints/docs/maintenance");
        await ApiTests.ProblemAsync(late, 409);
    }

    [Fact]
    public async Task PlannedWindow_IsShownNowAndNext()
    {
        // It is 22:10:30 UTC on a Sunday.
        await using var head = await WindowAsync(new("0 22 * * SUN", TimeSpan.FromHours(1)), new("0 3 * * *", TimeSpan.FromHours(2), "Europe/Berlin"));

        using var response = await head.GetAsync("/api/endpoints/w");

        var document = await ApiSchemas.CheckAsync("endpoint", response);
        Assert.Equal(
            """{"from":"2026-11-22T22:00:00Z","until":"2026-11-22T23:00:00Z","source":"window"}""", document.GetProperty("maintenance").GetRawText());
        Assert.Equal(
            """{"from":"2026-11-23T02:00:00Z","until":"2026-11-23T04:00:00Z","source":"window"}""", document.GetProperty("nextMaintenance").GetRawText());
        var page = await head.PageAsync("/endpoints/w");
        var text = PageTests.Words(page.QuerySelector("section[aria-labelledby=maintenance]")!.TextContent);
        Assert.Contains("In maintenance until 2026-11-22 23:00:00Z (in 49 min): probes go on, and nobody is alerted. It is a planned window.", text, StringComparison.Ordinal);
        Assert.Contains("Next planned window: 2026-11-23 02:00:00Z to 2026-11-23 04:00:00Z (in 3 h 49 min)", text, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("form[action$='/maintenance/end']"));
        Assert.Equal("maintenance", (await head.PageAsync("/")).QuerySelector(".endpoints .in-maintenance")?.TextContent.Trim());
    }

    [Fact]
    public async Task Form_BeginsAndEndsAMaintenance()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        var form = (await head.PageAsync("/endpoints/docs")).QuerySelector("form[action='/endpoints/docs/maintenance']")!;
        Assert.Equal("1h", form.QuerySelector("option[selected]")?.GetAttribute("value"));

        using var begun = await FormAsync(head, "/endpoints/docs/maintenance", ("duration", "168h"), ("by", "Ann"), ("reason", "a <b>move</b>"));

        Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/docs#maintenance"), (begun.StatusCode, begun.Headers.Location?.OriginalString));
        var page = await head.PageAsync("/endpoints/docs");
        Assert.Contains(
            "Asked for by Ann, from 2026-11-22 22:10:30Z to 2026-11-29 22:10:30Z: a <b>move</b>",
            PageTests.Words(page.QuerySelector("section[aria-labelledby=maintenance]")!.TextContent), StringComparison.Ordinal);
        Assert.Equal("End now", page.QuerySelector("form[action='/endpoints/docs/maintenance/end'] button")!.TextContent);

        using var ended = await FormAsync(head, "/endpoints/docs/maintenance/end");
        Assert.Equal((HttpStatusCode.SeeOther, "/endpoints/docs#maintenance"), (ended.StatusCode, ended.Headers.Location?.OriginalString));
        Assert.Contains("Not in maintenance", (await head.PageAsync("/endpoints/docs")).Body!.TextContent, StringComparison.Ordinal);
        using var again = await FormAsync(head, "/endpoints/docs/maintenance/end");
        Assert.Equal((HttpStatusCode.Conflict, "text/html"), (again.StatusCode, again.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Form_OfOneAhead_OffersToCallItOff()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var set = await PostAsync(head, """{"duration":"2h","from":"2026-11-23T08:00:00Z","by":"Ann"}""");
        var page = await head.PageAsync("/endpoints/docs");
        Assert.Equal("Call it off", page.QuerySelector("form[action='/endpoints/docs/maintenance/end'] button")!.TextContent);
        Assert.Empty(page.QuerySelectorAll(".in-maintenance"));
    }

    [Fact]
    public async Task Form_WithMistakes_SaysWhichOnAPage()
    {
        await using var head = await WebHead.StartAsync(store: Samples.Evening());
        using var response = await FormAsync(head, "/endpoints/docs/maintenance", ("duration", "soon"), ("by", ""));
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.BadRequest, "text/html"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains("&#x27;duration&#x27; is no duration", text, StringComparison.Ordinal);
        Assert.Contains("Say who asks for it", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own", 303)]
    [InlineData("http://example.com", 403)]
    [InlineData(null, 403)]
    public async Task Form_ByCookie_MustComeFromOurOwnPages(string? origin, int status)
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        using var signIn = await FormAsync(head, "/sign-in", ("key", WebHead.Key));
        var cookie = ("Cookie", Assert.Single(signIn.Headers.GetValues("Set-Cookie")).Split(';')[0]);
        (string, string)[] headers = origin is null ? [cookie] : [cookie, ("Origin", origin == "own" ? head.Url.GetLeftPart(UriPartial.Authority) : origin)];
        foreach (var (path, fields) in new[] { ("/endpoints/docs/maintenance", "duration=1h&by=Ann"), ("/endpoints/docs/maintenance/end", "") })
        {
            using var content = new StringContent(fields, Encoding.UTF8, "application/x-www-form-urlencoded");
            using var response = await head.SendAsync(HttpMethod.Post, path, content, headers);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task EndpointPage_ForThePublic_SaysThatItIsInMaintenanceAndNotWhoAskedForIt()
    {
        await using var head = await WebHead.StartAsync(Keyed, Samples.Evening());
        using var set = await head.SendAsync(
            HttpMethod.Post, "/api/endpoints/docs/maintenance", new StringContent("""{"duration":"2h","by":"Ann","reason":"secret plan"}"""), ("X-Api-Key", WebHead.Key));
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);

        var page = await head.PageAsync("/endpoints/docs");
        using var status = await head.GetAsync("/api/status");

        Assert.Contains("Until 2026-11-23 00:10:30Z (in 2 h) nobody is alerted", PageTests.Words(page.QuerySelector(".headline")!.TextContent), StringComparison.Ordinal);
        Assert.Null(page.QuerySelector("#maintenance"));
        foreach (var text in new[] { page.Body!.TextContent, await status.Content.ReadAsStringAsync(TestContext.Current.CancellationToken) })
        {
            Assert.DoesNotContain("Ann", text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret plan", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Results_InMaintenance_AreMarkedInTheBarAndTheTable()
    {
        var store = new SampleStore();
        store.Add(
            new(Samples.Endpoint("a"), EndpointSource.Api),
            Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)),
            Samples.Minutes(5, (i, at) => Samples.Healthy("a", at) with { Maintenance = i is 1 or 2 }));
        await using var head = await WebHead.StartAsync(store: store);

        var page = await head.PageAsync("/endpoints/a");

        var bar = page.QuerySelector("svg.bar")!;
        Assert.Equal(2, bar.QuerySelectorAll("rect.hollow").Length);
        Assert.EndsWith("; 2 in maintenance", bar.GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.All(bar.QuerySelectorAll("rect.hollow"), one => Assert.EndsWith("in maintenance", one.TextContent, StringComparison.Ordinal));
        Assert.Equal(
            [false, true, true, false, false],
            page.QuerySelectorAll(".results tbody tr").Select(row => row.QuerySelector(".in-maintenance") is not null));
    }

    private static Task<HttpResponseMessage> PostAsync(WebHead head, string body, string id = "docs") =>
        head.SendAsync(HttpMethod.Post, $"/api/endpoints/{id}/maintenance", new StringContent(body, Encoding.UTF8, "application/json"));

    private static Task<HttpResponseMessage> FormAsync(WebHead head, string path, params (string Name, string Value)[] fields) =>
        head.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    private static Task<WebHead> WindowAsync(params MaintenanceWindow[] windows)
    {
        var store = new SampleStore();
        store.Add(
            new(Samples.Endpoint("w") with { Maintenance = windows }, EndpointSource.File), Samples.State(Verdict.Healthy, TimeSpan.FromHours(1)), []);
        return WebHead.StartAsync(store: store);
    }
}
