using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NJsonSchema;
using YamlDotNet.RepresentationModel;

namespace McpProbe.Infra.Tests;

public class AzureYamlTests
{
    private const string OwnSchema = "tests/McpProbe.Infra.Tests/Schemas/azure.yaml.schema.json";

    [Fact]
    public async Task AzureYaml_FitsTheOwnSchema() => Assert.Empty(await ErrorsAsync(Repository.File(OwnSchema), await ReadAsync()));

    [Theory]
    [InlineData("host: function", "hots: function")]
    [InlineData("host: function", "host: functions")]
    [InlineData("postdeploy:", "postdeply:")]
    [InlineData("services:", "service:")]
    // A hook for one system only; a shell script for Windows; a hook that is no list.
    [InlineData("      windows:\n        shell: pwsh\n        run: infra/hooks/wait-until-healthy.ps1\n", "")]
    [InlineData("shell: pwsh", "shell: sh")]
    [InlineData("run: infra/hooks/check-network.ps1", "run: infra/hooks/check-network.sh")]
    [InlineData("    - posix:\n        shell: sh\n        run: infra/hooks/check-network.sh\n      windows:\n        shell: pwsh\n        run: infra/hooks/check-network.ps1\n", "    posix:\n      shell: sh\n      run: infra/hooks/check-network.sh\n    windows:\n      shell: pwsh\n      run: infra/hooks/check-network.ps1\n")]
    [InlineData("    - MCPPROBE_LOCK", "    - MCPPROBE-LOCK")]
    public async Task AzureYaml_Misspelt_DoesNotFit(string right, string wrong)
    {
        var text = await Repository.ReadAsync("azure.yaml");
        Assert.Contains(right, text, StringComparison.Ordinal);
        Assert.NotEmpty(await ErrorsAsync(Repository.File(OwnSchema), Parse(text.Replace(right, wrong, StringComparison.Ordinal))));
    }

    /// <summary>The public workflow downloads azd's schema and names it here.</summary>
    [Fact]
    public async Task AzureYaml_FitsThePublicSchema()
    {
        var schema = Environment.GetEnvironmentVariable("AZURE_YAML_SCHEMA");
        Assert.SkipWhen(string.IsNullOrEmpty(schema), "AZURE_YAML_SCHEMA does not name a copy of azd's schema; the own, stricter one was checked.");
        Assert.Empty(await ErrorsAsync(schema!, await ReadAsync()));
    }

    [Fact]
    public async Task AzureYaml_WhatItNames_IsThere()
    {
        var file = await ReadAsync();
        var service = Assert.Single(file["services"]!.AsObject());
        Assert.NotEmpty(Directory.EnumerateFiles(Repository.File(service.Value!.Text("project")), "*.csproj"));
        Assert.True(File.Exists(Repository.File($"{file["infra"]!.Text("path")}/{file["infra"]!.Text("module")}.bicep")));
        Assert.All(Scripts(file), script => Assert.True(File.Exists(Repository.File(script))));

        // azd finds the app of a service by this tag.
        var home = (await Deployment.OfAsync(ParameterSets.Default)).Home;
        Assert.Equal(service.Key, home.Site["tags"]!.Text("azd-service-name"));
    }

    /// <summary>azd brings its own Bicep, which must compile the template to one that Azure takes: 0.40.2 or later.</summary>
    [Fact]
    public async Task Azd_IsRequiredInAVersionWhoseBicepIsGoodEnough()
    {
        var required = Version.Parse((await ReadAsync())["requiredVersions"]!.Text("azd").Split(' ')[1]);
        Assert.True(required >= new Version(1, 23, 8), $"azd {required} brings Bicep 0.39.26 (Azure/bicep issue 18603)");
        Assert.Contains($"({required} or newer)", await Repository.ReadAsync("docs/azure.md"), StringComparison.Ordinal);
    }

    /// <summary>azd writes a random one into the project that has none.</summary>
    [Fact]
    public async Task Project_HasAFixedUserSecretsId()
    {
        var project = Assert.Single(Directory.EnumerateFiles(Repository.File((await ReadAsync())["services"]!["api"]!.Text("project")), "*.csproj"));
        var ids = System.Xml.Linq.XDocument.Load(project).Descendants("UserSecretsId").ToList();
        Assert.Equal("mcpprobe-functions", Assert.Single(ids).Value);
        Assert.Null(ids[0].Attribute("Condition"));
    }

    [Fact]
    public async Task Hooks_AreTheSameInBothLanguages()
    {
        var scripts = Scripts(await ReadAsync()).ToList();
        var names = scripts.Select(Path.GetFileNameWithoutExtension).Distinct().ToList();
        Assert.Equal(names.SelectMany(name => new[] { $"infra/hooks/{name}.sh", $"infra/hooks/{name}.ps1" }), scripts);
        // No script is left that nothing runs.
        Assert.Equal(scripts.Order(), Directory.EnumerateFiles(Repository.File("infra/hooks")).Select(file => Path.GetRelativePath(Repository.Root, file)).Order());
        foreach (var name in names)
        {
            var (shell, power) = (await Repository.ReadAsync($"infra/hooks/{name}.sh"), await Repository.ReadAsync($"infra/hooks/{name}.ps1"));
            Assert.Equal(Variables(shell), Variables(power));
            Assert.StartsWith("#!/bin/sh\n", shell, StringComparison.Ordinal);
            Assert.DoesNotContain('\r', shell);
            if (!OperatingSystem.IsWindows())
                Assert.True(File.GetUnixFileMode(Repository.File($"infra/hooks/{name}.sh")).HasFlag(UnixFileMode.UserExecute), name);
        }

        static IEnumerable<string> Variables(string script) => Regex.Matches(script, "(MCPPROBE|AZURE)_[A-Z_]+").Select(m => m.Value).Distinct().Order();
    }

    [Fact]
    public async Task Pipeline_HandsOverEveryVariable()
    {
        var variables = JsonNode.Parse(await Repository.ReadAsync("infra/main.parameters.json"))!["parameters"]!.AsObject()
            .Select(p => p.Value!.Text("value")[2..^1]).ToList();
        var own = variables.Where(name => name.StartsWith("MCPPROBE_", StringComparison.Ordinal));
        Assert.Equal(own, (await ReadAsync())["pipeline"]!["variables"]!.AsArray().Select(v => v!.GetValue<string>()));

        var job = Parse(await Repository.ReadAsync(".github/workflows/azure-dev.yml"))["jobs"]!["deploy"]!;
        foreach (var name in own.Concat(["AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"]))
            Assert.Equal($"${{{{ vars.{name} }}}}", job["env"]!.Text(name));
        Assert.Equal("ServicePrincipal", job["env"]!.Text("AZURE_PRINCIPAL_TYPE"));
        // A tag can be moved to other code; a commit cannot.
        Assert.All(
            job["steps"]!.AsArray().Select(step => step!["uses"]?.GetValue<string>()).OfType<string>(),
            uses => Assert.Matches("^[A-Za-z/-]+@[0-9a-f]{40}$", uses));
        Assert.Equal(
            ["azd provision --no-prompt", "azd deploy --no-prompt"],
            job["steps"]!.AsArray().Select(step => step!["run"]?.GetValue<string>()).OfType<string>().TakeLast(2));
    }

    [Fact]
    public async Task DevContainer_HasTheSdkAndTheToolsOfTheGuide()
    {
        var container = JsonNode.Parse(await Repository.ReadAsync(".devcontainer/devcontainer.json"))!;
        var sdk = JsonNode.Parse(await Repository.ReadAsync("global.json"))!["sdk"]!.Text("version");
        Assert.EndsWith($"-{string.Join('.', sdk.Split('.').Take(2))}", container.Text("image"), StringComparison.Ordinal);
        Assert.All(["azd", "azure-cli", "node", "azure-functions-core-tools"], tool =>
            Assert.Contains(container["features"]!.AsObject(), feature => feature.Key.Split('/')[^1].StartsWith(tool + ":", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Scripts(JsonNode file) =>
        from hook in file["hooks"]!.AsObject()
        from step in hook.Value!.AsArray()
        from system in (string[])["posix", "windows"]
        select step![system]!.Text("run");

    private static async Task<JsonNode> ReadAsync() => Parse(await Repository.ReadAsync("azure.yaml"));

    private static async Task<IEnumerable<string>> ErrorsAsync(string schemaFile, JsonNode file)
    {
        var text = await File.ReadAllTextAsync(schemaFile, TestContext.Current.CancellationToken);
        // Extensions of azd bring schemas of their own, by address: none of them is about a function app.
        var schema = await JsonSchema.FromJsonAsync(WithoutRemoteReferences(text), TestContext.Current.CancellationToken);
        return schema.Validate(file.ToJsonString()).Select(error => error.ToString());
    }

    private static string WithoutRemoteReferences(string schema)
    {
        var root = JsonNode.Parse(schema)!;
        Strip(root);
        return root.ToJsonString();

        static void Strip(JsonNode? node)
        {
            if (node is JsonObject map)
            {
                if (map["$ref"] is JsonValue reference && !reference.GetValue<string>().StartsWith('#'))
                    map.Remove("$ref");
                foreach (var child in map)
                    Strip(child.Value);
            }
            else if (node is JsonArray array)
            {
                foreach (var child in array)
                    Strip(child);
            }
        }
    }

    private static JsonNode Parse(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return Convert(stream.Documents[0].RootNode)!;

        static JsonNode? Convert(YamlNode node) => node switch
        {
            YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(c.Key.ToString(), Convert(c.Value)))),
            YamlSequenceNode list => new JsonArray([.. list.Select(Convert)]),
            YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
            YamlScalarNode scalar => JsonValue.Create(scalar.Value),
            _ => throw new NotSupportedException($"azure.yaml holds a {node.NodeType}"),
        };
    }
}
