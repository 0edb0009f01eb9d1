using System.Text.Json.Nodes;
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
        Assert.All(file["hooks"]!.AsObject(), hook => Assert.True(File.Exists(Repository.File(hook.Value!.Text("run")))));

        // azd finds the app of a service by this tag.
        var home = (await Deployment.OfAsync(ParameterSets.Default)).Home;
        Assert.Equal(service.Key, home.Site["tags"]!.Text("azd-service-name"));
    }

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
