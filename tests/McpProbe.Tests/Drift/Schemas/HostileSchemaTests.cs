using System.Text;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Model;

namespace McpProbe.Tests.Drift.Schemas;

/// <summary>Schemas made to exhaust whoever compares them: the differ ends, soon, and calls nothing safe that it did not look at.</summary>
public class HostileSchemaTests
{
    // The work is counted in steps; the time only guards against steps that are not counted.
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string, string> Schemas => new()
    {
        { "doubling by properties", Doubling("string", """{"properties":{"x":{"$ref":"#/$defs/N"},"y":{"$ref":"#/$defs/N"}}}"""), Doubling("number", """{"properties":{"x":{"$ref":"#/$defs/N"},"y":{"$ref":"#/$defs/N"}}}""") },
        { "doubling by anyOf", Doubling("string", """{"anyOf":[{"$ref":"#/$defs/N"},{"$ref":"#/$defs/N"}]}"""), Doubling("number", """{"anyOf":[{"$ref":"#/$defs/N"},{"$ref":"#/$defs/N"}]}""") },
        { "doubling by unions of objects", Doubling("string", """{"anyOf":[{"properties":{"x":{"$ref":"#/$defs/N"}}},{"properties":{"x":{"$ref":"#/$defs/N"},"y":true}}]}"""), Doubling("number", """{"anyOf":[{"properties":{"x":{"$ref":"#/$defs/N"}}},{"properties":{"x":{"$ref":"#/$defs/N"},"y":true}}]}""") },
        { "doubling below not", """{"not":""" + Doubling("string", """{"properties":{"x":{"$ref":"#/not/$defs/N"},"y":{"$ref":"#/not/$defs/N"}}}""").Replace("#/$defs", "#/not/$defs", StringComparison.Ordinal) + "}", """{"not":""" + Doubling("number", """{"properties":{"x":{"$ref":"#/not/$defs/N"},"y":{"$ref":"#/not/$defs/N"}}}""").Replace("#/$defs", "#/not/$defs", StringComparison.Ordinal) + "}" },
        { "product of unions", Product("a"), Product("b") },
        { "a long chain of references", Chain("string", """{"$ref":"#/$defs/N"}"""), Chain("number", """{"$ref":"#/$defs/N"}""") },
        { "a deep value by references", Chain("string", """{"properties":{"x":{"$ref":"#/$defs/N"}}}"""), Chain("number", """{"properties":{"x":{"$ref":"#/$defs/N"}}}""") },
        { "many members", Many("a"), Many("b") },
        { "deep nesting", Nested("string"), Nested("number") },
    };

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Compare_HostileSchema_EndsAndIsNotCalledSafe(string name, string before, string after)
    {
        var started = TimeProvider.System.GetTimestamp();
        var changes = CatalogDiffer.Compare(Catalog($$"""{"name":"t","inputSchema":{{before}},"outputSchema":{{before}}}"""), Catalog($$"""{"name":"t","inputSchema":{{after}},"outputSchema":{{after}}}"""));

        Assert.True(CatalogDiffer.Maximum(changes) >= ChangeClass.Unknown, name);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < Most, name);
    }

    public static TheoryData<string, string, string> TooComplex => new()
    {
        { "items of items", Nested("string", 140), Nested("number", 140) },
        { "items of items below not", $$"""{"not":{{Nested("string", 140)}}}""", $$"""{"not":{{Nested("number", 140)}}}""" },
        { "a chain of references", Chain("string", """{"$ref":"#/$defs/N"}""", 140), Chain("number", """{"$ref":"#/$defs/N"}""", 140) },
        { "a long text below not", LongNot("x"), LongNot("y") },
        { "a union of many", $$"""{"anyOf":[{{Required('a', 257)}}]}""", """{"type":"string"}""" },
        { "a product of two unions", $$"""{"allOf":[{"anyOf":[{{Required('a', 17)}}]},{"anyOf":[{{Required('b', 17)}}]}]}""", """{"type":"string"}""" },
    };

    /// <summary>A little beyond each of the bounds; without it, the comparison would go on and say something else.</summary>
    [Theory]
    [MemberData(nameof(TooComplex))]
    public void Compare_BeyondABound_IsTooComplex(string name, string before, string after)
    {
        var changes = CatalogDiffer.Compare(Tool(before), Tool(after));

        Assert.True(changes is [{ Rule: "schema-too-complex", Path: "/inputSchema" }], name);
    }

    [Theory]
    [InlineData(120, "a deep value")]
    [InlineData(1, "a flat one")]
    public void Compare_DeepValue_IsCompared(int levels, string name)
    {
        var changes = CatalogDiffer.Compare(Tool(Nested("string", levels)), Tool(Nested("number", levels)));

        Assert.True(changes is [{ Rule: "input-type-changed" }], name);
    }

    // What was measured is remembered: else forty doublings would be a million million comparisons.
    [Fact]
    public void Compare_DoublingUnions_AreCompared()
    {
        const string step = """{"anyOf":[{"properties":{"x":{"$ref":"#/$defs/N"}}},{"properties":{"x":{"$ref":"#/$defs/N"},"y":true}}]}""";
        var changes = CatalogDiffer.Compare(Tool(Doubling("string", step)), Tool(Doubling("number", step)));

        Assert.True(changes is [{ Rule: "input-type-changed", Path: "/inputSchema/$defs/d40/type" }]);
    }

    // What is beside each other is not deep.
    [Fact]
    public void Compare_ManyProperties_AreCompared()
    {
        static string Properties(string last) =>
            """{"properties":{""" + string.Concat(Enumerable.Range(0, 300).Select(i => $$"""  "p{{i}}":{"type":"string"},""")) + $$"""  "z":{"type":"{{last}}"}""" + "}}";
        var changes = CatalogDiffer.Compare(Tool(Properties("string")), Tool(Properties("number")));

        Assert.True(changes is [{ Rule: "input-type-changed", Path: "/inputSchema/properties/z/type" }]);
    }

    [Fact]
    public void Compare_BelowLongNames_NamesAnAncestor()
    {
        var (outer, inner) = (new string('a', 1500), new string('b', 1500));
        string Schema(string leaf) => Below(outer, Below(inner, $$"""{"type":"{{leaf}}"}"""));
        static string Below(string name, string schema) => """{"properties":{""" + $"\"{name}\":{schema}" + "}}";
        var changes = CatalogDiffer.Compare(Tool(Schema("string")), Tool(Schema("number")));

        Assert.Equal($"/inputSchema/properties/{outer}/properties", Assert.Single(changes).Path);
    }

    [Fact]
    public void Compare_ReferenceToItself_Ends()
    {
        var changes = CatalogDiffer.Compare(
            Catalog("""{"name":"t","inputSchema":{"$ref":"#","type":"object"}}"""), Catalog("""{"name":"t","inputSchema":{"$ref":"#","type":"array"}}"""));

        Assert.Equal(ChangeClass.Breaking, CatalogDiffer.Maximum(changes));
    }

    [Fact]
    public void Compare_ManyHostileTools_ShareOneBudget()
    {
        static string Tools(string leaf) => string.Join(',', Enumerable.Range(0, 1500).Select(i =>
            $$"""{"name":"t{{i}}","inputSchema":{{Doubling(leaf, """{"anyOf":[{"properties":{"x":{"$ref":"#/$defs/N"}}},{"properties":{"x":{"$ref":"#/$defs/N"},"y":true}}]}""", 12)}}}"""));
        var started = TimeProvider.System.GetTimestamp();
        var changes = CatalogDiffer.Compare(Catalog(Tools("string")), Catalog(Tools("number")));

        Assert.Equal(1500, changes.Select(change => change.Tool).Distinct().Count());
        Assert.All(changes.GroupBy(change => change.Tool), tool => Assert.True(CatalogDiffer.Maximum([.. tool]) >= ChangeClass.Unknown));
        Assert.True(TimeProvider.System.GetElapsedTime(started) < Most);
    }

    private static string Doubling(string leaf, string step, int levels = 40) => Definitions(leaf, step, levels);

    private static string Chain(string leaf, string step, int levels = 3000) => Definitions(leaf, step, levels);

    private static string Definitions(string leaf, string step, int levels)
    {
        var definitions = Enumerable.Range(0, levels).Select(i => $"\"d{i}\":{step.Replace("$defs/N", $"$defs/d{i + 1}", StringComparison.Ordinal)}");
        var all = string.Join(',', definitions.Append($"\"d{levels}\":{{\"type\":\"{leaf}\"}}"));
        return """{"$ref":"#/$defs/d0","$defs":{""" + all + "}}";
    }

    // Ten to the power of thirty objects, none like another.
    private static string Product(string name) =>
        $$"""{"allOf":[{{string.Join(',', Enumerable.Range(0, 30).Select(i => $$"""{"anyOf":[{{string.Join(',', Enumerable.Range(0, 10).Select(j => $$"""{"required":["{{name}}{{i}}{{j}}"]}"""))}}]}"""))}}]}""";

    private static string Many(string name) =>
        $$"""{"anyOf":[{{string.Join(',', Enumerable.Range(0, 3000).Select(i => $$"""{"type":"object","required":["{{name}}{{i}}"]}"""))}}]}""";

    private static string Nested(string leaf, int levels = 240) =>
        string.Concat(Enumerable.Repeat("""{"items":""", levels)) + $$"""{"type":"{{leaf}}"}""" + new string('}', levels);

    private static string Required(char name, int members) =>
        string.Join(',', Enumerable.Range(0, members).Select(i => $$"""{"type":"object","required":["{{name}}{{i}}"]}"""));

    private static string LongNot(string pattern) => """{"not":""" + $$"""{"enum":["{{new string('a', 70_000)}}"],"pattern":"{{pattern}}"}""" + "}";

    private static ReadOnlyMemory<byte> Tool(string schema) => Catalog($$"""{"name":"t","inputSchema":{{schema}}}""");

    private static ReadOnlyMemory<byte> Catalog(string tools)
    {
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":[{{tools}}]}""")).Error);
        return builder.Build(new ServerDescription("s", "1", null, "{}"u8.ToArray())).Canonical;
    }
}
