using System.Text.Json.Nodes;
using McpProbe.Cli.Output;
using McpProbe.Endpoints;
using McpProbe.Gate;
using McpProbe.Model;
using NJsonSchema;

namespace McpProbe.Cli.Tests.Output;

public class SarifTests
{
    /// <summary>
    /// The part of SARIF 2.1.0 that is written, closed: a mistyped or misplaced property is a mistake here as it is in the
    /// standard's own schema, against which the output was checked by hand.
    /// </summary>
    private const string Shape = """
        {"type":"object","additionalProperties":false,"required":["version","runs"],
         "definitions":{"message":{"type":"object","additionalProperties":false,"required":["text"],"properties":{"text":{"type":"string","minLength":1}}}},
         "properties":{"$schema":{"type":"string","format":"uri"},"version":{"enum":["2.1.0"]},
          "runs":{"type":"array","minItems":1,"maxItems":1,"items":{"type":"object","additionalProperties":false,"required":["tool","results"],"properties":{
           "tool":{"type":"object","additionalProperties":false,"required":["driver"],"properties":{"driver":{"type":"object","additionalProperties":false,"required":["name"],"properties":{
             "name":{"type":"string"},"version":{"type":"string"},
             "rules":{"type":"array","uniqueItems":true,"items":{"type":"object","additionalProperties":false,"required":["id","help"],"properties":{
               "id":{"type":"string"},"helpUri":{"type":"string","format":"uri"},"shortDescription":{"$ref":"#/definitions/message"},"fullDescription":{"$ref":"#/definitions/message"},"help":{"$ref":"#/definitions/message"},
               "defaultConfiguration":{"type":"object","additionalProperties":false,"properties":{"level":{"enum":["none","note","warning","error"]}}}}}}}}}},
           "invocations":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["executionSuccessful"],"properties":{
             "startTimeUtc":{"type":"string","format":"date-time"},"exitCode":{"type":"integer"},"executionSuccessful":{"type":"boolean"}}}},
           "automationDetails":{"type":"object","additionalProperties":false,"properties":{"id":{"type":"string"}}},
           "columnKind":{"enum":["utf16CodeUnits","unicodeCodePoints"]},
           "results":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["message"],"properties":{
             "ruleId":{"type":"string"},"ruleIndex":{"type":"integer","minimum":0},"level":{"enum":["none","note","warning","error"]},"message":{"$ref":"#/definitions/message"},
             "locations":{"type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"properties":{
               "physicalLocation":{"type":"object","additionalProperties":false,"required":["artifactLocation"],"properties":{
                 "artifactLocation":{"type":"object","additionalProperties":false,"properties":{"uri":{"type":"string","format":"uri-reference"}}},
                 "region":{"type":"object","additionalProperties":false,"properties":{"startLine":{"type":"integer","minimum":1}}}}},
               "logicalLocations":{"type":"array","items":{"type":"object","additionalProperties":false,"properties":{"name":{"type":"string"},"fullyQualifiedName":{"type":"string"},"kind":{"type":"string"}}}}}}},
             "partialFingerprints":{"type":"object","additionalProperties":{"type":"string"}}}}}}}}}}
        """;

    [Fact]
    public async Task Render_Hostile_FitsTheFormat()
    {
        var sarif = Sarif.Render(Reports.Hostile);

        Assert.Empty((await JsonSchema.FromJsonAsync(Shape, TestContext.Current.CancellationToken)).Validate(sarif));
        Assert.True(Reports.IsClean(sarif));
    }

    [Fact]
    public void Render_Results_HaveTheirRuleLevelAndPlace()
    {
        var run = JsonNode.Parse(Sarif.Render(Reports.Hostile))!["runs"]![0]!;

        var results = run["results"]!.AsArray();
        Assert.Equal(
            ["check/latency warning", "drift/tool-removed error", "drift/schema-changed error", "drift/description-changed warning", "drift/tool-added note", "finding/hidden error", "finding/imperative warning", "finding/interop-redirect note",
                "specification/spec-result-type warning", "specification/spec-external-reference note", "specification/choice-no-description note"],
            results.Select(result => $"{result!["ruleId"]} {result["level"]}"));
        Assert.All(results, result => Assert.Equal(
            (string?)result!["ruleId"], (string?)run["tool"]!["driver"]!["rules"]![(int)result["ruleIndex"]!]!["id"]));
        Assert.All(results, result => Assert.Equal("a%20b/%C3%BC%3A%2C%25.json", (string?)result!["locations"]![0]!["physicalLocation"]!["artifactLocation"]!["uri"]));
    }

    [Fact]
    public void Render_WithoutAFile_NamesTheTargetAsLogicalLocation()
    {
        var report = new Report("check", "https://mcp.example.com/mcp", DateTimeOffset.UnixEpoch, [GateCheck.Failed("handshake", 4, "Down.")]);

        var location = JsonNode.Parse(Sarif.Render(report))!["runs"]![0]!["results"]![0]!["locations"]![0]!;

        Assert.Null(location["physicalLocation"]);
        Assert.Equal("https://mcp.example.com/mcp", (string?)location["logicalLocations"]![0]!["name"]);
    }

    [Fact]
    public void Render_FailOnInfo_MakesEveryChangeAnError() => Assert.All(
        JsonNode.Parse(Sarif.Render(Reports.Hostile with { Checks = [], Findings = [], Specification = [], FailOn = ChangeClass.Info }))!["runs"]![0]!["results"]!.AsArray(),
        result => Assert.Equal("error", (string?)result!["level"]));

    /// <summary>What the condition of that name counts is an error, in every format; what it does not is none.</summary>
    [Theory]
    [InlineData(null, "warning", "note")]
    [InlineData(Requirement.Must, "error", "note")]
    [InlineData(Requirement.Should, "error", "error")]
    public void Render_Specification_HasTheLevelThatCounts(Requirement? counts, string must, string should)
    {
        var report = Reports.Hostile with { Counts = counts };
        var run = JsonNode.Parse(Sarif.Render(report))!["runs"]![0]!;

        var results = run["results"]!.AsArray().Where(result => ((string)result!["ruleId"]!).StartsWith("specification/spec-", StringComparison.Ordinal)).ToList();
        Assert.Equal([must, should], results.Select(result => (string)result!["level"]!));
        var rules = results.Select(result => run["tool"]!["driver"]!["rules"]![(int)result!["ruleIndex"]!]!).ToList();
        Assert.Equal("https://modelcontextprotocol.io/specification/2026-07-28", (string?)rules[0]["helpUri"]);
        Assert.Contains("MCP 2026-07-28, Responses says must.", (string)rules[0]["help"]!["text"]!, StringComparison.Ordinal);
        Assert.Contains("$ref Resolution says should.", (string)rules[1]["help"]!["text"]!, StringComparison.Ordinal);
        var annotations = GitHub.Render(report, "").Split('\n').Where(line => line.Contains("title=specification%3A spec-", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, annotations.Count);
        Assert.Contains(annotations, line => line.StartsWith($"::{(must == "note" ? "notice" : must)} ", StringComparison.Ordinal));
        Assert.Contains(annotations, line => line.StartsWith($"::{(should == "note" ? "notice" : should)} ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("MCP 2026-07-28, Caching, Interaction with Pagination", "https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching")]
    [InlineData("MCP, Tools, Capabilities", "https://modelcontextprotocol.io/specification/2026-07-28/server/tools")]
    [InlineData("MCP, Pagination", "https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/pagination")]
    [InlineData("MCP 2025-11-25, Session Management", "https://modelcontextprotocol.io/specification/2025-11-25")]
    [InlineData("JSON-RPC 2.0, 5; MCP, Responses", "https://www.jsonrpc.org/specification")]
    [InlineData("RFC 9728, 3.3", "https://www.rfc-editor.org/rfc/rfc9728")]
    [InlineData("MCP conformance suite 0.2.0-alpha.12, ping", "https://github.com/modelcontextprotocol/conformance")]
    [InlineData("something else", null)]
    [InlineData(null, null)]
    public void Page_OfASection_IsKnown(string? section, string? page) => Assert.Equal(page, SpecificationPages.Of(section));
}
