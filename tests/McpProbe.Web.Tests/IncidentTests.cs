using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests;

/// <summary>Incidents: their page, and what people do about them, by page and API.</summary>
public sealed class IncidentTests
{
    private const string Outage = "payments_outage_20261122T215800000Z";
    private const string Past = "payments_outage_20261121T191030000Z";
    private const string Hidden = "browser_outage_20261122T220030000Z";

    private static readonly WebOptions Keyed = new() { ApiKey = WebHead.Key };
    private static readonly (string, string) Key = ("X-Api-Key", WebHead.Key);

    private static SampleStore Evening()
    {
        var store = Samples.Evening();
        // Down for as long as it takes: what is judged anew stays open.
        store.Set("payments", store.StateOf("payments") with
        {
            Locations = new Dictionary<string, LocationState> { ["local"] = new(Samples.Now.AddSeconds(-30), Verdict.Down, Failures: 3, Successes: 0) },
        });
        var hidden = Samples.Incident("browser", IncidentKind.Outage, TimeSpan.FromMinutes(10), "It crashed.", "failures-in-a-row");
        store.Incidents.Add(hidden.Id, hidden);
        store.Set("browser", store.StateOf("browser") with { OpenIncidents = [hidden] });
        var gone = Samples.Incident("gone", IncidentKind.Outage, TimeSpan.FromDays(3), "It was there once.", "endpoint-deleted", TimeSpan.FromHours(1));
        store.Incidents.Add(gone.Id, gone);
        return store;
    }

    private static Task<HttpResponseMessage> PostAsync(WebHead head, string path, string body, params (string, string)[] headers) =>
        head.SendAsync(HttpMethod.Post, path, new StringContent(body, Encoding.UTF8, "application/json"), headers);

    private static Task<HttpResponseMessage> FormAsync(WebHead head, string path, params (string Name, string Value)[] fields) =>
        head.SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    private static async Task<string[]> IdsAsync(WebHead head, string query)
    {
        using var response = await head.GetAsync("/api/incidents" + query);
        var list = await ApiSchemas.CheckAsync("incident-list", response);
        return [.. list.GetProperty("incidents").EnumerateArray().Select(one => one.GetProperty("incident").GetProperty("id").GetString()!)];
    }

    [Fact]
    public async Task Get_One_IsTheIncidentWithItsDeliveries()
    {
        await using var head = await WebHead.StartAsync(store: Evening());

        using var response = await head.GetAsync("/api/incidents/" + Outage);

        var detail = await ApiSchemas.CheckAsync("incident-detail", response);
        Assert.Equal(Outage, detail.GetProperty("incident").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, detail.GetProperty("acknowledgement").ValueKind);
        Assert.Equal(["ops", "pager"], detail.GetProperty("deliveries").EnumerateArray().Select(each => each.GetProperty("channel").GetString()));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("payments_outage_20200101T000000000Z")]
    [InlineData("nobody_outage_20261122T215800000Z")]
    [InlineData("payments_nonsense_20261122T215800000Z")]
    [InlineData("payments_outage_yesterday")]
    [InlineData("%3Cscript%3E_outage_20261122T215800000Z")]
    public async Task Get_NoSuchIncident_Is404(string id)
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, ""), (HttpMethod.Post, "/acknowledge"), (HttpMethod.Delete, "/acknowledge"), (HttpMethod.Post, "/notes"),
        })
        {
            using var content = method == HttpMethod.Post
                ? new StringContent(path == "/notes" ? """{"by":"Ann","text":"x"}""" : """{"by":"Ann"}""", Encoding.UTF8, "application/json")
                : null;
            using var response = await head.SendAsync(method, $"/api/incidents/{id}{path}", content);
            await ApiTests.ProblemAsync(response, 404);
        }

        using var page = await head.GetAsync("/incidents/" + id);
        Assert.Equal((HttpStatusCode.NotFound, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task List_Filters_AndPages()
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        var all = await IdsAsync(head, "");

        Assert.Equal(5, all.Length);
        Assert.Equal([Hidden, Outage], (await IdsAsync(head, "?state=open&kind=outage")));
        Assert.Equal([Past], await IdsAsync(head, "?state=resolved&endpoint=payments"));
        Assert.Single(await IdsAsync(head, "?kind=drift"));
        Assert.Empty(await IdsAsync(head, "?endpoint=nobody"));

        var paged = new List<string>();
        string? next = null;
        do
        {
            using var response = await head.GetAsync($"/api/incidents?limit=2{(next is null ? "" : $"&before={next}")}");
            var page = await ApiSchemas.CheckAsync("incident-list", response);
            paged.AddRange(page.GetProperty("incidents").EnumerateArray().Select(one => one.GetProperty("incident").GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);
        Assert.Equal(all, paged);
    }

    [Fact]
    public async Task List_ManyOfOneInstant_LosesNone()
    {
        var store = new SampleStore();
        foreach (var i in Enumerable.Range(0, 500))
        {
            var incident = Samples.Incident($"e{i:D3}", IncidentKind.Outage, TimeSpan.FromMinutes(i / 150), "x", "failures-in-a-row");
            store.Incidents.Add(incident.Id, incident);
        }

        await using var head = await WebHead.StartAsync(store: store);
        var seen = new List<string>();
        string? next = null;
        do
        {
            using var response = await head.GetAsync($"/api/incidents?limit=10{(next is null ? "" : $"&before={next}")}");
            var page = await ApiSchemas.CheckAsync("incident-list", response);
            seen.AddRange(page.GetProperty("incidents").EnumerateArray().Select(one => one.GetProperty("incident").GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        Assert.Equal((500, 500), (seen.Count, seen.Distinct().Count()));
    }

    [Theory]
    [InlineData("?state=closed", "?state")]
    [InlineData("?kind=fire", "?kind")]
    [InlineData("?endpoint=A_B", "?endpoint")]
    [InlineData("?limit=0", "?limit")]
    [InlineData("?before=yesterday", "?before")]
    public async Task List_WrongQuery_SaysWhichPart(string query, string path)
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var response = await head.GetAsync("/api/incidents" + query);
        Assert.Equal(path, Assert.Single((await ApiTests.ProblemAsync(response, 400)).GetProperty("errors").EnumerateArray()).GetProperty("path").GetString());
    }

    [Theory]
    [InlineData("""{"by":" Ann "}""", "2026-11-23T06:10:30Z")]
    [InlineData("""{"by":"Ann","duration":"30m"}""", "2026-11-22T22:40:30Z")]
    [InlineData("""{"by":"Ann","until":"2026-11-23T01:00:00+01:00"}""", "2026-11-23T00:00:00Z")]
    public async Task Acknowledge_AnOpenIncident_IsAnsweredShownAndTakenBack(string body, string until)
    {
        await using var head = await WebHead.StartAsync(store: Evening());

        using var response = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var taken = (await ApiSchemas.CheckAsync("incident-detail", response)).GetProperty("acknowledgement");
        Assert.Equal(("Ann", DateTimeOffset.Parse(until, null)), (taken.GetProperty("by").GetString(), taken.GetProperty("until").GetDateTimeOffset()));
        // Twice is as once.
        using var again = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", body);
        Assert.Single((await ApiSchemas.CheckAsync("incident-detail", again)).GetProperty("incident").GetProperty("acknowledgements").EnumerateArray());
        var page = await head.PageAsync("/incidents/" + Outage);
        Assert.Contains($"Ann has taken it on until {until.Replace('T', ' ')}", PageTests.Words(page.QuerySelector(".taken")!.TextContent), StringComparison.Ordinal);
        Assert.Contains("taken on by Ann", PageTests.Words((await head.PageAsync("/")).QuerySelector(".incidents")!.TextContent), StringComparison.Ordinal);
        using var list = await head.GetAsync("/api/incidents?endpoint=payments");
        Assert.Equal("Ann", (await ApiSchemas.CheckAsync("incident-list", list)).GetProperty("incidents")[0].GetProperty("acknowledgement").GetProperty("by").GetString());

        for (var i = 0; i < 2; i++)
        {
            using var back = await head.SendAsync(HttpMethod.Delete, $"/api/incidents/{Outage}/acknowledge");
            Assert.Equal(HttpStatusCode.NoContent, back.StatusCode);
        }

        Assert.Null((await head.PageAsync("/incidents/" + Outage)).QuerySelector(".taken"));
    }

    [Fact]
    public async Task Acknowledge_WhenItsTimeIsOver_StandsNoMore()
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var taken = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", """{"by":"Ann","duration":"30m"}""");
        head.Time.Advance(TimeSpan.FromMinutes(30));

        using var response = await head.GetAsync("/api/incidents/" + Outage);

        Assert.Equal(JsonValueKind.Null, (await ApiSchemas.CheckAsync("incident-detail", response)).GetProperty("acknowledgement").ValueKind);
        Assert.Contains(
            "2026-11-22 22:40:30Z The time ran out: taken from Ann",
            PageTests.Words((await head.PageAsync("/incidents/" + Outage)).QuerySelector(".m-ranout")!.TextContent), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "by")]
    [InlineData("""{"by":" "}""", "by")]
    [InlineData("""{"by":"Ann","duration":"soon"}""", "duration")]
    [InlineData("""{"by":"Ann","duration":"0s"}""", "duration")]
    [InlineData("""{"by":"Ann","duration":"169h"}""", "duration")]
    [InlineData("""{"by":"Ann","until":"tomorrow"}""", "until")]
    [InlineData("""{"by":"Ann","until":"2026-11-22T22:10:30Z"}""", "until")]
    [InlineData("""{"by":"Ann","until":"2026-11-29T22:10:31Z"}""", "until")]
    [InlineData("""{"by":"Ann","duration":"1h","until":"2026-11-23T00:00:00Z"}""", "duration")]
    [InlineData("""{"duration":"soon","until":"tomorrow"}""", "duration", "until", "duration", "by")]
    [InlineData("""{"by":"Ann","for":"1h"}""", "$.for")]
    [InlineData("[]", "$")]
    [InlineData("null", "by")]
    public async Task Acknowledge_WithMistakes_NamesThemAllAndChangesNothing(string body, params string[] paths)
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var response = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", body);
        var errors = (await ApiTests.ProblemAsync(response, 400)).GetProperty("errors");
        Assert.Equal(paths, errors.EnumerateArray().Select(error => error.GetProperty("path").GetString()));
        Assert.Null(head.Store.StateOf("payments").OpenIncidents[0].Acknowledgements);
    }

    [Fact]
    public async Task Acknowledge_AResolvedOne_IsAConflict()
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var response = await PostAsync(head, $"/api/incidents/{Past}/acknowledge", """{"by":"Ann"}""");
        using var back = await head.SendAsync(HttpMethod.Delete, $"/api/incidents/{Past}/acknowledge");

        Assert.Contains("is resolved", (await ApiTests.ProblemAsync(response, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, back.StatusCode);
    }

    [Theory]
    [InlineData(Outage)]
    [InlineData(Past)]
    [InlineData("gone_outage_20261119T221030000Z")]
    public async Task Note_OpenOrResolved_IsKeptAndShownEscaped(string id)
    {
        await using var head = await WebHead.StartAsync(store: Evening());

        using var response = await PostAsync(head, $"/api/incidents/{id}/notes", """{"by":"Ann","text":" the <b>disk</b> was full\r\nsee \u202Ehere "}""");
        using var second = await PostAsync(head, $"/api/incidents/{id}/notes", """{"by":"Ben","text":"mended"}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (response.StatusCode, second.StatusCode));
        var notes = (await ApiSchemas.CheckAsync("incident-detail", second)).GetProperty("incident").GetProperty("notes");
        Assert.Equal(
            [("Ann", "the <b>disk</b> was full\nsee \u202Ehere", Samples.Now), ("Ben", "mended", Samples.Now)],
            notes.EnumerateArray().Select(note => (note.GetProperty("by").GetString()!, note.GetProperty("text").GetString()!, note.GetProperty("at").GetDateTimeOffset())));
        var page = await head.PageAsync("/incidents/" + id);
        Assert.Equal(["the <b>disk</b> was full\nsee U+202Ehere", "mended"], page.QuerySelectorAll(".note").Select(note => note.TextContent));
        Assert.Empty(page.QuerySelectorAll(".note b"));
    }

    [Theory]
    [InlineData("""{"text":"x"}""", "by")]
    [InlineData("""{"by":"Ann"}""", "text")]
    [InlineData("""{"by":"Ann","text":" \n "}""", "text")]
    [InlineData("null", "by", "text")]
    public async Task Note_WithMistakes_NamesThemAll(string body, params string[] paths)
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var response = await PostAsync(head, $"/api/incidents/{Outage}/notes", body);
        var errors = (await ApiTests.ProblemAsync(response, 400)).GetProperty("errors");
        Assert.Equal(paths, errors.EnumerateArray().Select(error => error.GetProperty("path").GetString()));
    }

    [Theory]
    [InlineData(Outage)]
    [InlineData(Past)]
    public async Task Note_TooLongOrTooMany_AreRefused(string id)
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        using var tooLong = await PostAsync(head, $"/api/incidents/{id}/notes", $$"""{"by":"Ann","text":"{{new string('x', IncidentNote.LongestText + 1)}}"}""");
        await ApiTests.ProblemAsync(tooLong, 400);

        for (var i = 0; i < IncidentNote.Most; i++)
        {
            using var note = await PostAsync(head, $"/api/incidents/{id}/notes", $$"""{"by":"Ann","text":"{{new string('x', IncidentNote.LongestText)}}"}""");
            Assert.Equal(HttpStatusCode.Created, note.StatusCode);
        }

        using var tooMany = await PostAsync(head, $"/api/incidents/{id}/notes", """{"by":"Ann","text":"one more"}""");
        Assert.Contains("30 notes", (await ApiTests.ProblemAsync(tooMany, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty((await head.PageAsync("/incidents/" + id)).QuerySelectorAll("form[action$='/notes']"));
    }

    [Fact]
    public async Task Page_OfAnOpenOutage_SaysWhatSinceWhenAndWhatToDo()
    {
        await using var head = await WebHead.StartAsync(store: Evening());

        var page = await head.PageAsync("/incidents/" + Outage);

        Assert.Equal("Payments is down", page.QuerySelector("h1")!.TextContent);
        var head1 = PageTests.Words(page.QuerySelector(".headline")!.TextContent);
        Assert.Contains("outage critical open for 12 min, since 2026-11-22 21:58:00Z", head1, StringComparison.Ordinal);
        Assert.Contains("3 probes in a row failed", head1, StringComparison.Ordinal);
        Assert.Contains("What to do:", head1, StringComparison.Ordinal);
        Assert.Equal(["/", "/endpoints/payments#incidents"], page.QuerySelectorAll(".crumbs a").Select(link => link.GetAttribute("href")));
        Assert.Contains("2 alerts: 1 delivered, 1 on the way", PageTests.Words(page.QuerySelector(".timeline summary")!.TextContent), StringComparison.Ordinal);
        // Links lead here.
        foreach (var from in new[] { "/", "/endpoints/payments" })
            Assert.NotEmpty((await head.PageAsync(from)).QuerySelectorAll($"a[href='/incidents/{Outage}']"));
    }

    [Fact]
    public async Task Page_Timeline_IsInOrderWithEverything()
    {
        var store = Evening();
        var open = store.StateOf("payments").OpenIncidents[0] with
        {
            Opening = new("failures-in-a-row", "503", new Failure(FailureKind.HttpStatus, Phase.Handshake, "answered 503", 503), Samples.Now.AddMinutes(-14.5)),
            Sequence = 3,
            Escalations = 1,
            Acknowledgements = [new("Ann", Samples.Now.AddMinutes(-9), Samples.Now.AddHours(8)) { EndedAt = Samples.Now.AddMinutes(-8), Ended = AcknowledgementEnd.Worse }],
            Notes = [new("Ben", Samples.Now.AddMinutes(-2), "on it")],
        };
        store.Set("payments", store.StateOf("payments") with { OpenIncidents = [open] });
        store.Add(
            Samples.Delivery(open, 2, "ops", TransitionType.Reminded, McpProbe.Alerts.Deliveries.DeliveryStatus.Delivered, 1, TimeSpan.FromMinutes(8)) with { At = Samples.Now.AddMinutes(-8), Rule = "still-open" },
            Samples.Delivery(open, 3, "pager", TransitionType.Escalated, McpProbe.Alerts.Deliveries.DeliveryStatus.GaveUp, 3, TimeSpan.FromMinutes(4), "no") with { At = Samples.Now.AddMinutes(-5) });
        await using var head = await WebHead.StartAsync(store: store);

        var page = await head.PageAsync("/incidents/" + Outage);

        Assert.Equal(
            ["m-began", "m-opened", "m-acknowledged", "m-reminded", "m-takenbyworse", "m-escalated", "m-noted"],
            page.QuerySelectorAll(".timeline > li").Select(moment => moment.ClassName));
        // What nobody got is not folded.
        Assert.Equal([false, false, true], page.QuerySelectorAll(".timeline details").Select(each => each.HasAttribute("open")));
        Assert.Contains("open for 14 min", PageTests.Words(page.QuerySelector(".headline")!.TextContent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_OfAResolvedOne_TakesNotesAndIsTakenOnNoMore()
    {
        await using var head = await WebHead.StartAsync(store: Evening());

        var page = await head.PageAsync("/incidents/" + Past);

        Assert.Equal("Payments is back", page.QuerySelector("h1")!.TextContent);
        Assert.Contains("resolved after 6 min", PageTests.Words(page.QuerySelector(".headline")!.TextContent), StringComparison.Ordinal);
        Assert.Equal([$"/incidents/{Past}/notes"], page.QuerySelectorAll("form[action^='/incidents/']").Select(form => form.GetAttribute("action")));
    }

    [Fact]
    public async Task Page_OfAnEndpointThatIsGone_IsThere()
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        var page = await head.PageAsync("/incidents/gone_outage_20261119T221030000Z");
        Assert.Equal("gone is no longer watched", page.QuerySelector("h1")!.TextContent);
    }

    [Fact]
    public async Task Forms_TakeOnGiveBackAndNote()
    {
        await using var head = await WebHead.StartAsync(store: Evening());
        Assert.Equal("8h", (await head.PageAsync("/incidents/" + Outage)).QuerySelector("form[action$='/acknowledge'] option[selected]")?.GetAttribute("value"));

        using var taken = await FormAsync(head, $"/incidents/{Outage}/acknowledge", ("by", "Ann"), ("duration", "2h"));
        using var noted = await FormAsync(head, $"/incidents/{Outage}/notes", ("by", "Ann"), ("text", "a\r\nb"));

        Assert.Equal((HttpStatusCode.SeeOther, $"/incidents/{Outage}#timeline"), (taken.StatusCode, taken.Headers.Location?.OriginalString));
        Assert.Equal(HttpStatusCode.SeeOther, noted.StatusCode);
        var open = head.Store.StateOf("payments").OpenIncidents[0];
        Assert.Equal(("Ann", Samples.Now.AddHours(2)), (open.AcknowledgementAt(Samples.Now)!.By, open.AcknowledgementAt(Samples.Now)!.Until));
        Assert.Equal("a\nb", Assert.Single(open.Notes!).Text);

        using var back = await FormAsync(head, $"/incidents/{Outage}/acknowledge/end");
        Assert.Equal(HttpStatusCode.SeeOther, back.StatusCode);
        Assert.Null(head.Store.StateOf("payments").OpenIncidents[0].AcknowledgementAt(Samples.Now));
        using var wrong = await FormAsync(head, $"/incidents/{Outage}/acknowledge", ("by", ""), ("duration", "soon"));
        Assert.Equal((HttpStatusCode.BadRequest, "text/html"), (wrong.StatusCode, wrong.Content.Headers.ContentType?.MediaType));
        using var over = await FormAsync(head, $"/incidents/{Past}/acknowledge", ("by", "Ann"), ("duration", "2h"));
        Assert.Equal(HttpStatusCode.Conflict, over.StatusCode);
    }

    /// <summary>The public sees incidents of public endpoints, and of nobody's doings anything; changes need the key.</summary>
    [Fact]
    public async Task Public_SeesNoPrivateIncidentAndNoPeople()
    {
        await using var head = await WebHead.StartAsync(Keyed, Evening());
        using var taken = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", """{"by":"Ann Somebody"}""", Key);
        using var noted = await PostAsync(head, $"/api/incidents/{Outage}/notes", """{"by":"Ben Nobody","text":"a secret of ours"}""", Key);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created), (taken.StatusCode, noted.StatusCode));

        using var hidden = await head.GetAsync("/incidents/" + Hidden);
        using var missing = await head.GetAsync("/incidents/" + Hidden.Replace("browser", "nobody", StringComparison.Ordinal));
        using var gone = await head.GetAsync("/incidents/gone_outage_20261119T221030000Z");
        Assert.All(new[] { hidden, missing, gone }, response => Assert.Equal(HttpStatusCode.NotFound, response.StatusCode));
        Assert.Equal(
            (await hidden.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Replace("browser", "nobody", StringComparison.Ordinal),
            await missing.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var withKey = await head.GetAsync("/incidents/" + Hidden, Key);
        Assert.Equal(HttpStatusCode.OK, withKey.StatusCode);

        using var status = await head.GetAsync("/api/status");
        await ApiSchemas.CheckAsync("status", status);
        var page = await head.PageAsync("/incidents/" + Outage);
        Assert.Empty(page.QuerySelectorAll("form, .deliveries"));
        foreach (var path in new[] { "/", "/endpoints/payments", "/incidents/" + Outage, "/api/status" })
        {
            using var response = await head.GetAsync(path);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.All(["Ann Somebody", "Ben Nobody", "a secret of ours", "ops"], each => Assert.DoesNotContain(each, text, StringComparison.Ordinal));
        }

        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, "/api/incidents"), (HttpMethod.Get, "/api/incidents/" + Outage), (HttpMethod.Post, $"/api/incidents/{Outage}/acknowledge"),
            (HttpMethod.Delete, $"/api/incidents/{Outage}/acknowledge"), (HttpMethod.Post, $"/api/incidents/{Outage}/notes"),
            (HttpMethod.Post, $"/incidents/{Outage}/acknowledge"), (HttpMethod.Post, $"/incidents/{Outage}/acknowledge/end"), (HttpMethod.Post, $"/incidents/{Outage}/notes"),
        })
        {
            using var response = await head.SendAsync(method, path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }
    }

    /// <summary>A probe commits while somebody acknowledges: neither is lost.</summary>
    [Fact]
    public async Task Acknowledge_WhileAProbeCommits_LosesNeither()
    {
        var store = Evening();
        await using var head = await WebHead.StartAsync(store: store);
        var state = store.StateOf("payments");
        store.BeforeCommit = () => store.Set("payments", state with { Since = Samples.Now });

        using var response = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", """{"by":"Ann"}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((Samples.Now, "Ann"), (store.StateOf("payments").Since!.Value, store.StateOf("payments").OpenIncidents[0].AcknowledgementAt(Samples.Now)!.By));
    }

    /// <summary>It resolves while somebody writes: the note is in what is kept of it.</summary>
    [Fact]
    public async Task Note_WhileItResolves_IsKept()
    {
        var store = Evening();
        await using var head = await WebHead.StartAsync(store: store);
        var state = store.StateOf("payments");
        store.BeforeCommit = () =>
        {
            var resolved = state.OpenIncidents[0] with { ResolvedAt = Samples.Now, Sequence = 2 };
            store.Set("payments", state with { OpenIncidents = [] });
            store.Incidents[Outage] = resolved;
        };

        using var response = await PostAsync(head, $"/api/incidents/{Outage}/notes", """{"by":"Ann","text":"it came back by itself"}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal((Samples.Now, "it came back by itself"), (store.Incidents[Outage].ResolvedAt, store.Incidents[Outage].Notes![0].Text));
    }

    [Fact]
    public async Task Acknowledge_EndpointWhoseDefinitionIsBroken_IsRefusedAndChangesNothing()
    {
        var store = Evening();
        store.Put(new RegisteredEndpoint(new Endpoint { Id = "payments", Paused = true }, EndpointSource.Api, [new("body", 1, 1, "url", "is wrong")]));
        await using var head = await WebHead.StartAsync(store: store);

        using var response = await PostAsync(head, $"/api/incidents/{Outage}/acknowledge", """{"by":"Ann"}""");

        Assert.Contains("Put the endpoint again", (await ApiTests.ProblemAsync(response, 409)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Single(store.StateOf("payments").OpenIncidents);
    }
}
