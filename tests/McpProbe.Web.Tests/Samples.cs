using System.Text.Json;
using McpProbe.Alerts.Channels;
using McpProbe.Alerts.Deliveries;
using McpProbe.Endpoints;
using McpProbe.Model;
using McpProbe.Monitoring;
using McpProbe.Text;
using McpProbe.Uptime;

namespace McpProbe.Web.Tests;

/// <summary>An evening in the life of a team with MCP servers: an outage, a drift, a gated server, steady ones.</summary>
public static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 22, 10, 30, TimeSpan.Zero);

    public const string BaselineHash = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    private const string Part = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    public const string DriftedHash = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

    public static SampleStore Evening()
    {
        var store = new SampleStore();
        AddPayments(store);
        AddSearch(store);
        AddSteady(store, "docs", "Docs search", "Platform", "https://docs.example.com/mcp", 14, 6, Visibility.Public);
        AddSteady(store, "issues", "Issue tracker", "Platform", "https://tracker.example.com/mcp", 31, 22, Visibility.Public);
        AddSteady(store, "browser", "Browser", null, "http://127.0.0.1:8931/mcp", 3, 25, Visibility.Private);
        AddGated(store);
        store.Add(
            new(new() { Id = "old-wiki", Name = "Old wiki", Url = new("https://wiki.example.com/mcp"), Paused = true, Visibility = Visibility.Public }, EndpointSource.Api),
            EndpointState.New, []);
        store.Add(Channel("ops"), Channel("pager", ChannelType.Pagerduty));
        AddHistory(store);
        store.Pages.All = [Page()];
        return store;
    }

    /// <summary>What people outside see of it: the gateway and one more.</summary>
    public static PublicPage Page() => new()
    {
        Name = "public",
        Title = "Example services",
        Logo = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2024%2024'%20width='24'%20height='24'%3E%3Ccircle%20cx='12'%20cy='12'%20r='11'%20fill='%231d5fc4'/%3E%3C/svg%3E",
        Color = "#1d5fc4",
        Groups = ["Gateway"],
        Endpoints = ["docs"],
        EmbedIn = ["https://www.example.com"],
    };

    public static Endpoint Endpoint(string id, Visibility visibility = Visibility.Public, string? name = null, string? group = null) => new()
    {
        Id = id,
        Name = name,
        Group = group,
        Url = new($"https://{id}.example.com/mcp"),
        Visibility = visibility,
        Channels = ["ops"],
    };

    public static EndpointState State(Verdict verdict, TimeSpan ago, params Incident[] open) => EndpointState.New with
    {
        Verdict = verdict,
        Since = Now - ago,
        OpenIncidents = open,
        Locations = new Dictionary<string, LocationState> { ["local"] = new(Now - TimeSpan.FromSeconds(30), verdict, verdict is Verdict.Down ? 15 : 0, verdict is Verdict.Down ? 0 : 2) },
        Baselines = new Dictionary<string, BaselineReference> { ["2025-11-25"] = new(BaselineHash, Now - TimeSpan.FromDays(6), null) },
    };

    public static ProbeResult Healthy(string target, DateTimeOffset at, double handshakeMs = 14, int tools = 6) => new()
    {
        Target = target,
        Verdict = Verdict.Healthy,
        Transport = TransportKind.StreamableHttp,
        Era = Era.Handshake,
        ProtocolVersion = "2025-11-25",
        SupportedVersions = ["2025-11-25"],
        Server = new("example-server", "1.4.2"),
        Catalog = new(tools, 1, BaselineHash, Part, Part, Part, Part, 1),
        Conditions = [new("tools-non-empty", true)],
        Timings = new(0.4, 1.2, 6.3, handshakeMs, handshakeMs * .6, null, 7.9 + handshakeMs * 1.6),
        Certificate = new("CN=example.com", "CN=Example CA", Now + TimeSpan.FromDays(61), 61),
        StartedAt = at,
    };

    public static ProbeResult Failed(string target, DateTimeOffset at, Failure failure) => new()
    {
        Target = target,
        Verdict = failure.VerdictOf(),
        Failure = failure,
        Attempts = 2,
        Timings = new(0.4, 1.1, 6.0, null, null, null, 48.2),
        StartedAt = at,
    };

    public static Incident Incident(string id, IncidentKind kind, TimeSpan ago, string summary, string rule, TimeSpan? lasted = null) => new(
        IncidentIds.Of(id, kind, Now - ago), id, kind, Now - ago, lasted is { } length ? Now - ago + length : null, rule, lasted is null ? 1 : 2, summary);

    /// <param name="ago">When it was last tried.</param>
    public static Delivery Delivery(
        Incident incident, int sequence, string channel, TransitionType type, DeliveryStatus status, int attempts, TimeSpan ago, string? error = null) =>
        new(IncidentIds.OfTransition(incident.Id, sequence), incident.Id, sequence, channel, status, attempts, error, NextAttemptAt: null, Now - ago)
        {
            Type = type,
            At = type is TransitionType.Resolved ? incident.ResolvedAt : incident.OpenedAt,
            Group = incident.EndpointId,
        };

    public static Channel Channel(string name, ChannelType type = ChannelType.Webhook) =>
        new() { Name = name, Type = type, Url = $"https://hooks.example.com/{name}/T0-private", Secret = "whsec_cHJpdmF0ZQ==" };

    /// <summary>Its receiver said, at the address that it has, that it is gone.</summary>
    public static ChannelStatus Disabled(Channel channel, TimeSpan ago, string why) => new(
        channel.Name,
        new ChannelState { Disabled = new(Now - ago, why, ChannelAddress.HashOf(channel, SecretReference.FromEnvironment)), LastError = new(Now - ago, why) },
        Waiting: 0);

    /// <summary>A minute apart, newest first, the newest half a minute ago.</summary>
    public static IEnumerable<ProbeRecord> Minutes(int count, Func<int, DateTimeOffset, ProbeResult> result) =>
        Enumerable.Range(0, count).Select(i =>
        {
            var slot = Now - TimeSpan.FromSeconds(30) - TimeSpan.FromMinutes(i);
            return new ProbeRecord(slot, "local", result(i, slot + TimeSpan.FromMilliseconds(12)));
        });

    /// <summary>Up to the hour before this one: 90 days of it, of the newer ones less.</summary>
    private static void AddHistory(SampleStore store)
    {
        var through = UptimeSummary.FloorHour(Now);
        var today = UptimeSummary.FloorDay(Now);
        store.Keep(through);
        foreach (var (id, days, handshakeMs, failing) in new (string, int, double, Func<int, int>)[]
        {
            ("payments", 90, 22, ago => ago is 26 or 27 ? 6 : ago is > 900 and < 960 ? 40 : ago % 311 == 7 ? 2 : 0),
            ("search", 90, 9, ago => ago is > 1500 and < 1512 ? 60 : 0),
            ("docs", 90, 14, ago => ago % 433 == 100 ? 1 : 0),
            ("issues", 40, 31, _ => 0),
            ("browser", 12, 3, ago => ago % 24 == 5 ? 3 : 0),
        })
        {
            for (var day = 1; day <= days; day++)
            {
                var hours = Enumerable.Range(0, 24).Select(hour => Hour(today.AddDays(-day).AddHours(hour))).ToList();
                store.Keep(id, [.. day == 1 ? hours : [], .. RollUpJob.Days(today.AddDays(-day), hours)]);
            }

            store.Keep(id, [.. Enumerable.Range(0, through.Hour).Select(hour => Hour(today.AddHours(hour)))]);

            RollupRecord Hour(DateTimeOffset start)
            {
                var ago = (int)(through - start).TotalHours;
                var down = Math.Min(60, failing(ago));
                var seen = ago % 500 == 77 ? 20 : 60;
                return new RollupRecord(RollupPeriod.Hour, start, "local", new Rollup
                {
                    Healthy = Math.Max(0, seen - down),
                    Down = down,
                    Expected = 60,
                    HandshakeMs = LatencyHistogram.Of(Enumerable.Range(0, Math.Max(0, seen - down)).Select(i => handshakeMs + i % 7 + ago % 24 / 4.0)),
                });
            }
        }
    }

    private static void AddPayments(SampleStore store)
    {
        var endpoint = new Endpoint
        {
            Id = "payments",
            Name = "Payments",
            Group = "Gateway",
            Url = new("https://payments.example.com/mcp"),
            Bearer = "${env:PAYMENTS_TOKEN}",
            Channels = ["ops", "pager"],
            Visibility = Visibility.Public,
        };
        var failure = new Failure(
            FailureKind.HttpStatus, Phase.Handshake,
            "The server answered initialize with HTTP 503 (Service Unavailable) twice. Look at its deployment and its log; clients get the same answer.",
            503, Now + TimeSpan.FromSeconds(45));
        var open = Incident("payments", IncidentKind.Outage, TimeSpan.FromMinutes(12.5), "3 probes in a row failed: HTTP 503 in handshake.", "failures-in-a-row");
        var past = Incident("payments", IncidentKind.Outage, TimeSpan.FromHours(27), "3 probes in a row failed: no reply within 10 s.", "successes-in-a-row", TimeSpan.FromMinutes(6));
        store.Add(
            new(endpoint, EndpointSource.File),
            State(Verdict.Down, TimeSpan.FromMinutes(14.5), open),
            Minutes(140, (i, at) => i < 15 || i is 37
                ? Failed(endpoint.Target, at, failure)
                : Healthy(endpoint.Target, at, 22 + i % 7, 9)),
            [open, past]);
        store.Add(
            Delivery(open, 1, "ops", TransitionType.Opened, DeliveryStatus.Delivered, 1, TimeSpan.FromMinutes(12.4)),
            Delivery(open, 1, "pager", TransitionType.Opened, DeliveryStatus.Pending, 4, TimeSpan.FromSeconds(50), "The receiver answered HTTP 502 (Bad Gateway).") with { NextAttemptAt = Now + TimeSpan.FromSeconds(70) },
            Delivery(past, 1, "ops", TransitionType.Opened, DeliveryStatus.Delivered, 2, TimeSpan.FromHours(26.9)),
            Delivery(past, 2, "ops", TransitionType.Resolved, DeliveryStatus.GaveUp, 11, TimeSpan.FromHours(26.8), "The receiver answered HTTP 404 (Not Found)."));
    }

    private static void AddSearch(SampleStore store)
    {
        var endpoint = new Endpoint
        {
            Id = "search",
            Name = "Product search",
            Group = "Gateway",
            Url = new("https://search.example.com/mcp"),
            Visibility = Visibility.Public,
            Channels = ["ops"],
        };
        var open = Incident("search", IncidentKind.Drift, TimeSpan.FromMinutes(48), "The catalogue changed: 2 breaking, 1 warning, 1 info.", "catalog-changed");
        store.Add(
            new(endpoint, EndpointSource.Api),
            State(Verdict.Healthy, TimeSpan.FromDays(3.2), open) with { Drifted = new("2026-07-28", DriftedHash, Now - TimeSpan.FromMinutes(49)) },
            Minutes(140, (i, at) => Healthy(endpoint.Target, at, 9 + i % 5, 4) with
            {
                Era = Era.Stateless,
                ProtocolVersion = "2026-07-28",
                Catalog = new(4, 1, i < 48 ? DriftedHash : BaselineHash, Part, Part, Part, Part, 1),
            }),
            [open]);
        store.Add(new DriftRecord("search", Now - TimeSpan.FromMinutes(48), "2026-07-28", BaselineHash, DriftedHash,
        [
            new(ChangeClass.Breaking, "input-required-added", "find_products", "/inputSchema/required", Json("""["query"]"""), Json("""["query","region"]"""),
                "Calls must now give 'region'; calls that were right before are refused."),
            new(ChangeClass.Breaking, "tool-removed", "list_categories", "", null, null, "The tool is gone; calls to it fail."),
            new(ChangeClass.Warning, "description-changed", "find_products", "/description",
                Json("\"Finds products by words in their name. Returns at most 20.\""), Json("\"Finds products by words in their name or brand. Returns at most 50.\""),
                "The description changed; models choose tools by it."),
            new(ChangeClass.Info, "tool-added", "get_product", "", null, Json("""{"name":"get_product","inputSchema":{"type":"object","properties":{"id":{"type":"string"}}}}"""),
                "A new tool."),
        ]));
        store.Add(Delivery(open, 1, "ops", TransitionType.Opened, DeliveryStatus.Delivered, 1, TimeSpan.FromMinutes(47.9)));
    }

    private static void AddSteady(SampleStore store, string id, string name, string? group, string url, double handshakeMs, int tools, Visibility visibility)
    {
        var endpoint = new Endpoint { Id = id, Name = name, Group = group, Url = new(url), Visibility = visibility };
        store.Add(
            new(endpoint, EndpointSource.File),
            State(Verdict.Healthy, TimeSpan.FromDays(11)),
            Minutes(90, (i, at) => Healthy(endpoint.Target, at, handshakeMs + i % 4, tools)));
    }

    private static void AddGated(SampleStore store)
    {
        var endpoint = new Endpoint { Id = "crm", Name = "CRM", Url = new("https://crm.example.com/mcp"), Visibility = Visibility.Public };
        var failure = new Failure(FailureKind.Gated, Phase.Handshake, "The server asks for credentials (HTTP 401). Give the endpoint a bearer token to look further.", 401);
        store.Add(
            new(endpoint, EndpointSource.Api),
            State(Verdict.Gated, TimeSpan.FromHours(5)),
            Minutes(33, (_, at) => Failed(endpoint.Target, at, failure)));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
