using System.Net;
using System.Text;
using System.Text.Json;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Testing;
using McpProbe.Uptime;

namespace McpProbe.Web.Tests.Reports;

public class ReportTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private const string Hostile = "=cmd|'/C calc'!A1 <script>alert(1)</script>, \"q\" \u202Egnp";

    [Fact]
    public async Task Json_OfEveryRange_FitsItsSchema()
    {
        await using var head = await WebHead.StartAsync(store: await PastAsync());

        foreach (var query in new[] { "", "?range=2026-10&zone=Europe/Berlin", "?from=2026-11-01&to=2026-11-22&group=Gateway", "?range=24h&endpoint=payments&endpoint=docs" })
        {
            using var response = await head.GetAsync("/api/reports/sla" + query);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var report = await ApiSchemas.CheckAsync("sla-report", response);
            Assert.NotEqual(0, report.GetProperty("endpoints").GetArrayLength());
        }
    }

    /// <summary>More than one report can be about: whoever opens the page is asked what it is to be about, and nothing is wrong.</summary>
    [Theory]
    [InlineData("/reports", true)]
    [InlineData("/reports?range=30d&from=&to=&zone=&group=", true)]
    [InlineData("/reports", false)]
    public async Task Page_OfMoreThanAReportCanBeAbout_AsksForAChoice(string path, bool grouped)
    {
        var store = new SampleStore();
        for (var i = 0; i <= Uptime.Reports.SlaReporter.MostEndpoints; i++)
            store.Add(new RegisteredEndpoint(Samples.Endpoint($"e{i}", group: grouped ? $"Team <{i % 3}>" : null), EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(store: store);

        using var response = await head.GetAsync(path);
        var page = await head.PageAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(page.QuerySelectorAll("[aria-invalid], p.error"));
        Assert.Contains("Choose what to report on", page.QuerySelector("#choose")!.TextContent, StringComparison.Ordinal);
        if (grouped)
        {
            var link = page.QuerySelectorAll(".choose li a")[1];
            Assert.Equal("Team <1>", link.TextContent);
            using var chosen = await head.GetAsync(link.GetAttribute("href")!);
            Assert.Equal(HttpStatusCode.OK, chosen.StatusCode);
            Assert.Contains("667 endpoints", await chosen.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
        else
            Assert.Contains("None of them has a group", page.QuerySelector(".choose")!.TextContent, StringComparison.Ordinal);

        // Who asks by the API wants figures, and is told what to add.
        using var api = await head.GetAsync("/api/reports/sla");
        Assert.Equal(HttpStatusCode.BadRequest, api.StatusCode);
        Assert.Contains("?endpoint=ID", await api.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_SaysWhatWasCounted()
    {
        await using var head = await WebHead.StartAsync(store: await PastAsync());
        using var response = await head.GetAsync("/api/reports/sla?range=2026-10&endpoint=payments");
        var report = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;

        var payments = report.GetProperty("endpoints")[0];
        var figures = payments.GetProperty("figures");
        Assert.Equal(31 * 1440 - 31 * 10, figures.GetProperty("probes").GetProperty("up").GetInt64());
        Assert.Equal(31 * 10, figures.GetProperty("probes").GetProperty("down").GetInt64());
        Assert.Equal(99.9, figures.GetProperty("budget").GetProperty("objectivePercent").GetDouble());
        Assert.False(figures.GetProperty("budget").GetProperty("isMet").GetBoolean());
        Assert.Equal(2, payments.GetProperty("outages").GetArrayLength());
        Assert.Contains("handshake", figures.GetProperty("latency").EnumerateArray().Select(each => each.GetProperty("phase").GetString()));
    }

    [Fact]
    public async Task Csv_HasALineAnEndpoint_AndNoFormula()
    {
        var store = await PastAsync();
        store.Add(new RegisteredEndpoint(Samples.Endpoint("hostile", name: Hostile, group: "@SUM(A1)"), EndpointSource.Api), EndpointState.New, []);
        store.Add(new RegisteredEndpoint(Samples.Endpoint("locale", name: "a;=HYPERLINK(A1); \"+1\"", group: "\uFF1Dcmd|x"), EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(store: store);
        using var response = await head.GetAsync("/api/reports/sla?range=2026-10&format=csv");
        var bytes = await response.Content.ReadAsByteArrayAsync(Cancellation);
        var lines = Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("sla-20261001-20261101.csv", response.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal(Encoding.UTF8.GetPreamble(), bytes[..3]);
        Assert.StartsWith("endpoint,name,group,url,from,to,zone,uptime_percent,", lines[0], StringComparison.Ordinal);
        var hostile = lines.Single(line => line.StartsWith("hostile,", StringComparison.Ordinal));
        Assert.StartsWith("hostile,\"'=cmd|'/C calc'!A1 <script>alert(1)</script>, \"\"q\"\" gnp\",\"'@SUM(A1)\",", hostile, StringComparison.Ordinal);
        // Where commas are for decimals a spreadsheet cuts at semicolons; and some take full width for a formula, too.
        Assert.Contains(lines, line => line.StartsWith("locale,\"a;'=HYPERLINK(A1);' \"\"+1\"\"\",\"'\uFF1Dcmd|x\",", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("payments,Payments,Gateway,https://payments.example.com/mcp,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,UTC,99.305556,100,", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_ShowsTheReport_AndHostileNamesAsText()
    {
        var store = await PastAsync();
        store.Add(new RegisteredEndpoint(Samples.Endpoint("hostile", name: Hostile), EndpointSource.Api), EndpointState.New, []);
        await using var head = await WebHead.StartAsync(store: store);

        foreach (var path in new[] { "/reports?range=2026-10&zone=Europe/Berlin", "/api/reports/sla?range=2026-10&zone=Europe/Berlin&format=html" })
        {
            var page = await head.PageAsync(path);
            Assert.Equal("Uptime report: October 2026", page.QuerySelector("h1")!.TextContent);
            Assert.Contains("2026-10-01 00:00 to 2026-11-01 00:00, Europe/Berlin", page.Body!.TextContent, StringComparison.Ordinal);
            Assert.Empty(page.QuerySelectorAll("main script"));
            Assert.Contains(page.QuerySelectorAll("table.report th"), cell => cell.TextContent.Contains("<script>alert(1)</script>", StringComparison.Ordinal));
            Assert.Contains("99.328 %", page.QuerySelector("table.report")!.TextContent, StringComparison.Ordinal);
            Assert.Equal(2, page.QuerySelectorAll("a[href^='/incidents/payments_outage_2026']").Length);
            Assert.All(page.QuerySelectorAll(".report-links a"), link => Assert.StartsWith("/api/reports/sla?range=2026-10&zone=Europe%2FBerlin&format=", link.GetAttribute("href")!, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("from=2026-10-05&to=2026-10-01", "?to|to ends before it begins: let 'to' be after 'from'.")]
    [InlineData("range=30d&zone=Berlin", "?zone|There is no time zone 'Berlin'; did you mean 'Europe/Berlin'?")]
    [InlineData("range=4000d", "?range|range is too long: a report covers at most 3660 days, and this would be 4000.")]
    [InlineData("range=x&zone=x&endpoint=payment&group=x&format=pdf",
        "?zone|There is no time zone 'x'; write an IANA name such as Europe/Berlin, America/New_York or UTC.",
        "?range|'x' is no range: write a month (2026-10), a quarter (2026-Q4), a year (2026), the last days (30d), this-month or last-month.",
        "?endpoint|There is no endpoint 'payment'; did you mean 'payments'?", "?group|There is no group 'x'.", "?format|format is one of json, csv, html.")]
    public async Task Api_BadQuery_NamesEveryMistakeAtOnce(string query, params string[] expected)
    {
        await using var head = await WebHead.StartAsync(store: await PastAsync());
        using var response = await head.GetAsync("/api/reports/sla?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await ApiSchemas.CheckAsync("problem", response);
        Assert.Equal(expected, problem.GetProperty("errors").EnumerateArray().Select(each => $"{each.GetProperty("path").GetString()}|{each.GetProperty("message").GetString()}"));
    }

    [Fact]
    public async Task Page_BadForm_SaysItAtTheFieldAndKeepsWhatWasTyped()
    {
        await using var head = await WebHead.StartAsync(store: await PastAsync());
        using var response = await head.GetAsync("/reports?from=2026-10-05&to=2026-10-01&zone=Berlin&range=30d");
        var page = await head.PageAsync("/reports?from=2026-10-05&to=2026-10-01&zone=Berlin&range=30d");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        foreach (var (field, typed, mistake) in new[]
        {
            ("to", "2026-10-01", "to ends before it begins: let 'to' be after 'from'."), ("zone", "Berlin", "There is no time zone 'Berlin'; did you mean 'Europe/Berlin'?"),
        })
        {
            var input = page.QuerySelector($"input[name={field}]")!;
            Assert.Equal((typed, "true"), (input.GetAttribute("value"), input.GetAttribute("aria-invalid")));
            Assert.Equal(mistake, page.GetElementById(input.GetAttribute("aria-describedby")!)!.TextContent);
        }

        Assert.Null(page.QuerySelector("input[name=from]")!.GetAttribute("aria-invalid"));
    }

    [Fact]
    public async Task WithoutTheKey_NobodySeesAReport()
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, await PastAsync());

        foreach (var path in new[] { "/reports", "/api/reports/sla" })
        {
            using var refused = await head.GetAsync(path);
            using var allowed = await head.GetAsync(path, ("X-Api-Key", WebHead.Key));
            Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (refused.StatusCode, allowed.StatusCode));
        }
    }

    [Fact]
    public async Task Page_Printed_IsReadableOnA4()
    {
        Browser.Require();
        await using var head = await WebHead.StartAsync(store: await PastAsync());
        var pdf = await Browser.PrintAsync(new Uri(head.Url, "/reports?range=2026-10"), Cancellation);

        var text = Encoding.Latin1.GetString(pdf);
        Assert.StartsWith("%PDF", text, StringComparison.Ordinal);
        // A4 in points, and no page that is nearly empty at the end of a short report.
        Assert.Contains("/MediaBox [0 0 594.95996 841.91998]", text, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable("MCPPROBE_LOOK") is { } directory)
            await LookAsync(head, directory, pdf);
    }

    private static async Task LookAsync(WebHead head, string directory, byte[] pdf)
    {
        await File.WriteAllBytesAsync(Path.Combine(directory, "report.pdf"), pdf, Cancellation);
        foreach (var (width, dark) in new[] { (1280, false), (1280, true), (390, false), (390, true) })
        {
            await using var page = await BrowserPage.StartAsync(width, 900, dark);
            foreach (var (name, path) in new[] { ("report", "/reports?range=2026-10"), ("mistakes", "/reports?from=2026-10-05&to=2026-10-01&zone=Berlin") })
            {
                await page.OpenAsync(new Uri(head.Url, path));
                await File.WriteAllBytesAsync(Path.Combine(directory, $"{name}-{width}-{(dark ? "dark" : "light")}.png"), await page.ScreenshotAsync(whole: true), Cancellation);
            }
        }
    }

    /// <summary>The evening, with the 90 days before it.</summary>
    internal static async Task<SampleStore> PastAsync()
    {
        var store = Samples.Evening();
        var midnight = new DateTimeOffset(Samples.Now.UtcDateTime.Date, TimeSpan.Zero);
        await store.WriteRolledThroughAsync(midnight.AddHours(22), Cancellation);
        var number = 0;
        foreach (var registered in await store.ListEndpointsAsync(Cancellation))
        {
            var down = registered.Endpoint.Id == "payments" ? 10 : 0;
            var offset = number++;
            await store.WriteRollupsAsync(
                registered.Endpoint.Id,
                [
                    .. Enumerable.Range(1, 90).Select(day => new RollupRecord(RollupPeriod.Day, midnight.AddDays(-day), "local", Span(1440, down, offset + day))),
                    .. Enumerable.Range(0, 22).Select(hour => new RollupRecord(RollupPeriod.Hour, midnight.AddHours(hour), "local", Span(60, 0, offset))),
                    .. Enumerable.Range(1, 60).SelectMany(day => Enumerable.Range(0, 24).Select(hour => new RollupRecord(RollupPeriod.Hour, midnight.AddDays(-day).AddHours(hour), "local", Span(60, 0, offset)))),
                ],
                Cancellation);
        }

        var payments = (await store.FindEndpointAsync("payments", Cancellation))!;
        await store.PutEndpointAsync(payments with { Endpoint = payments.Endpoint with { Slo = 99.9 } }, Cancellation);
        foreach (var (day, minutes) in new[] { (5, 42), (17, 9) })
        {
            var opened = new DateTimeOffset(2026, 10, day, 3, 12, 0, TimeSpan.Zero);
            var incident = new Incident(
                IncidentIds.Of("payments", IncidentKind.Outage, opened), "payments", IncidentKind.Outage, opened, opened.AddMinutes(minutes), IncidentRules.SuccessesInARow, 2,
                "The server answered initialize with HTTP 503 (Service Unavailable) twice.");
            store.Incidents.Add(incident.Id, incident);
        }

        store.Add(new DriftRecord("search", new DateTimeOffset(2026, 10, 20, 9, 0, 0, TimeSpan.Zero), "2026-07-28", Samples.BaselineHash, Samples.DriftedHash,
            [new Change(ChangeClass.Breaking, "tool-removed", "list_categories", "", null, null, "The tool is gone; calls to it fail.")]));
        return store;

        static Rollup Span(int probes, int down, int seed) => RollupSamples.UsualHour(seed) with { Healthy = probes - down, Down = down, Expected = probes };
    }
}
