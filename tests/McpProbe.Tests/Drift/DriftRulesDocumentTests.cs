using McpProbe.Drift;
using McpProbe.Drift.Schemas;
using McpProbe.Text;

namespace McpProbe.Tests.Drift;

/// <summary>docs/drift-rules.md lists the rules of the code, each with its class and sentence, and no others.</summary>
public class DriftRulesDocumentTests
{
    [Fact]
    public void Document_Rules_AreThoseOfTheCode()
    {
        var document = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "drift-rules.md"));
        var rules = CatalogRules.All.Concat(SchemaRules.All);

        Assert.Equal(rules.Select(Row).Order(StringComparer.Ordinal), document.Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_Names_AreUnique()
    {
        var names = CatalogRules.All.Concat(SchemaRules.All).Select(rule => rule.Name).ToList();

        Assert.Equal(names.Distinct(), names);
    }

    private static string Row(DriftRule rule) =>
        $"| `{rule.Name}` | {WireNames.Of(rule.Class)}{(rule.IsTolerated ? " *" : "")} | {rule.Sentence.Replace("'{0}'", "'x'", StringComparison.Ordinal)} |";
}
