using System.Text;
using McpProbe.Catalog.Json;
using McpProbe.Probing.Protocol;

namespace McpProbe.Tests.Probing.Protocol;

/// <summary>Specification 2026-07-28, Streamable HTTP, Custom Headers from Tool Parameters.</summary>
public class ParameterHeadersTests
{
    public static TheoryData<string, string, string> Valid => new()
    {
        // The properties of the inputSchema, the arguments, the headers.
        { """{"r":{"type":"string","x-mcp-header":"Region"},"q":{"type":"string"}}""", """{"r":"us-west1","q":"x"}""", "Region: us-west1" },
        { """{"r":{"type":"string","x-mcp-header":"Region"}}""", "{}", "" },
        { """{"r":{"type":["string","null"],"x-mcp-header":"Region"}}""", """{"r":null}""", "" },
        { """{"r":{"type":"string","x-mcp-header":"Region"}}""", """{"r":""}""", "Region: " },
        { """{"n":{"type":"integer","x-mcp-header":"N"}}""", """{"n":-7}""", "N: -7" },
        { """{"n":{"type":"integer","x-mcp-header":"N"}}""", """{"n":42.0}""", "N: 42" },
        { """{"n":{"type":"integer","x-mcp-header":"N"}}""", """{"n":9007199254740991}""", "N: 9007199254740991" },
        { """{"a":{"type":"boolean","x-mcp-header":"A"},"b":{"type":"boolean","x-mcp-header":"B"}}""", """{"a":true,"b":false}""", "A: true, B: false" },
        { """{"o":{"type":"object","properties":{"i":{"type":"string","x-mcp-header":"I"}}}}""", """{"o":{"i":"deep"},"i":"flat"}""", "I: deep" },
        { """{"o":{"type":"object","properties":{"i":{"type":"string","x-mcp-header":"I"}}}}""", """{"o":"no object"}""", "" },
        { """{"properties":{"type":"string","x-mcp-header":"P"}}""", """{"properties":"p"}""", "P: p" },
        // A parameter of that name, and data, are no annotations.
        { """{"x-mcp-header":{"type":"string"},"d":{"default":{"x-mcp-header":""},"enum":[{"x-mcp-header":1}]}}""", """{"x-mcp-header":"v"}""", "" },
    };

    [Theory]
    [MemberData(nameof(Valid))]
    public void Of_ValidDefinition_GivesTheArgumentsThatItNames(string properties, string arguments, string expected)
    {
        var (headers, fault) = Of($$"""{"type":"object","properties":{{properties}}}""", arguments);

        Assert.Null(fault);
        Assert.Equal(expected, string.Join(", ", headers.Select(header => $"{header.Key["Mcp-Param-".Length..]}: {header.Value}")));
        Assert.All(headers, header => Assert.StartsWith("Mcp-Param-", header.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":""}}}""", "an x-mcp-header is empty")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":1}}}""", "an x-mcp-header is not a string")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"My Region"}}}""", "is no name of an HTTP header")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"A:B"}}}""", "is no name of an HTTP header")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"Région"}}}""", "is no name of an HTTP header")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"A\r\nX: y"}}}""", "is no name of an HTTP header")]
    [InlineData("""{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":"object","x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":"array","x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":"null","x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":["null"],"x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":["string","number"],"x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"x-mcp-header":"A"}}}""", "no string, integer or boolean")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"Same"},"b":{"type":"string","x-mcp-header":"Same"}}}""", "at two parameters")]
    [InlineData("""{"properties":{"a":{"type":"string","x-mcp-header":"Same"},"b":{"type":"object","properties":{"c":{"type":"string","x-mcp-header":"same"}}}}}""", "at two parameters")]
    [InlineData("""{"x-mcp-header":"A","type":"string"}""", "where no argument can be read")]
    [InlineData("""{"properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}}""", "where no argument can be read")]
    [InlineData("""{"properties":{"a":{"items":{"properties":{"b":{"type":"string","x-mcp-header":"A"}}}}}}""", "where no argument can be read")]
    [InlineData("""{"properties":{"a":{"anyOf":[{"type":"string","x-mcp-header":"A"}]}}}""", "where no argument can be read")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}""", "where no argument can be read")]
    [InlineData("""{"if":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}}""", "where no argument can be read")]
    [InlineData("""{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}""", "where no argument can be read")]
    [InlineData("""{"patternProperties":{"a":{"type":"string","x-mcp-header":"A"}}}""", "where no argument can be read")]
    [InlineData("""{"additionalProperties":{"type":"string","x-mcp-header":"A"}}""", "where no argument can be read")]
    public void Of_InvalidDefinition_SaysWhyAndGivesNoHeaders(string schema, string fault)
    {
        var outcome = Of(schema, """{"a":"x","b":"y"}""");

        Assert.Contains(fault, outcome.Fault, StringComparison.Ordinal);
        Assert.Empty(outcome.Headers);
    }

    [Theory]
    [InlineData("""{"a":1.5}""")]
    [InlineData("""{"a":9007199254740992}""")]
    [InlineData("""{"a":1e300}""")]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"a":["x"]}""")]
    public void Of_ArgumentThatNoHeaderCanHold_SaysSo(string arguments)
    {
        var (headers, fault) = Of("""{"properties":{"b":{"type":"string","x-mcp-header":"B"},"a":{"type":"integer","x-mcp-header":"A"}}}""", arguments);

        Assert.Contains("the argument for the x-mcp-header 'A'", fault, StringComparison.Ordinal);
        Assert.Empty(headers);
    }

    [Fact]
    public void Of_ToolWithoutSchema_HasNoHeaders()
    {
        using var tool = Tree("""{"name":"a"}""");
        using var arguments = Tree("{}");

        Assert.Equal((0, null), (ParameterHeaders.Of(tool, arguments).Headers.Count, ParameterHeaders.Of(tool, arguments).Fault));
    }

    // The specification's examples, and the edges of what is plain.
    [Theory]
    [InlineData("us-west1", "us-west1")]
    [InlineData("", "")]
    [InlineData("a b ~!", "a b ~!")]
    [InlineData("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?=")]
    [InlineData(" padded ", "=?base64?IHBhZGRlZCA=?=")]
    [InlineData("line1\nline2", "=?base64?bGluZTEKbGluZTI=?=")]
    [InlineData("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=")]
    [InlineData("=?base64?", "=?base64?")]
    [InlineData("\tindented", "=?base64?CWluZGVudGVk?=")]
    [InlineData("\u007f", "=?base64?fw==?=")]
    public void Encode_AnyText_IsPlainOrBase64(string text, string expected) => Assert.Equal(expected, ParameterHeaders.Encode(text));

    private static (IReadOnlyList<KeyValuePair<string, string>> Headers, string? Fault) Of(string schema, string arguments)
    {
        using var tool = Tree($$"""{"name":"t","inputSchema":{{schema}}}""");
        using var given = Tree(arguments);
        return ParameterHeaders.Of(tool, given);
    }

    private static JsonTree Tree(string json)
    {
        var tree = new JsonTree();
        Assert.Null(tree.Read(Encoding.UTF8.GetBytes(json)));
        return tree;
    }
}
