using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace McpProbe.Infra.Tests;

/// <summary>infra/main.parameters.json is how azd passes environment variables on; docs/azure.md says which there are.</summary>
public partial class ParametersFileTests
{
    [Fact]
    public async Task ParametersFile_NamesEveryParameterButTheGeneratedKeys()
    {
        var (template, _) = await Bicep.BuildAsync(Repository.File("infra/main.bicep"));
        var parameters = template["parameters"]!.AsObject().Select(p => p.Key).Except(["newApiKey", "newReadKey"]);
        Assert.Equal(parameters.Order(StringComparer.Ordinal), (await ReadAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ParametersFile_Variables_FollowTheNamesOfTheParameters()
    {
        foreach (var (parameter, variable) in await ReadAsync())
        {
            // instanceMemoryMB: MCPPROBE_INSTANCE_MEMORY_MB. azd itself sets the four others.
            var expected = parameter switch
            {
                "environmentName" => "AZURE_ENV_NAME",
                "location" => "AZURE_LOCATION",
                "principalId" => "AZURE_PRINCIPAL_ID",
                "principalType" => "AZURE_PRINCIPAL_TYPE",
                _ => "MCPPROBE_" + Humps().Replace(parameter, "_$0").ToUpperInvariant(),
            };
            // No default after the name: an unset variable leaves the parameter to the template's own default.
            Assert.Equal("${" + expected + "}", variable);
        }
    }

    [Fact]
    public async Task Docs_NameEveryVariableAndNoOther()
    {
        var docs = await Repository.ReadAsync("docs/azure.md");
        var documented = TableVariable().Matches(docs).Select(m => m.Groups[1].Value).ToList();
        var variables = (await ReadAsync()).Values.Select(v => v[2..^1]).Where(v => v.StartsWith("MCPPROBE_", StringComparison.Ordinal));
        Assert.Equal(variables.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static async Task<IReadOnlyDictionary<string, string>> ReadAsync() =>
        JsonNode.Parse(await Repository.ReadAsync("infra/main.parameters.json"))!["parameters"]!.AsObject()
            .ToDictionary(p => p.Key, p => p.Value!.Text("value"));

    [GeneratedRegex("[A-Z]+")]
    private static partial Regex Humps();

    [GeneratedRegex(@"^\| `(MCPPROBE_[A-Z_]+)`", RegexOptions.Multiline)]
    private static partial Regex TableVariable();
}
