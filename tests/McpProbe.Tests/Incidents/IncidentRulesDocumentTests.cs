using System.Text.RegularExpressions;
using McpProbe.Incidents;

namespace McpProbe.Tests.Incidents;

/// <summary>docs/incidents.md has every rule, once, and no others.</summary>
public partial class IncidentRulesDocumentTests
{
    [Fact]
    public void Document_Rules_AreThoseOfTheCode()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "docs", "incidents.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => Name().Matches(line.Split('|')[1]).Select(match => match.Groups[1].Value));

        Assert.Equal(
            IncidentRules.All.Concat(new[] { 21, 7, 1 }.Select(IncidentRules.CertificateDays)).Order(StringComparer.Ordinal),
            rows.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_All_AreAllConstantsThereAre() => Assert.Equal(
        typeof(IncidentRules).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        IncidentRules.All.Order(StringComparer.Ordinal));

    [GeneratedRegex("`([a-z0-9-]+)`")]
    private static partial Regex Name();
}
