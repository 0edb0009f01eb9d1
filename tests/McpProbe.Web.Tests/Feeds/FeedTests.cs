using System.Globalization;
using System.Net;
using System.ServiceModel.Syndication;
using System.Xml;
using System.Xml.Linq;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Monitoring;

namespace McpProbe.Web.Tests.Feeds;

public class FeedTests
{
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/feeds/incidents.atom", "/", 3)]
    [InlineData("/feeds/payments/incidents.atom", "/endpoints/payments", 2)]
    [InlineData("/feeds/search/catalog.atom", "/endpoints/search", 1)]
    [InlineData("/feeds/docs/catalog.atom", "/endpoints/docs", 0)]
    public async Task Feed_FitsRfc4287(string path, string page, int entries)
    {
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = new Uri("https://probe.example.com/") }, Samples.Evening());
        using var response = await head.GetAsync(path);

        Assert.Equal((HttpStatusCode.OK, "application/atom+xml"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        var feed = Validated(text);
        Assert.Equal(entries, feed.Items.Count());
        Assert.Equal($"https://probe.example.com{path}", feed.Links.Single(link => link.RelationshipType == "self").Uri.AbsoluteUri);
        Assert.Equal($"https://probe.example.com{page}", feed.Links.Single(link => link.RelationshipType == "alternate").Uri.AbsoluteUri);
        Assert.Equal(entries == 0 ? DateTimeOffset.UnixEpoch : feed.Items.Max(item => item.LastUpdatedTime), feed.LastUpdatedTime);

        // Asked for again, it is not sent again.
        using var again = await head.GetAsync(path, ("If-None-Match", response.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task Entry_KeepsItsId_AndIsUpdatedWhenItsIncidentResolves()
    {
        var store = Samples.Evening();
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key, PublicUrl = new Uri("https://probe.example.com/") }, store);
        var before = Validated(await TextAsync(head, "/feeds/payments/incidents.atom")).Items.First();

        var (id, incident) = store.Incidents.First(each => each.Value is { EndpointId: "payments", ResolvedAt: null });
        store.Incidents[id] = incident with { ResolvedAt = Samples.Now, Rule = IncidentRules.SuccessesInARow, Sequence = 2 };
        head.Time.Advance(TimeSpan.FromSeconds(10));
        var after = Validated(await TextAsync(head, "/feeds/payments/incidents.atom")).Items.First();

        Assert.Equal($"tag:probe.example.com,2026:mcpprobe/incident/{id}", before.Id);
        Assert.Equal((before.Id, before.PublishDate, Samples.Now), (after.Id, after.PublishDate, after.LastUpdatedTime));
        Assert.EndsWith("resolved", after.Title.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_SeesNothingPrivate_HoweverManyPrivateIncidentsThereAre()
    {
        var store = Samples.Evening();
        for (var number = 0; number < 300; number++)
        {
            var incident = Samples.Incident("browser", IncidentKind.Outage, TimeSpan.FromMinutes(number + 1), "a secret of ours", "failures-in-a-row");
            store.Incidents.Add(incident.Id, incident);
        }

        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);
        var open = await TextAsync(head, "/feeds/incidents.atom");
        var all = Validated(await TextAsync(head, "/feeds/incidents.atom", ("X-Api-Key", WebHead.Key)));

        Assert.DoesNotContain("browser", open, StringComparison.Ordinal);
        Assert.DoesNotContain("a secret of ours", open, StringComparison.Ordinal);
        Assert.Equal(3, Validated(open).Items.Count());
        Assert.Equal(50, all.Items.Count());
        foreach (var kind in new[] { "incidents", "catalog" })
        {
            using var hidden = await head.GetAsync($"/feeds/browser/{kind}.atom");
            using var missing = await head.GetAsync($"/feeds/nowhere/{kind}.atom");
            Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (hidden.StatusCode, missing.StatusCode));
            Assert.Equal(
                (await missing.Content.ReadAsStringAsync(Cancellation)).Replace("nowhere", "browser", StringComparison.Ordinal), await hidden.Content.ReadAsStringAsync(Cancellation));
        }
    }

    [Fact]
    public async Task HostileTexts_AreText()
    {
        var store = Samples.Evening();
        const string hostile = "</title><script>alert(1)</script>]]>&\u0001\u0008\uFFFE\uFFFF\u202E\n\n\uD800";
        store.Add(new RegisteredEndpoint(Samples.Endpoint("hostile", name: hostile), EndpointSource.Api), Samples.State(Verdict.Down, TimeSpan.FromHours(1)), []);
        var incident = Samples.Incident("hostile", IncidentKind.Outage, TimeSpan.FromMinutes(1), hostile + new string('x', 10_000), "failures-in-a-row");
        store.Incidents.Add(incident.Id, incident);
        store.Add(new DriftRecord("hostile", Samples.Now, "x y&<", "a", "b", [new Change(ChangeClass.Breaking, "r", "t", "", null, null, hostile)]));
        await using var head = await WebHead.StartAsync(new WebOptions { ApiKey = WebHead.Key }, store);

        foreach (var path in new[] { "/feeds/incidents.atom", "/feeds/hostile/incidents.atom", "/feeds/hostile/catalog.atom" })
        {
            var item = Validated(await TextAsync(head, path)).Items.First();
            Assert.StartsWith("</title><script>alert(1)</script>]]>&", item.Title.Text, StringComparison.Ordinal);
            Assert.InRange(item.Summary.Text.Length, 10, 1200);
        }
    }

    private static async Task<string> TextAsync(WebHead head, string path, params (string, string)[] headers)
    {
        using var response = await head.GetAsync(path, headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    /// <summary>Read by another's reader, and checked by the rules of RFC 4287 that it does not look at.</summary>
    private static SyndicationFeed Validated(string text)
    {
        using var reader = XmlReader.Create(new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        var feed = SyndicationFeed.Load(reader);
        var root = XDocument.Parse(text).Root!;
        Assert.Equal(Atom + "feed", root.Name);
        foreach (var part in root.Elements(Atom + "entry").Prepend(root))
        {
            // 4.1.1, 4.1.2: exactly one of each, an absolute IRI, and an RFC 3339 instant.
            foreach (var name in new[] { "id", "title", "updated" })
                Assert.Single(part.Elements(Atom + name));
            Assert.True(Uri.TryCreate(part.Element(Atom + "id")!.Value, UriKind.Absolute, out var id) && id.Scheme is "tag", part.Element(Atom + "id")!.Value);
            foreach (var date in part.Elements(Atom + "updated").Concat(part.Elements(Atom + "published")))
                Assert.True(DateTimeOffset.TryParseExact(date.Value, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _), date.Value);
            // 4.1.1: no two alternates of one type and language; links are absolute here.
            Assert.Single(part.Elements(Atom + "link"), link => link.Attribute("rel")!.Value == "alternate");
            Assert.All(part.Elements(Atom + "link"), link => Assert.True(Uri.TryCreate(link.Attribute("href")!.Value, UriKind.Absolute, out _)));
        }

        // 4.1.1: an author for every entry, by the feed; ids are unique; nothing that no element of Atom's is.
        Assert.Single(root.Elements(Atom + "author"));
        Assert.Equal(root.Elements(Atom + "entry").Count(), root.Elements(Atom + "entry").Select(entry => entry.Element(Atom + "id")!.Value).Distinct().Count());
        Assert.All(root.Descendants(), element => Assert.Equal(Atom, element.Name.Namespace));
        // 4.2.7.2 and 3.1: text constructs are of type text, and hold no markup.
        Assert.All(root.Descendants(Atom + "summary").Concat(root.Descendants(Atom + "title")), element => Assert.False(element.HasElements));
        return feed;
    }
}
