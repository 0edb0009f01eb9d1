using McpProbe.Endpoints;
using McpProbe.Incidents;
using McpProbe.Model;
using McpProbe.Probing;
using McpProbe.Probing.Run;
using static McpProbe.Tests.Probing.StubMcp;

namespace McpProbe.Tests.Probing.Checks;

/// <summary>The condition <c>tools-usable</c> against the client that is its measure.</summary>
public class ToolsUsableTests
{
    private const string Good = """{"name":"good","inputSchema":{"type":"object"}}""";

    private static readonly McpProber Prober = new(new ProberOptions(), TimeProvider.System);

    private static CancellationToken TestToken => TestContext.Current.CancellationToken;

    // What a tool holds beside its name, and the rule and the pointer that it breaks; null for one that a client can list.
    private static readonly (string Members, string? Rule, string? Path)[] Cases =
    [
        ("\"inputSchema\":{\"type\":\"object\"}", null, null),
        ("\"description\":\"d\"", "input-schema-missing", "/inputSchema"),
        ("\"inputSchema\":null", "input-schema-type", "/inputSchema"),
        ("\"inputSchema\":{}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":true", "input-schema-type", "/inputSchema"),
        ("\"inputSchema\":[]", "input-schema-type", "/inputSchema"),
        ("\"inputSchema\":\"{}\"", "input-schema-type", "/inputSchema"),
        ("\"inputSchema\":{\"type\":\"string\"}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"type\":\"array\",\"items\":{}}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"type\":[\"object\"]}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"type\":null}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"type\":\"Object\"}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"anyOf\":[{\"type\":\"object\"}]}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"oneOf\":[{\"type\":\"object\"}]}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"allOf\":[{\"type\":\"object\"}]}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"object\"}}}", "input-schema-type", "/inputSchema/type"),
        ("\"inputSchema\":{\"type\":\"object\",\"anyOf\":[{\"required\":[\"a\"]}]}", null, null),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":null}", "input-schema-properties", "/inputSchema/properties"),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":[]}", "input-schema-properties", "/inputSchema/properties"),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a/b\":true}}", "input-schema-properties", "/inputSchema/properties/a~1b"),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":null}}", "input-schema-properties", "/inputSchema/properties/a"),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":\"string\"}}", "input-schema-properties", "/inputSchema/properties/a"),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{}}}", null, null),
        ("\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"strin\",\"properties\":null,\"$ref\":\"#/nowhere\"}}}", null, null),
        ("\"inputSchema\":{\"type\":\"object\",\"required\":null}", "input-schema-required", "/inputSchema/required"),
        ("\"inputSchema\":{\"type\":\"object\",\"required\":\"a\"}", "input-schema-required", "/inputSchema/required"),
        ("\"inputSchema\":{\"type\":\"object\",\"required\":[\"a\",1]}", "input-schema-required", "/inputSchema/required/1"),
        ("\"inputSchema\":{\"type\":\"object\",\"required\":[]}", null, null),
        ("\"inputSchema\":{\"type\":\"object\",\"additionalProperties\":null,\"title\":5}", null, null),
        (With("\"title\":null"), "text-type", "/title"),
        (With("\"description\":null"), "text-type", "/description"),
        (With("\"description\":[\"a\"]"), "text-type", "/description"),
        (With("\"annotations\":null"), "annotations-type", "/annotations"),
        (With("\"annotations\":[]"), "annotations-type", "/annotations"),
        (With("\"annotations\":{}"), null, null),
        (With("\"annotations\":{\"readOnlyHint\":null}"), "hint-type", "/annotations/readOnlyHint"),
        (With("\"annotations\":{\"destructiveHint\":\"false\"}"), "hint-type", "/annotations/destructiveHint"),
        (With("\"annotations\":{\"idempotentHint\":0}"), "hint-type", "/annotations/idempotentHint"),
        (With("\"annotations\":{\"openWorldHint\":null}"), "hint-type", "/annotations/openWorldHint"),
        (With("\"annotations\":{\"title\":null}"), "text-type", "/annotations/title"),
        (With("\"annotations\":{\"vendorHint\":null,\"readOnlyHint\":true}"), null, null),
        (With("\"execution\":null"), "execution-type", "/execution"),
        (With("\"execution\":{\"taskSupport\":\"maybe\"}"), "execution-type", "/execution/taskSupport"),
        (With("\"execution\":{\"taskSupport\":null}"), "execution-type", "/execution/taskSupport"),
        (With("\"execution\":{\"taskSupport\":\"forbidden\"}"), null, null),
        (With("\"icons\":null"), "icons-type", "/icons"),
        (With("\"icons\":[{}]"), "icons-type", "/icons/0/src"),
        (With("\"icons\":[{\"src\":\"a\",\"sizes\":\"48x48\"}]"), "icons-type", "/icons/0/sizes"),
        (With("\"icons\":[{\"src\":\"a\",\"mimeType\":null}]"), "icons-type", "/icons/0/mimeType"),
        (With("\"icons\":[{\"src\":\"a\",\"theme\":\"blue\"}]"), "icons-type", "/icons/0/theme"),
        (With("\"icons\":[{\"src\":\"a\",\"sizes\":[\"any\"],\"theme\":\"dark\",\"x\":null}]"), null, null),
        (With("\"_meta\":null"), "meta-type", "/_meta"),
        (With("\"_meta\":[]"), "meta-type", "/_meta"),
        (With("\"vendor\":null"), null, null),
        (With("\"outputSchema\":null"), "output-schema-type", "/outputSchema"),
        (With("\"outputSchema\":{}"), "output-schema-type", "/outputSchema/type"),
        (With("\"outputSchema\":{\"type\":\"array\"}"), "output-schema-type", "/outputSchema/type"),
        (With("\"outputSchema\":{\"type\":\"object\",\"properties\":{\"a\":true}}"), "output-schema-properties", "/outputSchema/properties/a"),
        (With("\"outputSchema\":{\"type\":\"object\",\"required\":[1]}"), "output-schema-required", "/outputSchema/required/0"),
        // What the client compiles (Ajv).
        (Output("{}"), null, null),
        (Output("{\"$ref\":\"#/$defs/x\"}"), "output-schema-compile", "/outputSchema/properties/a/$ref"),
        (Output("{\"$ref\":\"#/$defs/x\"}", "\"$defs\":{\"x\":{}}"), null, null),
        (Output("{\"$ref\":\"#/$defs/x\"}", "\"$defs\":{\"x\":{\"type\":\"strin\"}}"), "output-schema-compile", "/outputSchema/$defs/x/type"),
        (Output("{}", "\"$defs\":{\"x\":{\"type\":\"strin\"}}"), null, null),
        (Output("{\"$ref\":\"#/properties/a~0%20b\"}"), "output-schema-compile", "/outputSchema/properties/a/$ref"),
        (Output("{\"$ref\":\"#\"}"), null, null),
        (Output("{\"$ref\":\"#here\"}", "\"$defs\":{\"x\":{\"$anchor\":\"here\"}}"), null, null),
        (Output("{\"$ref\":\"#there\"}", "\"$defs\":{\"x\":{\"$anchor\":\"here\"}}"), "output-schema-compile", "/outputSchema/properties/a/$ref"),
        (Output("{\"$ref\":\"https://example.com/a.json\"}"), "output-schema-compile", "/outputSchema/properties/a/$ref"),
        (Output("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}"), null, null),
        (Output("{\"$ref\":\"b\"}", "\"$defs\":{\"x\":{\"$id\":\"b\"}}"), null, null),
        (Output("{\"$ref\":\"#/definitions/b\"}", "\"$id\":\"tree\",\"definitions\":{\"b\":{\"items\":{\"$ref\":\"#/definitions/b\"}}}"), null, null),
        (Output("{\"type\":\"strin\"}"), "output-schema-compile", "/outputSchema/properties/a/type"),
        (Output("{\"type\":[\"string\",\"any\"]}"), "output-schema-compile", "/outputSchema/properties/a/type/1"),
        (Output("{\"type\":[\"string\",\"null\"]}"), null, null),
        (Output("{\"id\":\"x\"}"), "output-schema-compile", "/outputSchema/properties/a/id"),
        (Output("{\"properties\":{\"id\":{\"type\":\"string\"}}}"), null, null),
        (Output("{\"type\":\"number\",\"exclusiveMinimum\":true}"), "output-schema-compile", "/outputSchema/properties/a/exclusiveMinimum"),
        (Output("{\"type\":\"string\",\"required\":true}"), "output-schema-compile", "/outputSchema/properties/a/required"),
        (Output("{\"minLength\":\"1\"}"), "output-schema-compile", "/outputSchema/properties/a/minLength"),
        (Output("{\"nullable\":true}"), "output-schema-compile", "/outputSchema/properties/a/nullable"),
        (Output("{\"type\":\"string\",\"nullable\":true}"), null, null),
        (Output("{\"enum\":[]}"), "output-schema-compile", "/outputSchema/properties/a/enum"),
        (Output("{\"enum\":\"x\"}"), "output-schema-compile", "/outputSchema/properties/a/enum"),
        (Output("{\"enum\":[null]}"), null, null),
        (Output("{\"items\":null}"), "output-schema-compile", "/outputSchema/properties/a/items"),
        (Output("{\"items\":[{},{\"type\":\"x\"}]}"), "output-schema-compile", "/outputSchema/properties/a/items/1/type"),
        (Output("{\"prefixItems\":[{\"type\":\"x\"}]}"), null, null),
        (Output("{\"properties\":{\"b\":null}}"), "output-schema-compile", "/outputSchema/properties/a/properties/b"),
        (Output("{\"anyOf\":[]}"), null, null),
        (Output("{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"x\"}]}"), "output-schema-compile", "/outputSchema/properties/a/anyOf/1/type"),
        (Output("{\"anyOf\":{}}"), "output-schema-compile", "/outputSchema/properties/a/anyOf"),
        (Output("{\"additionalProperties\":{\"type\":\"x\"}}"), "output-schema-compile", "/outputSchema/properties/a/additionalProperties/type"),
        (Output("{\"additionalProperties\":false}"), null, null),
        (Output("{\"not\":{\"type\":\"x\"}}"), "output-schema-compile", "/outputSchema/properties/a/not/type"),
        (Output("{\"if\":{\"type\":\"x\"}}"), null, null),
        (Output("{\"then\":{\"type\":\"x\"}}"), null, null),
        (Output("{\"if\":{},\"then\":{\"type\":\"x\"}}"), "output-schema-compile", "/outputSchema/properties/a/then/type"),
        (Output("{\"format\":\"unheard-of\",\"default\":null,\"examples\":null,\"x-vendor\":{\"type\":\"x\"}}"), null, null),
        (Output("{\"uniqueItems\":\"yes\"}"), "output-schema-compile", "/outputSchema/properties/a/uniqueItems"),
    ];

    private static string With(string members) => "\"inputSchema\":{\"type\":\"object\"}," + members;

    private static string Output(string property, string root = "\"title\":\"o\"") =>
        With($$"""
            "outputSchema":{"type":"object","properties":{"a":{{property}}},{{root}}}
            """.Trim());

    [Fact]
    public async Task ProbeAsync_EachForm_IsUsableExactlyWhenTheOfficialClientListsIt()
    {
        await using var client = new TypeScriptClient();
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? Answer.Result($$$"""{"tools":[{{{Good}}},{"name":"t",{{{Cases[int.Parse(call.Path[1..], System.Globalization.CultureInfo.InvariantCulture)].Members}}}}]}""")
            : Handshake(call));
        var wrong = new List<string>();
        for (var i = 0; i < Cases.Length; i++)
        {
            var (members, rule, path) = Cases[i];

            var result = await Prober.ProbeAsync(stub.Endpoint($"/{i}"), TestToken);
            var (tools, error) = await client.ListAsync($"{stub.Url}/{i}", TestToken);

            var condition = Assert.Single(result.Conditions, condition => condition.Name == "tools-usable");
            if (tools is not null != condition.Passed)
                wrong.Add($"{members}: the client says {error ?? "nothing"}, the probe {condition.Detail ?? "nothing"}");
            else if (condition.Passed != rule is null || rule is not null && condition.Detail?.Contains($"in the tool 't', {path} ", StringComparison.Ordinal) != true)
                wrong.Add($"{members}: {rule} at {path} was expected, and it says {condition.Detail}");
            else if (rule is not null && !condition.Detail!.Contains($"({rule})", StringComparison.Ordinal))
                wrong.Add($"{members}: {rule} was expected, and it says {condition.Detail}");
            Assert.Equal(rule is null ? Verdict.Healthy : Verdict.Degraded, result.Verdict);
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Theory]
    [InlineData("""{"tools":[$GOOD],"nextCursor":null}""", "cursor-null")]
    [InlineData("""{"tools":[$GOOD],"_meta":null}""", "meta-type")]
    [InlineData("""{"tools":[],"nextCursor":null}""", "cursor-null")]
    [InlineData("""{"tools":[$GOOD],"_meta":{},"ttlMs":null}""", null)]
    public async Task ProbeAsync_TheListItself_IsJudgedToo(string result, string? rule)
    {
        await using var client = new TypeScriptClient();
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Result(result.Replace("$GOOD", Good, StringComparison.Ordinal)) : Handshake(call));

        var probed = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { AllowEmpty = true } }, TestToken);
        var (tools, _) = await client.ListAsync($"{stub.Url}/mcp", TestToken);

        Assert.Equal(rule is null, tools is not null);
        Assert.Equal(rule is null ? Verdict.Healthy : Verdict.Degraded, probed.Verdict);
        if (rule is not null)
            Assert.Contains($"in the result of tools/list, /{(rule == "cursor-null" ? "nextCursor" : "_meta")} is", probed.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProbeAsync_HowManyTools_DecidesTheVerdict()
    {
        const string Bad = """{"name":"bad","inputSchema":{}}""", Worse = """{"name":"worse","inputSchema":null}""";
        (string Tools, bool Judged, Verdict Verdict, FailureKind? Kind, int ExitCode, string Says)[] steps =
        [
            (Good, true, Verdict.Healthy, null, 0, ""),
            ($"{Good},{Bad}", true, Verdict.Degraded, FailureKind.ToolsUsable, 0, "in the tool 'bad', /inputSchema/type is missing; it must be \"object\" (input-schema-type). Correct it"),
            ($"{Bad},{Good},{Worse}", true, Verdict.Degraded, FailureKind.ToolsUsable, 0, "It is so for 2 of 3 tools."),
            ($"{Bad},{Worse}", true, Verdict.Down, FailureKind.ConditionFailed, 1, "It is so for every one of them."),
            (Bad, true, Verdict.Down, FailureKind.ConditionFailed, 1, "(input-schema-type)"),
            ($"{Bad},{Worse}", false, Verdict.Healthy, null, 0, ""),
        ];
        foreach (var (tools, judged, verdict, kind, exitCode, says) in steps)
        {
            await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Result($$"""{"tools":[{{tools}}]}""") : Handshake(call));

            var result = await Prober.ProbeAsync(stub.Endpoint() with { Conditions = new() { ToolsUsable = judged } }, TestToken);

            Assert.Equal((verdict, kind, exitCode), (result.Verdict, result.Failure?.Kind, result.Failure?.ExitCodeOf() ?? 0));
            Assert.Contains(says, result.Failure?.Message ?? "", StringComparison.Ordinal);
            Assert.Equal(judged, result.Conditions.Any(condition => condition.Name == "tools-usable"));
            Assert.InRange(result.Failure?.Message.Length ?? 0, 0, 400);
        }
    }

    // A failure that takes the server down comes first, and a tool is called all the same.
    [Fact]
    public async Task ProbeAsync_OtherFaultsToo_OutrankIt()
    {
        const string Tools = """{"tools":[{"name":"reads","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},{"name":"bad","inputSchema":{}}]}""";
        (Endpoint Endpoint, FailureKind Kind)[] steps =
        [
            (new() { Id = "a", Conditions = new() { RequireTools = ["search"] } }, FailureKind.MissingTool),
            (new() { Id = "b", Conditions = new() { RequireLists = [OtherList.Prompts] } }, FailureKind.ConditionFailed),
            (new() { Id = "c", Smoke = new SmokeCall { ExpectText = "hello" } }, FailureKind.SmokeFailed),
            (new() { Id = "d", Smoke = new SmokeCall() }, FailureKind.ToolsUsable),
            (new() { Id = "e", Conditions = new() { Budgets = new LatencyBudgets(Total: TimeSpan.FromTicks(1)) } }, FailureKind.ToolsUsable),
        ];
        foreach (var (endpoint, kind) in steps)
        {
            await using var stub = await StartAsync(call => call.Method switch
            {
                "tools/list" => Answer.Result(Tools),
                "tools/call" => Answer.Result("""{"content":[]}"""),
                _ => Handshake(call),
            });

            var result = await Prober.ProbeAsync(endpoint with { Url = stub.Endpoint().Url, Timeout = TimeSpan.FromSeconds(30) }, TestToken);

            Assert.Equal(kind, result.Failure?.Kind);
            Assert.Equal(endpoint.Smoke is not null, stub.Asked.Contains("POST tools/call"));
            if (endpoint.Id == "d")
                Assert.True(Assert.Single(result.Conditions, condition => condition.Name == "smoke").Passed);
        }
    }

    // The fast path: recognised by its bytes, a catalogue keeps what was judged of it.
    [Fact]
    public async Task ProbeConfirmedAsync_UnchangedCatalog_IsJudgedOnce()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list" ? Answer.Result($$"""{"tools":[{{Good}},{"name":"bad"}]}""") : Stateless(call));
        using var prober = new McpProber(new ProberOptions(), TimeProvider.System);

        var first = await prober.ProbeConfirmedAsync(stub.Endpoint(), _ => null, TestToken);
        var second = await prober.ProbeConfirmedAsync(stub.Endpoint(), _ => first.Catalog!.Hash, TestToken);

        Assert.Equal((1, FailureKind.ToolsUsable), (first.Attempts, first.Failure?.Kind)); // an immediate repeat would say the same
        Assert.Null(second.Snapshot);
        Assert.Equal(first.Failure, second.Failure);
        Assert.Equal(first.Conditions, second.Conditions);
    }

    [Fact]
    public async Task ProbeAsync_CombinatorBesideTypeObject_IsANoteOnOtherClients()
    {
        await using var stub = await StartAsync(call => call.Method == "tools/list"
            ? Answer.Result("""{"tools":[{"name":"a","inputSchema":{"type":"object","oneOf":[{"required":["x"]}]}},{"name":"b","inputSchema":{"type":"object","properties":{"x":{"anyOf":[]}}}}]}""")
            : Handshake(call));

        var result = await Prober.ProbeAsync(stub.Endpoint(), TestToken);

        Assert.Equal(Verdict.Healthy, result.Verdict);
        var note = Assert.Single(result.Findings);
        Assert.Equal((FindingLevel.Soft, "interop-top-level-combinator", "a", "/inputSchema/oneOf"), (note.Level, note.Rule, note.Tool, note.Path));
    }

    [Fact]
    public void Judge_SomeToolsUnusable_OpensADegradedIncidentOfItsOwnRule()
    {
        var watched = new Incidents.Watched(new Endpoint { Id = "search", Alerts = new() { Degraded = true } });
        for (var i = 0; i < 3; i++)
        {
            watched.Now += watched.Endpoint.Interval;
            var failure = new Failure(FailureKind.ToolsUsable, Phase.Catalog, "Official clients throw away the whole list of tools.");
            watched.Judge(watched.Observe(watched.Now, "local", Incidents.Watched.Result('a', watched.Now) with
            {
                Verdict = Verdict.Degraded,
                Failure = failure,
                // An old certificate besides is no reason to be silent.
                Conditions = [new("tools-usable", false, failure.Message), new("certificate-days", false, "5 days left")],
            }, []));
        }

        Assert.Equal((IncidentKind.Degraded, IncidentRules.ToolsUnusableInARow), Assert.Single(watched.Told.Where(told => told.Incident.Kind is IncidentKind.Degraded).Select(told => (told.Incident.Kind, told.Incident.Rule))));
    }
}
