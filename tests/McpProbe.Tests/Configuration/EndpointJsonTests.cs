using System.Text;
using CsCheck;
using McpProbe.Configuration;
using McpProbe.Configuration.Reading;
using McpProbe.Endpoints;
using McpProbe.Probing.Protocol;

namespace McpProbe.Tests.Configuration;

public class EndpointJsonTests
{
    private static Parsed<Endpoint> Read(string json, string? id = null) => EndpointJson.Read(Encoding.UTF8.GetBytes(json), id);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static readonly Gen<string> Text = Gen.String[Gen.Char[" aé€\"\\'<&\u0007\u200b\n中"], 1, 12].Where(text => !string.IsNullOrWhiteSpace(text));

    private static readonly Gen<string> Id = Gen.Select(Gen.Char["az09"], Gen.String[Gen.Char["az09.-"], 0, 62], (first, rest) => first + rest);

    private static readonly Gen<string> Header = Gen.Select(Gen.Int[0, 99], Gen.Bool, (i, credential) => credential ? $"X-{i}-Token" : $"X-{i}");

    private static readonly Gen<Dictionary<string, string>> Headers = Header.Array[0, 4].Select(names => names.Distinct().ToDictionary(
        name => name, name => CredentialHeaders.Contains(name) ? "a ${env:B}" : "é value"));

    private static readonly Gen<TimeSpan?> Budget = Gen.Int[0, 1000].Select(ms => ms == 0 ? null : (TimeSpan?)TimeSpan.FromMilliseconds(ms));

    // Within the shortest timeout that is drawn below.
    private static readonly Gen<LatencyBudgets> Budgets = Gen.Select(
        Gen.Bool, Budget, Budget, Budget, Budget,
        (none, handshake, catalog, smoke, total) => none ? LatencyBudgets.None : new LatencyBudgets(null, null, null, handshake, catalog, smoke, total));

    private static readonly Gen<Conditions> Conditions = Gen.Select(
        Gen.Select(Gen.Bool, Text.Array[0, 3], Text.Array[0, 3], Gen.Enum<OtherList>().Array[0, 2]),
        Gen.Select(Revision, Text.Null(), OneOf<string?>(null, "1.2.3", ">=1.2 <2"), Budgets),
        (lists, expected) => new Conditions
        {
            AllowEmpty = lists.Item1,
            ToolsUsable = lists.Item4.Length != 1,
            RequireTools = lists.Item2,
            ForbidTools = [.. lists.Item3.Except(lists.Item2)],
            RequireLists = [.. lists.Item4.Distinct()],
            ExpectProtocol = expected.Item1,
            ExpectServer = expected.Item2,
            ExpectServerVersion = expected.Item3,
            Budgets = expected.Item4,
            Specification = lists.Item1 ? Requirement.Must : null,
            MaxTokens = lists.Item4.Length == 1 ? 20_000 : null,
        });

    // Compact, as the reader makes them.
    private static readonly Gen<string> Json = OneOf("1", "-0.5e3", "null", "true", "\"é\\\"<\"", "[]", "[1,[{}]]", """{"a":{"~/":"b"}}""");

    private static readonly Gen<SmokeCall?> Smoke = Gen.Select(
        Text.Null(), Json, Text.Null(), Gen.Dictionary(OneOf("", "/", "/a~0b~1c", "/0/é"), Json)[0, 3], Gen.Bool, Gen.Bool,
        (tool, value, text, content, error, none) => none ? null : new SmokeCall
        {
            Tool = tool,
            Arguments = tool is null ? "{}" : "{\"a\":" + value + "}",
            ExpectText = text,
            ExpectContent = content.ToDictionary(),
            ExpectError = error,
        });

    private static readonly Gen<OAuthClient> OAuth = Gen.Select(Text, Gen.Bool, Gen.Bool, Gen.Bool, (id, url, issuer, scope) => new OAuthClient
    {
        ClientId = new string([.. id.Where(c => !char.IsControl(c))]) + "x",
        ClientSecret = "${env:SECRET}",
        TokenUrl = url ? new Uri("https://login.example.com/token?a=%C3%A9") : null,
        Issuer = issuer ? new Uri("http://127.0.0.1:8080") : null,
        Scope = scope ? "a b:c" : null,
    });

    private static readonly Gen<TlsSettings> Tls = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, (ca, certificate, key) => new TlsSettings
    {
        Ca = ca ? "certs/é ca.pem" : null,
        Certificate = certificate ? "${env:CERTIFICATE}" : null,
        Key = certificate && key ? "/run/key.pem" : null,
    });

    private static readonly Gen<TimeSpan> Time = Gen.Long[300_000, 604_800_000].Select(ms => TimeSpan.FromMilliseconds(ms));

    private static readonly Gen<AlertPolicy> Policy = Gen.Select(
        Gen.Select(Time, Gen.Bool, Gen.Select(Time, Id.Array[1, 3], (after, channels) => new Escalation(after, [.. channels.Distinct()])).Array[0, 3]),
        Gen.Select(Gen.Int[0, 2], Gen.Int[2, 1000], Time, Gen.Double[1, 1000].Where(factor => factor > 1)),
        Gen.Select(Gen.Enum<DriftAlert>(), Gen.Enum<SuspicionAlert>(), Gen.Int[1, 1000].Array[0, 4], Gen.Int[0, 1000]),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool),
        (told, rules, least, flags) => flags.Item3 ? AlertPolicy.Default : new AlertPolicy
        {
            RemindEvery = told.Item2 ? told.Item1 : null,
            Escalate = [.. told.Item3.DistinctBy(step => step.After).OrderBy(step => step.After)],
            Flapping = rules.Item1 switch { 0 => null, 1 => FlappingRule.Default, _ => new FlappingRule(rules.Item2, rules.Item3) },
            Drift = least.Item1,
            UnstableAfter = least.Item4 switch { 0 => null, 1 => 2, _ => least.Item4 },
            Suspicious = least.Item2,
            CertificateDays = flags.Item1 ? AlertPolicy.Default.CertificateDays : [.. least.Item3.Distinct().OrderDescending()],
            Degraded = flags.Item1,
            Latency = rules.Item1 switch { 0 => LatencyRegressionRule.Default, 1 => null, _ => new LatencyRegressionRule(rules.Item4, rules.Item3) },
            Gated = flags.Item2,
            SessionsCut = least.Item4 == 0 ? null : least.Item4,
            Unwatched = rules.Item1 switch { 0 => null, 1 => UnwatchedRule.Default, _ => new UnwatchedRule(rules.Item3) },
            Quorum = least.Item4 == 0 ? null : least.Item4,
        });

    private static readonly Gen<MaintenanceWindow> Window = Gen.Select(
        OneOf("0 2 * * SUN", "*/5 0-3 1,15 * *", "0 0 L 2 1-5"), Time, OneOf("UTC", "Europe/Berlin", "Etc/GMT+5"),
        (cron, duration, zone) => new MaintenanceWindow(cron, duration, zone));

    private static Gen<string?> Revision => Gen.Int[-1, ProtocolVersions.Known.Count - 1].Select(i => i < 0 ? null : ProtocolVersions.Known[i]);

    internal static readonly Gen<Endpoint> Any = Gen.Select(
        Gen.Select(Id, Text.Null(), Gen.Bool, Text.Array[0, 3], Revision),
        Gen.Select(Headers, Gen.Bool, Gen.Bool, Gen.Enum<TransportChoice>(), Gen.Bool, OAuth, Tls, Gen.Int[0, 999]),
        Gen.Select(Gen.Long[1000, 604_800_000], Gen.Long[1000, 604_800_000], Gen.Int[1, 1000], Gen.Int[1, 1000]),
        Gen.Select(Conditions, Id.Array[0, 3], Text.Null(), Gen.Enum<Visibility>(), Gen.Bool, Smoke, Gen.Select(Gen.Enum<DriftPolicy>(), Policy, Window.Array[0, 3], Id.Array[0, 3])),
        (who, http, times, rest) =>
        {
            var endpoint = new Endpoint
            {
                Id = who.Item1,
                Name = who.Item2,
                Notes = rest.Item3?.ReplaceLineEndings("\n").Trim(),
                Protocol = who.Item5,
                Interval = TimeSpan.FromMilliseconds(times.Item1),
                Timeout = TimeSpan.FromMilliseconds(Math.Min(times.Item1, times.Item2)),
                FailureThreshold = times.Item3,
                SuccessThreshold = times.Item4,
                Conditions = rest.Item1,
                Smoke = rest.Item6,
                DriftPolicy = rest.Item7.Item1,
                Alerts = rest.Item7.Item2,
                Maintenance = rest.Item7.Item3,
                Channels = [.. rest.Item2.Distinct()],
                Group = rest.Item3,
                Tags = [.. rest.Item7.Item4.Select(tag => tag[..Math.Min(50, tag.Length)]).Distinct()],
                Visibility = rest.Item4,
                Paused = rest.Item5,
            };
            return who.Item3
                ? endpoint with { Command = ["node", .. who.Item4, ""] }
                : endpoint with
                {
                    Url = new Uri("https://127.0.0.1:3001/mcp?q=%C3%A9"),
                    Headers = http.Item1,
                    Bearer = http.Item2 ? "${env:TOKEN}" : null,
                    OAuth = http.Item2 ? null : http.Item6,
                    Tls = http.Item7,
                    ConnectTo = http.Item3 ? "[::1]:3001" : null,
                    Transport = http.Item4,
                    Insecure = http.Item5,
                    Canary = http.Item5 && http.Item4 is not TransportChoice.Sse,
                    Conditions = rest.Item1 with
                    {
                        CertificateDays = http.Item8,
                        Budgets = rest.Item1.Budgets with { Dns = rest.Item1.Budgets.Total, Tls = rest.Item1.Budgets.Smoke },
                    },
                };
        });

    [Fact]
    public void Read_NotesThatAreTooLong_SaysHowLongTheyMayBe()
    {
        var mistake = Assert.Single(Read($$"""{"id":"a","url":"https://a.example.com/mcp","notes":"{{new string('x', 2001)}}"}""").Errors);
        Assert.Equal("notes", mistake.Path);
        Assert.StartsWith("has 2001 characters; the most is 2000.", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatWriteWrote_IsTheSameEndpoint() => Any.Sample(expected =>
    {
        var parsed = Read(EndpointJson.ToJson(expected));

        Assert.Empty(parsed.Errors);
        var actual = parsed.Value!;
        Assert.Equal(expected.Headers, actual.Headers);
        Assert.Equal(expected.Command, actual.Command);
        Assert.Equal(expected.Channels, actual.Channels);
        Assert.Equal(expected.Conditions.RequireTools, actual.Conditions.RequireTools);
        Assert.Equal(expected.Conditions.ForbidTools, actual.Conditions.ForbidTools);
        Assert.Equal(expected.Conditions.RequireLists, actual.Conditions.RequireLists);
        Assert.Equal(expected.Maintenance, actual.Maintenance);
        Assert.Equal(expected.Tags, actual.Tags);
        Assert.Equal(expected.Alerts.CertificateDays, actual.Alerts.CertificateDays);
        Assert.Equal(expected.Alerts.Escalate.Select(step => step.After), actual.Alerts.Escalate.Select(step => step.After));
        Assert.Equal(expected.Alerts.Escalate.Select(step => step.Channels), actual.Alerts.Escalate.Select(step => step.Channels));
        Assert.Equal(expected.Smoke?.ExpectContent, actual.Smoke?.ExpectContent);

        // Every field of the records; those that are compared by reference were compared above.
        Assert.Equal(expected, actual with
        {
            Headers = expected.Headers,
            Command = expected.Command,
            Channels = expected.Channels,
            Maintenance = expected.Maintenance,
            Tags = expected.Tags,
            Alerts = actual.Alerts with { CertificateDays = expected.Alerts.CertificateDays, Escalate = expected.Alerts.Escalate },
            Conditions = actual.Conditions with
            {
                RequireTools = expected.Conditions.RequireTools,
                ForbidTools = expected.Conditions.ForbidTools,
                RequireLists = expected.Conditions.RequireLists,
            },
            Smoke = actual.Smoke is null ? null : actual.Smoke with { ExpectContent = expected.Smoke!.ExpectContent },
        });
    });

    [Fact]
    public void ToJson_Defaults_AreLeftOut() => Assert.Equal(
        """{"id":"a","url":"http://x/mcp"}""",
        EndpointJson.ToJson(new Endpoint { Id = "a", Url = new Uri("http://x/mcp") }));

    [Theory]
    [InlineData("""{"url":"http://x"}""", "a", "a")]
    [InlineData("""{"id":"a","url":"http://x"}""", "a", "a")]
    [InlineData("""{"id":"a","url":"http://x"}""", null, "a")]
    [InlineData("\uFEFF{\"url\":\"http://x\"}", "a", "a")]
    public void Read_IdOfTheRouteOrTheDocument_IsTheId(string json, string? route, string id) =>
        Assert.Equal(id, Read(json, route).Value!.Id);

    [Theory]
    [InlineData("""{"id":"b","url":"http://x"}""", "a", "body:1:7: id: 'b' is not the id of the address, 'a'; make them equal, or leave it out")]
    [InlineData("""{"url":"http://x"}""", null, "body:1:1: has no 'id'; add one, such as 'id: my-server'")]
    [InlineData("""{"url":"http://x"}""", "A B", "body:1:1: 'A B' is not an id: 1 to 63 of a-z, 0-9, '.' and '-', beginning with a letter or digit")]
    [InlineData("""{"url":"http://x","alerts":{"remindEvery":"1m"}}""", "a", "body:1:43: alerts.remindEvery: 1m is too short; the least is 5m")]
    [InlineData("""{"url":"http://x","maintenance":[{"cron":"0 2 * * *","duration":"1h","timeZone":"Berlin"}]}""", "a", "body:1:81: maintenance[0].timeZone: there is no time zone 'Berlin'; did you mean 'Europe/Berlin'?")]
    [InlineData("""{"url":"http://127.0.0.1:0/mcp"}""", "a", "body:1:8: url: has port 0, where nothing can listen; name the server's port, or leave it out for 80 or 443")]
    [InlineData("null", "a", "body:1:1: has no value; write a mapping of keys to values")]
    [InlineData("", "a", "body:1:1: not valid JSON: The input does not contain any JSON tokens. Expected the input to start with a valid JSON token, when isFinalBlock is true")]
    [InlineData("""{"url":"http://x"} {}""", "a", "body:1:20: not valid JSON: '{' is invalid after a single JSON value. Expected end of data")]
    public void Read_Wrong_SaysWhere(string json, string? route, string mistake) =>
        Assert.Equal(mistake, Assert.Single(Read(json, route).Errors).ToString());

    [Fact]
    public void Read_NotUtf8_IsAMistake() =>
        Assert.Equal("not valid UTF-8", Assert.Single(EndpointJson.Read(new byte[] { (byte)'"', 0xFF, (byte)'"' }).Errors).Message);
}
