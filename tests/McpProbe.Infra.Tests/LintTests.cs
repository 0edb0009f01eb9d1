using System.Text.Json.Nodes;

namespace McpProbe.Infra.Tests;

public class LintTests
{
    [Fact]
    public async Task Lint_Templates_SaysNothing() => Assert.Empty(await Bicep.LintAsync(Repository.File("infra/main.bicep")));

    [Fact]
    public async Task Build_Templates_SaysNothing()
    {
        var (template, diagnostics) = await Bicep.BuildAsync(Repository.File("infra/main.bicep"));
        Assert.Empty(diagnostics);
        Assert.Contains("subscriptionDeploymentTemplate", template.Text("$schema"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAcces: false", "BCP089", "warning")]
    [InlineData("storage.bicep", "allowBlobPublicAccess: false", "allowBlobPublicAccess: 'no'", "BCP036", "warning")]
    [InlineData("vault.bicep", "output id string = vault.id", "output key string = newApiKey", "outputs-should-not-contain-secrets", "error")]
    public async Task Lint_PlantedMistake_IsReported(string module, string right, string wrong, string rule, string level)
    {
        using var copy = Repository.CopyTemplates();
        await copy.SpoilAsync($"infra/modules/{module}", right, wrong);

        var diagnostics = await Bicep.LintAsync(copy.File("infra/main.bicep"));

        Assert.Contains(diagnostics, d => (d.File, d.Rule, d.Level) == (module, rule, level));
    }

    [Fact]
    public async Task Config_EveryRule_IsAnError()
    {
        var config = JsonNode.Parse(await Repository.ReadAsync("infra/bicepconfig.json"))!;
        Assert.All(config["analyzers"]!["core"]!["rules"]!.AsObject(), rule => Assert.Equal("error", rule.Value!.Text("level")));
    }
}
