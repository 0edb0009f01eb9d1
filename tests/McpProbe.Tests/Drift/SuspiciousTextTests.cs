using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Drift.Findings;

namespace McpProbe.Tests.Drift;

public class SuspiciousTextTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Drift", "suspicious");

    /// <summary>A line of attacks.jsonl or benign.jsonl.</summary>
    private static IEnumerable<JsonElement> Lines(string file) =>
        File.ReadLines(Path.Combine(Folder, file)).Select(line => JsonDocument.Parse(line).RootElement);

    public static TheoryData<string, string, string, string, string> Attacks =>
        new(Lines("attacks.jsonl").Select(line => new TheoryDataRow<string, string, string, string, string>(
            Field(line, "id"), Field(line, "at"), Field(line, "text"), Field(line, "level"), Field(line, "rule"))));

    public static TheoryData<string, string, string, string[]> LookAlikes =>
        new(Lines("benign.jsonl").Select(line => new TheoryDataRow<string, string, string, string[]>(
            Field(line, "id"), Field(line, "at"), Field(line, "text"), [.. line.GetProperty("soft").EnumerateArray().Select(rule => rule.GetString()!)])));

    [Theory]
    [MemberData(nameof(Attacks))]
    public void FindIn_Attack_IsFoundWhereItStands(string id, string at, string text, string level, string rule)
    {
        var (catalog, path) = Catalog(at, text);

        var findings = SuspiciousText.FindIn(catalog);

        var found = Assert.Single(findings, finding => finding.Rule == rule && WireNames.Of(finding.Level) == level);
        Assert.Equal(at == "instructions" ? null : "probe_tool", found.Tool);
        if (at != "property") Assert.Equal(path, found.Path);
        Assert.True(found.Message.EndsWith('.') && found.Message.All(unit => unit is >= ' ' and not '\x7F'), $"{id}: {found.Message}");
    }

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public void FindIn_LookAlike_IsNoHardFindingAndSoftOnlyAsLabelled(string id, string at, string text, string[] soft)
    {
        var findings = SuspiciousText.FindIn(Catalog(at, text).Canonical);

        Assert.True(findings.All(finding => finding.Level == FindingLevel.Soft), $"{id}: {string.Join("; ", findings)}");
        Assert.Equal(soft, findings.Select(finding => finding.Rule).Distinct());
    }

    [Fact]
    public void AttackSet_HasItsShareOfPublishedAttacks()
    {
        var attacks = Lines("attacks.jsonl").ToList();
        var cited = attacks.Count(line => line.GetProperty("source").ValueKind == JsonValueKind.String);

        Assert.True(attacks.Count >= 60 && 2 * cited >= attacks.Count, $"{attacks.Count} attacks, {cited} with a source");
        Assert.Equal(attacks.Count, attacks.Select(line => Field(line, "id")).Distinct().Count());
        Assert.All(attacks.Where(line => line.GetProperty("source").ValueKind == JsonValueKind.String), line => Assert.True(Uri.IsWellFormedUriString(Field(line, "source"), UriKind.Absolute)));
        Assert.True(Lines("benign.jsonl").Count() >= 40);
    }

    // Every catalogue of a real server that is recorded here: no hard finding, and few that somebody must review.
    [Fact]
    public void FindIn_RealCatalogues_HaveNoHardFindingsAndFewSoftOnes()
    {
        var catalogs = RecordedCatalogs().ToList();
        Assert.True(catalogs.Count >= 18, $"only {catalogs.Count} recorded catalogues were found");
        var (tools, soft) = (0, new List<string>());
        foreach (var (name, catalog) in catalogs)
        {
            var findings = SuspiciousText.FindIn(catalog.Canonical);
            Assert.True(findings.All(finding => finding.Level == FindingLevel.Soft), $"{name}: {string.Join("; ", findings)}");
            tools += catalog.ToolNames.Count;
            soft.AddRange(findings.Select(finding => $"{name} {finding.Tool} {finding.Path} {finding.Rule}: {finding.Message}"));
        }

        TestContext.Current.SendDiagnosticMessage($"{catalogs.Count} catalogues, {tools} tools, {soft.Count} soft findings:\n{string.Join('\n', soft)}");
        Assert.True(soft.Count * 50 <= tools, $"{soft.Count} soft findings in {tools} tools:\n{string.Join('\n', soft)}");
    }

    private static IEnumerable<(string Name, ToolCatalog Catalog)> RecordedCatalogs()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "catalogs"), "*.json").Order(StringComparer.Ordinal))
        {
            var outcome = SnapshotFile.Read(File.ReadAllBytes(file));
            Assert.True(outcome.Value is not null, $"{file}: {outcome.Error}");
            yield return (Path.GetFileNameWithoutExtension(file), outcome.Value.Snapshot.Catalog);
        }
    }

    private static string Field(JsonElement line, string name) => line.GetProperty(name).GetString() ?? "";

    /// <summary>A catalogue of one tool, with a text at one place.</summary>
    private static (ReadOnlyMemory<byte> Canonical, string Path) Catalog(string at, string text)
    {
        var property = new JsonObject { ["type"] = "string" };
        var tool = new JsonObject
        {
            ["name"] = "probe_tool",
            ["description"] = "Does something.",
            ["inputSchema"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["x"] = property } },
        };
        var path = "/inputSchema/properties/x/" + at;
        switch (at)
        {
            case "description": tool["description"] = text; path = "/description"; break;
            case "title": tool["title"] = text; path = "/title"; break;
            case "instructions": path = "/instructions"; break;
            case "parameter": property["description"] = text; path = "/inputSchema/properties/x/description"; break;
            case "default": property["default"] = text; break;
            case "const": property["const"] = text; break;
            case "enum": property["enum"] = new JsonArray(text); path += "/-"; break;
            case "examples": property["examples"] = new JsonArray(text); path += "/-"; break;
            case "property": tool["inputSchema"]!["properties"]!.AsObject()[text] = new JsonObject(); break;
            case "output": tool["outputSchema"] = new JsonObject { ["description"] = text }; path = "/outputSchema/description"; break;
            default: throw new ArgumentException($"'{at}' is no place", nameof(at));
        }

        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes(new JsonObject { ["tools"] = new JsonArray(tool) }.ToJsonString())).Error);
        return (builder.Build(new ServerDescription("s", "1", at == "instructions" ? text : null, "{}"u8.ToArray())).Canonical, path);
    }
}
