using McpProbe.Endpoints;
using McpProbe.Testing;
using NJsonSchema;
using YamlDotNet.Serialization;

namespace McpProbe.Tests.Endpoints;

/// <summary>samples/probes.yaml and docs/schema/probes.schema.json agree with the reader.</summary>
public class SampleTests
{
    private static string File(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static string Sample => File("samples/probes.yaml");

    // Unlike our reader, which no schema can check.
    private static async Task<string> AsJsonAsync(string path)
    {
        var yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize(await System.IO.File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        return new SerializerBuilder().JsonCompatible().Build().Serialize(yaml!);
    }

    private static Task<JsonSchema> SchemaAsync() => PublishedSchemas.ReadAsync("probes");

    [Fact]
    public async Task Sample_Read_IsValidAndShowsEveryKey()
    {
        var parsed = await ProbesFile.ReadAsync(Sample, TestContext.Current.CancellationToken);

        Assert.Empty(parsed.Errors);
        Assert.Equal(["everything", "orders", "ledger", "files"], parsed.Value!.Endpoints.Select(endpoint => endpoint.Id));
        var text = await System.IO.File.ReadAllTextAsync(Sample, TestContext.Current.CancellationToken);
        var schema = await SchemaAsync();
        Assert.All(KeysOf(schema), key => Assert.Contains($" {key}:", text, StringComparison.Ordinal));
    }

    // Of an endpoint, and within its mappings.
    private static IEnumerable<string> KeysOf(JsonSchema schema) =>
        new[] { schema.Definitions["endpoint"], schema.Definitions["conditions"], schema.Definitions["conditions"].Properties["budgets"], schema.Definitions["oauth"], schema.Definitions["tls"], schema.Definitions["smoke"] }
            .SelectMany(definition => definition.Properties.Keys).Distinct();

    [Fact]
    public async Task Guide_Examples_AreValidAndShowEveryKey()
    {
        var text = await System.IO.File.ReadAllTextAsync(File("docs/endpoints.md"), TestContext.Current.CancellationToken);
        var examples = text.Split("```yaml\n")[1..].Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]).ToList();

        Assert.True(examples.Count >= 6);
        Assert.All(examples, example =>
        {
            var parsed = ProbesFile.Parse("example.yaml", example);
            Assert.Empty(parsed.Errors);
            Assert.NotEmpty(parsed.Value!.Endpoints);
        });
        Assert.All(KeysOf(await SchemaAsync()), key => Assert.Contains(examples, example => example.Contains($"{key}:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("conditions", "conditions: { zzzzzzzzzz: 1 }")]
    [InlineData("oauth", "oauth: { zzzzzzzzzz: 1 }")]
    [InlineData("tls", "tls: { zzzzzzzzzz: 1 }")]
    [InlineData("smoke", "smoke: { zzzzzzzzzz: 1 }")]
    public async Task Schema_KnowsTheKeysOfEachMappingThatTheReaderKnows(string definition, string key)
    {
        var mistakes = ProbesFile.Parse("a.yaml", $"endpoints: [{{ id: a, url: 'https://x', {key} }}]").Errors;

        var keys = (await SchemaAsync()).Definitions[definition].Properties.Keys;

        Assert.Contains(mistakes, mistake => mistake.Message.EndsWith($"known are {string.Join(", ", keys)}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Schema_KnowsTheKeysThatTheReaderKnows()
    {
        var known = Assert.Single(ProbesFile.Parse("a.yaml", "endpoints: [{ id: a, url: 'http://x', zzzzzzzzzz: 1 }]").Errors).Message;

        var schema = await SchemaAsync();

        Assert.EndsWith($"known are {string.Join(", ", schema.Definitions["endpoint"].Properties.Keys)}", known, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("samples/probes.yaml", true)]
    [InlineData("Endpoints/valid.yaml", true)]
    [InlineData("Endpoints/invalid/unknown-key.yaml", false)]
    [InlineData("Endpoints/invalid/url-and-command.yaml", false)]
    [InlineData("Endpoints/invalid/missing-id.yaml", false)]
    [InlineData("Endpoints/invalid/missing-url.yaml", false)]
    [InlineData("Endpoints/invalid/bad-id.yaml", false)]
    [InlineData("Endpoints/invalid/bad-durations.yaml", false)]
    [InlineData("Endpoints/invalid/thresholds.yaml", false)]
    [InlineData("Endpoints/invalid/choices.yaml", false)]
    [InlineData("Endpoints/invalid/literal-bearer.yaml", false)]
    [InlineData("Endpoints/invalid/channel.yaml", false)]
    [InlineData("Endpoints/invalid/wrong-types.yaml", false)]
    [InlineData("Endpoints/invalid/conditions.yaml", false)]
    [InlineData("Endpoints/invalid/oauth.yaml", false)]
    [InlineData("Endpoints/invalid/smoke.yaml", false)]
    [InlineData("Endpoints/invalid/tls.yaml", false)]
    public async Task Schema_File_AgreesWithTheReader(string file, bool valid)
    {
        var mistakes = (await SchemaAsync()).Validate(await AsJsonAsync(File(file)));

        Assert.True(valid == (mistakes.Count == 0), string.Join('\n', mistakes));
        Assert.Equal(valid, (await ProbesFile.ReadAsync(File(file), TestContext.Current.CancellationToken)).Errors.Count == 0);
    }
}
