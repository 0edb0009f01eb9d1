using McpProbe.Drift.Specification;
using McpProbe.Testing;
using McpProbe.Text;

namespace McpProbe.Tests.Probing;

public class SpecificationDocumentTests
{
    [Fact]
    public async Task Table_NamesEveryRuleAsTheCodeDoes()
    {
        var page = (await SourceTree.ReadAsync("docs/specification.md")).Split('\n');

        var rows = page.Where(line => line.StartsWith("| `spec-", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => $"{cells[1].Trim('`')} {cells[2]} {cells[3]} {cells[4]} {cells[5]}");

        Assert.Equal(
            SpecRules.All.Select(rule => $"{rule.Name} {WireNames.Of(rule.Requirement)} {(rule.IsWatched ? "watched" : rule.IsDeep ? "deep" : "each probe")} {rule.Section} {rule.Says}"),
            rows);
    }
}
