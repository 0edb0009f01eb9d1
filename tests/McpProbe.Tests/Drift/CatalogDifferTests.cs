using System.Text;
using System.Text.Json;
using CsCheck;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Model;
using McpProbe.Tests.Catalog.Json;
using McpProbe.Text;

namespace McpProbe.Tests.Drift;

public class CatalogDifferTests
{
    private static readonly ServerDescription Server = new("s", "1", "Be kind.", """{"logging":{},"tools":{"listChanged":true}}"""u8.ToArray());

    private static ToolCatalog Catalog(string tools, ServerDescription? server = null)
    {
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return builder.Build(server ?? Server);
    }

    private static IReadOnlyList<Change> Compare(ToolCatalog before, ToolCatalog after) => CatalogDiffer.Compare(before.Canonical, after.Canonical);

    private static string[] Lines(IEnumerable<Change> changes) =>
        [.. changes.Select(change => $"{WireNames.Of(change.Class)} {change.Rule} {change.Path} {Raw(change.Before)} -> {Raw(change.After)}")];

    private static string Raw(JsonElement? value) => value?.GetRawText() ?? "-";

    // The schema before and after, and the changes below /inputSchema and below /outputSchema.
    public static TheoryData<string, string, string[], string[]> Schemas => new()
    {
        { """{"properties":{"a":{}},"required":[]}""", """{"properties":{"a":{}},"required":["a"]}""", ["breaking input-required-added /required - -> \"a\""], ["info output-required-added /required - -> \"a\""] },
        { """{"properties":{"a":{}},"required":["a"]}""", """{"properties":{"a":{}}}""", ["info input-required-removed /required \"a\" -> -"], ["breaking output-required-removed /required \"a\" -> -"] },
        { """{"properties":{}}""", """{"properties":{"a":{}},"required":["a"]}""", ["breaking input-required-added /required - -> \"a\""], ["info output-required-added /required - -> \"a\""] },
        { """{"properties":{}}""", """{"properties":{"a":{}}}""", ["info input-property-added /properties/a - -> {}"], ["info output-property-added /properties/a - -> {}"] },
        { """{"properties":{"a/b":{}},"required":["a/b"]}""", """{"properties":{},"required":[]}""", ["warning input-property-removed /properties/a~1b {} -> -"], ["breaking output-required-property-removed /properties/a~1b {} -> -"] },
        { """{"properties":{"a":{}}}""", """{"properties":{}}""", ["warning input-property-removed /properties/a {} -> -"], ["warning output-property-removed /properties/a {} -> -"] },
        { """{"properties":{"a":{"type":"string"}}}""", """{"properties":{"a":{"type":"number"}}}""", ["breaking input-type-changed /properties/a/type \"string\" -> \"number\""], ["breaking output-type-changed /properties/a/type \"string\" -> \"number\""] },
        { """{"type":["string","null"]}""", """{"type":"string"}""", ["breaking input-null-removed /type [\"null\",\"string\"] -> \"string\""], ["info output-null-removed /type [\"null\",\"string\"] -> \"string\""] },
        { """{"type":"integer"}""", """{"type":"number"}""", ["info input-type-widened /type \"integer\" -> \"number\""], ["breaking output-type-widened /type \"integer\" -> \"number\""] },
        { """{"type":"string"}""", """{}""", ["info input-type-widened /type \"string\" -> -"], ["breaking output-type-widened /type \"string\" -> -"] },
        { """{}""", """{"type":"string"}""", ["breaking input-type-narrowed /type - -> \"string\""], ["info output-type-narrowed /type - -> \"string\""] },
        { """{"type":["string"]}""", """{"type":"string"}""", ["info schema-notation-changed /type [\"string\"] -> \"string\""], ["info schema-notation-changed /type [\"string\"] -> \"string\""] },
        { """{"enum":["a","b"]}""", """{"enum":["b","c"]}""", ["breaking input-enum-value-removed /enum \"a\" -> -", "info input-enum-value-added /enum - -> \"c\""], ["warning output-enum-value-added /enum - -> \"c\"", "info output-enum-value-removed /enum \"a\" -> -"] },
        { """{}""", """{"enum":[1]}""", ["breaking input-enum-introduced /enum - -> [1]"], ["info output-enum-introduced /enum - -> [1]"] },
        { """{"enum":[1]}""", """{}""", ["info input-enum-dropped /enum [1] -> -"], ["breaking output-enum-dropped /enum [1] -> -"] },
        { """{"enum":[1,2]}""", """{"enum":[2,1]}""", ["info schema-notation-changed /enum [1,2] -> [2,1]"], ["info schema-notation-changed /enum [1,2] -> [2,1]"] },
        { """{"properties":{"title":{"title":"a"}}}""", """{"properties":{"title":{"title":"b"}}}""", ["warning title-changed /properties/title/title \"a\" -> \"b\""], ["warning title-changed /properties/title/title \"a\" -> \"b\""] },
        { """{"items":{"description":"a"}}""", """{"items":{"description":"b"}}""", ["warning description-changed /items/description \"a\" -> \"b\""], ["warning description-changed /items/description \"a\" -> \"b\""] },
        { """{"default":1,"$comment":"a"}""", """{"default":2}""", ["info schema-remark-changed /$comment \"a\" -> -", "info default-changed /default 1 -> 2"], ["info schema-remark-changed /$comment \"a\" -> -", "info default-changed /default 1 -> 2"] },
        { """{"anyOf":[{"type":"string"},{"type":"null"}]}""", """{"anyOf":[{"type":"null"},{"type":"string"}]}""", ["info schema-notation-changed /anyOf [{\"type\":\"string\"},{\"type\":\"null\"}] -> [{\"type\":\"null\"},{\"type\":\"string\"}]"], ["info schema-notation-changed /anyOf [{\"type\":\"string\"},{\"type\":\"null\"}] -> [{\"type\":\"null\"},{\"type\":\"string\"}]"] },
        { """{"anyOf":[{"type":"string"}]}""", """{"anyOf":[{"type":"number"}]}""", ["breaking input-type-changed /anyOf/0/type \"string\" -> \"number\""], ["breaking output-type-changed /anyOf/0/type \"string\" -> \"number\""] },
        { """{"anyOf":[{}]}""", """{"anyOf":[{},{}]}""", ["info schema-notation-changed /anyOf [{}] -> [{},{}]"], ["info schema-notation-changed /anyOf [{}] -> [{},{}]"] },
        { """{"oneOf":[{"type":"integer","title":"a"}]}""", """{"oneOf":[{"type":"number","title":"b"}]}""", ["warning title-changed /oneOf/0/title \"a\" -> \"b\"", "info input-type-widened /oneOf/0/type \"integer\" -> \"number\""], ["breaking output-type-widened /oneOf/0/type \"integer\" -> \"number\"", "warning title-changed /oneOf/0/title \"a\" -> \"b\""] },
        { """{"not":{"type":"integer"}}""", """{"not":{"type":"number"}}""", ["unknown input-constraint-changed /not {\"type\":\"integer\"} -> {\"type\":\"number\"}"], ["unknown output-constraint-changed /not {\"type\":\"integer\"} -> {\"type\":\"number\"}"] },
        { """{"maxLength":1}""", """{"maxLength":2}""", ["info input-bound-loosened /maxLength 1 -> 2"], ["breaking output-bound-loosened /maxLength 1 -> 2"] },
        { """{"additionalProperties":true}""", """{"additionalProperties":{}}""", ["info schema-notation-changed /additionalProperties true -> {}"], ["info schema-notation-changed /additionalProperties true -> {}"] },
        { """{"$defs":{"a":{"type":"string"}}}""", """{"$defs":{"a":{"type":"number"}}}""", ["info schema-notation-changed /$defs/a/type \"string\" -> \"number\""], ["info schema-notation-changed /$defs/a/type \"string\" -> \"number\""] },
        { "true", "{}", ["info schema-notation-changed  true -> {}"], ["info schema-notation-changed  true -> {}"] },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Compare_Schema_IsClassifiedByItsRole(string before, string after, string[] input, string[] output)
    {
        Assert.Equal(input, Below("inputSchema"));
        Assert.Equal(output, Below("outputSchema"));

        IEnumerable<string> Below(string field) => Lines(Compare(
                Catalog($$"""{"name":"t","{{field}}":{{before}}}"""), Catalog($$"""{"name":"t","{{field}}":{{after}}}""")))
            .Select(line => line.Replace($" /{field}", " ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "\"title\":\"a\"", "warning title-changed /title - -> \"a\"")]
    [InlineData("\"description\":\"a\"", "\"description\":\"b\"", "warning description-changed /description \"a\" -> \"b\"")]
    [InlineData("\"icons\":[]", "", "warning tool-field-changed /icons [] -> -")]
    [InlineData("", "\"outputSchema\":{}", "info output-schema-added /outputSchema - -> {}")]
    [InlineData("\"outputSchema\":{}", "", "breaking output-schema-removed /outputSchema {} -> -")]
    [InlineData("", "\"inputSchema\":{}", "unknown schema-changed /inputSchema - -> {}")]
    [InlineData("\"annotations\":{\"readOnlyHint\":true}", "\"annotations\":{}", "breaking read-only-lost /annotations/readOnlyHint true -> -")]
    [InlineData("\"annotations\":{\"readOnlyHint\":true}", "", "breaking read-only-lost /annotations/readOnlyHint true -> -")]
    [InlineData("\"annotations\":{\"readOnlyHint\":false}", "\"annotations\":{\"readOnlyHint\":true}", "warning annotations-changed /annotations/readOnlyHint false -> true")]
    [InlineData("", "\"annotations\":{\"destructiveHint\":true}", "info annotations-notation-changed /annotations/destructiveHint - -> true")]
    [InlineData("\"annotations\":{\"destructiveHint\":false}", "\"annotations\":{}", "breaking destructive-gained /annotations/destructiveHint false -> -")]
    [InlineData("\"annotations\":{\"destructiveHint\":true}", "\"annotations\":{\"destructiveHint\":false}", "warning annotations-changed /annotations/destructiveHint true -> false")]
    [InlineData("\"annotations\":{\"openWorldHint\":true}", "\"annotations\":{}", "info annotations-notation-changed /annotations/openWorldHint true -> -")]
    [InlineData("\"annotations\":{\"title\":\"a\"}", "\"annotations\":{\"title\":\"b\"}", "warning title-changed /annotations/title \"a\" -> \"b\"")]
    [InlineData("\"annotations\":{}", "", "info annotations-notation-changed /annotations {} -> -")]
    [InlineData("\"annotations\":1", "\"annotations\":{}", "warning annotations-changed /annotations 1 -> {}")]
    [InlineData("\"annotations\":{\"readOnlyHint\":true}", "\"annotations\":1", "warning annotations-changed /annotations {\"readOnlyHint\":true} -> 1")]
    // A hint that is no boolean says nothing that is known.
    [InlineData("\"annotations\":{\"readOnlyHint\":true}", "\"annotations\":{\"readOnlyHint\":\"x\"}", "breaking read-only-lost /annotations/readOnlyHint true -> \"x\"")]
    [InlineData("\"annotations\":{\"readOnlyHint\":\"x\"}", "\"annotations\":{\"readOnlyHint\":false}", "warning annotations-changed /annotations/readOnlyHint \"x\" -> false")]
    [InlineData("\"annotations\":{\"destructiveHint\":\"x\"}", "\"annotations\":{\"destructiveHint\":true}", "breaking destructive-gained /annotations/destructiveHint \"x\" -> true")]
    [InlineData("\"annotations\":{\"destructiveHint\":false}", "\"annotations\":{\"destructiveHint\":\"x\"}", "breaking destructive-gained /annotations/destructiveHint false -> \"x\"")]
    [InlineData("\"annotations\":{\"destructiveHint\":true}", "\"annotations\":{\"destructiveHint\":\"x\"}", "warning annotations-changed /annotations/destructiveHint true -> \"x\"")]
    [InlineData("\"annotations\":{\"destructiveHint\":\"x\"}", "\"annotations\":{\"destructiveHint\":false}", "warning annotations-changed /annotations/destructiveHint \"x\" -> false")]
    [InlineData("\"annotations\":{\"idempotentHint\":\"x\"}", "\"annotations\":{\"idempotentHint\":false}", "warning annotations-changed /annotations/idempotentHint \"x\" -> false")]
    [InlineData("\"annotations\":{\"idempotentHint\":false}", "\"annotations\":{\"idempotentHint\":\"x\"}", "warning annotations-changed /annotations/idempotentHint false -> \"x\"")]
    [InlineData("\"annotations\":{\"openWorldHint\":\"x\"}", "\"annotations\":{\"openWorldHint\":true}", "warning annotations-changed /annotations/openWorldHint \"x\" -> true")]
    [InlineData("\"annotations\":{\"openWorldHint\":true}", "\"annotations\":{\"openWorldHint\":\"x\"}", "warning annotations-changed /annotations/openWorldHint true -> \"x\"")]
    public void Compare_ToolField_IsClassified(string before, string after, string change)
    {
        var changes = Compare(Catalog(Tool(before)), Catalog(Tool(after)));

        Assert.Equal([change], Lines(changes));
        Assert.Equal("t", changes[0].Tool);
        Assert.EndsWith(".", changes[0].Message, StringComparison.Ordinal);

        static string Tool(string field) => $$"""{ {{(field.Length == 0 ? "" : field + ",")}} "name":"t"}""";
    }

    [Theory]
    [InlineData("S", "Be kind.", """{"logging":{},"tools":{"listChanged":true}}""", "warning server-name-changed /name \"s\" -> \"S\"")]
    [InlineData("s", null, """{"logging":{},"tools":{"listChanged":true}}""", "warning instructions-changed /instructions \"Be kind.\" -> null")]
    [InlineData("s", "Be kind.", """{"tools":{"listChanged":true}}""", "breaking capability-removed /capabilities/logging {} -> -")]
    [InlineData("s", "Be kind.", """{"logging":{},"tools":{"listChanged":false}}""", "warning list-changed-removed /capabilities/tools/listChanged true -> false")]
    [InlineData("s", "Be kind.", """{"logging":{},"a/b":{},"tools":{"listChanged":true}}""", "info capability-added /capabilities/a~1b - -> {}")]
    [InlineData("s", "Be kind.", """{"logging":{},"prompts":false,"tools":{"listChanged":true}}""", "info capability-notation-changed /capabilities/prompts - -> false")]
    [InlineData("s", "Be kind.", """{"logging":1,"tools":{"listChanged":true}}""", "unknown capability-changed /capabilities/logging {} -> 1")]
    public void Compare_Server_IsClassified(string name, string? instructions, string capabilities, string change)
    {
        var changes = Compare(Catalog(""), Catalog("", new ServerDescription(name, "2", instructions, Encoding.UTF8.GetBytes(capabilities))));

        Assert.Equal([change], Lines(changes));
        Assert.Null(changes[0].Tool);
    }

    // Capabilities have names of more than one part, and may be no object at all.
    [Theory]
    [InlineData("""{"a":{}}""", "{}", "breaking capability-removed /capabilities/a {} -> -", "'a'")]
    [InlineData("""{"a":{"b":{"c":1}}}""", """{"a":{"b":{}}}""", "breaking capability-removed /capabilities/a/b/c 1 -> -", "'a.b.c'")]
    [InlineData("""{"listChanged":true}""", "{}", "breaking capability-removed /capabilities/listChanged true -> -", "'listChanged'")]
    [InlineData("{}", "false", "unknown capability-changed /capabilities {} -> false", "''")]
    [InlineData("false", "{}", "unknown capability-changed /capabilities false -> {}", "''")]
    public void Compare_Capability_IsNamedByItsParts(string before, string after, string change, string named)
    {
        var found = Compare(Catalog("", Server with { Capabilities = Encoding.UTF8.GetBytes(before) }), Catalog("", Server with { Capabilities = Encoding.UTF8.GetBytes(after) }));

        Assert.Equal([change], Lines(found));
        Assert.Contains(named, found[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_ManyChanges_AreSortedWorstFirstThenByToolAndPath()
    {
        var changes = Compare(
            Catalog("""{"name":"b"},{"name":"c","title":"1","description":"1","inputSchema":{"not":{"maxLength":1}}},{"name":"d"},{"name":"d"}"""),
            Catalog("""{"name":"a"},{"name":"c","title":"2","description":"2","inputSchema":{"not":{"maxLength":2}}},{"name":"d"}""", Server with { Name = "x" }));

        Assert.Equal(
            ["tool-removed b ", "tool-removed d ", "input-constraint-changed c /inputSchema/not", "server-name-changed  /name", "description-changed c /description", "title-changed c /title", "tool-added a "],
            changes.Select(change => $"{change.Rule} {change.Tool} {change.Path}"));
    }

    // Tools of one shape, each with a schema of its own: how many went, how many came, and how many of those took another name.
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 2)]
    [InlineData(8, 8, 8)]
    [InlineData(9, 1, 0)]
    [InlineData(1, 9, 0)]
    [InlineData(9, 9, 0)]
    public void Compare_ToolsOfOneShape_ArePairedUpToEight(int went, int came, int renamed)
    {
        static string Tools(string name, int count) => string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$"""{"name":"{{name}}{{i}}","inputSchema":{"properties":{"x":{"const":{{i}} } } } }"""));

        var changes = Compare(Catalog(Tools("a", went)), Catalog(Tools("b", came)));

        Assert.Equal(renamed, changes.Count(change => change.Rule == "tool-renamed"));
        Assert.Equal(went - renamed, changes.Count(change => change.Rule == "tool-removed"));
        Assert.Equal(came - renamed, changes.Count(change => change.Rule == "tool-added"));
    }

    [Fact]
    public void Compare_AnotherNameAndOtherResults_AreTwoTools()
    {
        static string Tool(string name, string type) => $$"""{"name":"{{name}}","inputSchema":{"properties":{"x":true} },"outputSchema":{"type":"{{type}}"} }""";

        Assert.Equal(
            ["tool-removed", "tool-added"],
            Compare(Catalog(Tool("a", "object")), Catalog(Tool("b", "array"))).Select(change => change.Rule));
        Assert.Equal(["tool-renamed"], Compare(Catalog(Tool("a", "object")), Catalog(Tool("b", "object"))).Select(change => change.Rule));
    }

    [Fact]
    public void Compare_LoneSurrogates_AreChangesThatCanBeStoredAndReadBack()
    {
        var changes = Compare(
            Catalog("""{"name":"\ud83d","description":"a\\ud83d","inputSchema":{"properties":{"\ud83d":{}}}}"""),
            Catalog("""{"name":"\ud83d","description":"a\ud83d","inputSchema":{"properties":{"\ude00":{}}}}"""));

        Assert.Equal(["description-changed", "input-property-removed", "input-property-added"], changes.Select(change => change.Rule));
        Assert.Equal("a\\ud83d", changes[0].After!.Value.GetString());
        var json = JsonSerializer.SerializeToUtf8Bytes(changes, EngineJson.Default.IReadOnlyListChange);
        Assert.Equal(3, JsonSerializer.Deserialize(json, EngineJson.Default.IReadOnlyListChange)!.Count);
    }

    [Fact]
    public void Compare_HugeOrDeepValues_AreLeftOutWithTheirSize()
    {
        var deep = new string('[', 100) + new string(']', 100);
        var changes = Compare(
            Catalog($$"""{"name":"t","description":"{{new string('a', 10_000)}}","x":{{deep}}}"""), Catalog("""{"name":"t"}"""));

        Assert.Equal("\"(10002 bytes of JSON, too large to show)\"", Raw(changes[0].Before));
        Assert.Equal("\"(200 bytes of JSON, too large to show)\"", Raw(changes[1].Before));
    }

    [Fact]
    public void Compare_TooManyChanges_SaysSoAsUnknown()
    {
        static string Tools(string prefix) => string.Join(',', Enumerable.Range(0, 6000).Select(i => $$"""{"name":"{{prefix}}{{i}}"}"""));

        var changes = Compare(Catalog(Tools("a")), Catalog(Tools("b")));

        Assert.Equal(10_001, changes.Count);
        Assert.Equal("more-changes", changes.Single(change => change.Class == ChangeClass.Unknown).Rule);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"server":1,"tools":[]}""")]
    [InlineData("""{"server":{},"tools":{}}""")]
    [InlineData("{")]
    public void Compare_NotACatalogue_IsABug(string document)
    {
        var catalogue = Catalog("").Canonical;

        Assert.Equal("before", Assert.Throws<ArgumentException>(() => CatalogDiffer.Compare(Encoding.UTF8.GetBytes(document), catalogue)).ParamName);
        Assert.Equal("after", Assert.Throws<ArgumentException>(() => CatalogDiffer.Compare(catalogue, Encoding.UTF8.GetBytes(document))).ParamName);
    }

    [Fact]
    public void Maximum_Changes_IsTheWorstClass()
    {
        var changes = Compare(Catalog("""{"name":"b"}"""), Catalog("""{"name":"a","description":"d"}"""));

        Assert.Equal([ChangeClass.Breaking, ChangeClass.Info], changes.Select(change => change.Class));
        Assert.Equal(ChangeClass.Breaking, CatalogDiffer.Maximum(changes));
        Assert.Null(CatalogDiffer.Maximum([]));
    }

    private static readonly string[] SchemaKeys =
    [
        "type", "enum", "required", "properties", "items", "anyOf", "oneOf", "not", "additionalProperties", "title", "description",
        "default", "$comment", "$defs", "maxLength", "x-vendor",
    ];

    private static Gen<string> Schema => Gen.Recursive<string>((depth, inner) =>
        Gen.Select(Gen.Int[0, SchemaKeys.Length - 1], depth >= 3 ? JsonGen.Value : inner, JsonGen.Value, Gen.Int[0, 5], (key, schema, value, shape) =>
            (SchemaKeys[key], shape switch
            {
                0 => value,
                1 => $"[{schema}, {value}]",
                2 => $$"""{"a": {{schema}}, "b": {{value}}}""",
                3 => """["string", "null", "a"]""",
                4 => "\"string\"",
                _ => schema,
            })).Array[0, 4].Select(JsonGen.Object));

    private static readonly Gen<ToolCatalog> AnyCatalog = Gen.Select(
        Gen.Select(Schema, Schema, JsonGen.Value, Gen.Int[0, 2], (input, output, value, name) =>
            $$"""{"name":"{{name}}","inputSchema":{{input}},"outputSchema":{{output}},"annotations":{{value}},"x":{{value}}}""").Array[0, 3],
        JsonGen.Value,
        (tools, capabilities) => Catalog(string.Join(',', tools), Server with { Capabilities = Encoding.UTF8.GetBytes(capabilities) }));

    [Fact]
    public void Compare_SameCatalogue_IsEmpty() => AnyCatalog.Sample(catalog => Assert.Empty(Compare(catalog, catalog)));

    // Any two, and two that share all but one tool's schema: a difference of hashes is always explained.
    [Fact]
    public void Compare_OtherHash_HasAChange()
    {
        Gen.Select(AnyCatalog, AnyCatalog).Sample(Explained);
        Gen.Select(Schema, Schema).Sample((one, other) => Explained(
            Catalog($$"""{"name":"t","inputSchema":{{one}},"outputSchema":{{other}}}"""),
            Catalog($$"""{"name":"t","inputSchema":{{other}},"outputSchema":{{other}}}""")));

        static void Explained(ToolCatalog before, ToolCatalog after) =>
            Assert.Equal(before.Hashes.Hash == after.Hashes.Hash, Compare(before, after).Count == 0);
    }
}
