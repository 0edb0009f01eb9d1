using System.Text.Json.Nodes;
using McpProbe.Cli.Output;
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
               "id":{"type":"string"},"shortDescription":{"$ref":"#/definitions/message"},"fullDescription":{"$ref":"#/definitions/message"},"help":{"$ref":"#/definitions/message"},
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
            ["check/latency warning", "drift/tool-removed error", "drift/schema-changed error", "drift/description-changed warning", "drift/tool-added note", "finding/hidden error", "finding/imperative warning", "finding/interop-redirect note"],
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
        JsonNode.Parse(Sarif.Render(Reports.Hostile with { Checks = [], Findings = [], FailOn = ChangeClass.Info }))!["runs"]![0]!["results"]!.AsArray(),
        result => Assert.Equal("error", (string?)result!["level"]));
}
