using McpProbe.Configuration;
using McpProbe.Testing;
using NJsonSchema;
using YamlDotNet.Serialization;

namespace McpProbe.Tests.Configuration;

/// <summary>samples/probes.yaml and docs/schema/probes.schema.json agree with the reader.</summary>
public class SampleTests
{
    private static string File(string name) => Path.Combine(AppContext.BaseDirectory, name);

    private static string Sample => File("samples/probes.yaml");

    // Unlike our reader, which no schema can check.
    private static string AsJson(string yaml) => new SerializerBuilder().JsonCompatible().Build().Serialize(
        new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(yaml)!);

    private static Task<JsonSchema> SchemaAsync() => PublishedSchemas.ReadAsync("probes");

    [Fact]
    public async Task Sample_Read_IsValidAndShowsEveryKey()
    {
        var parsed = await ProbesFile.ReadAsync(Sample, TestContext.Current.CancellationToken);

        Assert.Empty(parsed.Errors);
        Assert.Equal(["everything", "orders", "orders-cold", "ledger", "files", "com.example.weather", "catalog"], parsed.Value!.Endpoints.Select(endpoint => endpoint.Id));
        var text = await System.IO.File.ReadAllTextAsync(Sample, TestContext.Current.CancellationToken);
        var schema = await SchemaAsync();
        Assert.All(KeysOf(schema), key => Assert.Contains($" {key}:", text, StringComparison.Ordinal));
    }

    // Of an endpoint and a channel, and within their mappings.
    private static IEnumerable<string> KeysOf(JsonSchema schema) =>
        new[] { "endpoint", "conditions", "oauth", "tls", "smoke", "alerts", "escalation", "flapping", "latency", "window", "channel", "limit", "report", "imported", "import", "page" }
            .Select(name => schema.Definitions[name]).Append(schema.Definitions["conditions"].Properties["budgets"])
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

    [Fact]
    public async Task Guide_OfRegistries_ExamplesAreValid()
    {
        var text = await System.IO.File.ReadAllTextAsync(File("docs/registries.md"), TestContext.Current.CancellationToken);
        var example = Assert.Single(text.Split("```yaml\n")[1..]);

        var parsed = ProbesFile.Parse("example.yaml", example[..example.IndexOf("```", StringComparison.Ordinal)]);

        Assert.Empty(parsed.Errors);
        Assert.Equal(["registry", "pulsemcp", "ours"], parsed.Value!.Imports.Select(import => import.Name));
    }

    [Theory]
    [InlineData("source: official", true)]
    [InlineData("source: official, name: a, url: 'https://x/y', interval: 1h, probeEvery: 1m, limit: 1, deny: [a]", true)]
    [InlineData("source: official, activate: true, contact: a@example.com", true)]
    [InlineData("source: official, activate: true, contact: 'https://example.com/about'", true)]
    [InlineData("source: official, activate: true", null)]
    [InlineData("name: a", false)]
    [InlineData("source: npm", false)]
    [InlineData("source: official, interval: 59m", null)]
    [InlineData("source: official, probeEvery: 1s", null)]
    [InlineData("source: official, limit: 0", false)]
    [InlineData("source: official, limit: 50001", false)]
    [InlineData("source: official, url: 'https://a:b@x'", false)]
    [InlineData("source: official, url: 'https://x?key=a'", false)]
    [InlineData("source: official, key: secret", false)]
    [InlineData("source: official, key: '${env:MCPPROBE_API_KEY}'", null)]
    [InlineData("source: official, tenant: '${env:T}'", null)]
    [InlineData("source: pulsemcp, key: '${env:K}', tenant: '${env:T}'", true)]
    [InlineData("source: pulsemcp, url: 'http://x.example.com', key: '${env:K}'", null)]
    [InlineData("source: official, contact: nobody", null)]
    public async Task Schema_Imports_AgreesWithTheReader(string import, bool? valid)
    {
        var yaml = $"imports: [{{ {import} }}]";

        var mistakes = (await SchemaAsync()).Validate(AsJson(yaml));

        // Null: wrong in a way that no schema can say.
        Assert.True((valid ?? true) == (mistakes.Count == 0), string.Join('\n', mistakes));
        Assert.Equal(valid ?? false, ProbesFile.Parse("a.yaml", yaml).Errors.Count == 0);
    }

    [Fact]
    public void Imports_OfOneName_AreAMistake() => Assert.Contains(
        "is the second import named 'official'", Assert.Single(ProbesFile.Parse("a.yaml", "imports: [{ source: official }, { source: official }]").Errors).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("conditions", "conditions: { zzzzzzzzzz: 1 }")]
    [InlineData("oauth", "oauth: { zzzzzzzzzz: 1 }")]
    [InlineData("tls", "tls: { zzzzzzzzzz: 1 }")]
    [InlineData("smoke", "smoke: { zzzzzzzzzz: 1 }")]
    [InlineData("alerts", "alerts: { zzzzzzzzzz: 1 }")]
    [InlineData("escalation", "alerts: { escalate: [{ zzzzzzzzzz: 1 }] }")]
    [InlineData("flapping", "alerts: { flapping: { zzzzzzzzzz: 1 } }")]
    [InlineData("latency", "alerts: { latency: { zzzzzzzzzz: 1 } }")]
    [InlineData("window", "maintenance: [{ zzzzzzzzzz: 1 }]")]
    [InlineData("channel", "paused: true }]\nchannels: [{ zzzzzzzzzz: 1")]
    [InlineData("page", "paused: true }]\npages: [{ zzzzzzzzzz: 1")]
    [InlineData("report", "paused: true }]\nreports: [{ zzzzzzzzzz: 1")]
    [InlineData("imported", "imported: { zzzzzzzzzz: 1 }")]
    [InlineData("import", "paused: true }]\nimports: [{ zzzzzzzzzz: 1")]
    [InlineData("limit", "paused: true }]\nchannels: [{ limit: { zzzzzzzzzz: 1 }")]
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
    [InlineData("samples/registry/probes.yaml", true)]
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
    [InlineData("Endpoints/invalid/channel-types.yaml", false)]
    [InlineData("Endpoints/invalid/channel-email.yaml", false)]
    [InlineData("Endpoints/invalid/alerts.yaml", false)]
    [InlineData("Endpoints/invalid/maintenance.yaml", false)]
    [InlineData("Endpoints/invalid/slo.yaml", false)]
    [InlineData("Endpoints/invalid/wrong-types.yaml", false)]
    [InlineData("Endpoints/invalid/conditions.yaml", false)]
    [InlineData("Endpoints/invalid/oauth.yaml", false)]
    [InlineData("Endpoints/invalid/smoke.yaml", false)]
    [InlineData("Endpoints/invalid/tls.yaml", false)]
    [InlineData("Endpoints/invalid/tags.yaml", false)]
    [InlineData("Endpoints/invalid/pages.yaml", false)]
    [InlineData("Endpoints/invalid/environment.yaml", false)]
    public async Task Schema_File_AgreesWithTheReader(string file, bool valid)
    {
        var text = await System.IO.File.ReadAllTextAsync(File(file), TestContext.Current.CancellationToken);

        var mistakes = (await SchemaAsync()).Validate(AsJson(text));

        Assert.True(valid == (mistakes.Count == 0), string.Join('\n', mistakes));
        Assert.Equal(valid, (await ProbesFile.ReadAsync(File(file), TestContext.Current.CancellationToken)).Errors.Count == 0);
    }

    // One mistake at a time: a whole file of them would hide those that the schema does not see.
    [Theory]
    [InlineData("{ name: a, type: webhook, url: 'https://x' }", true)]
    [InlineData("{ name: a, type: webhook, url: 'https://x', secret: '${env:A}' }", true)]
    [InlineData("{ name: a, type: webhook }", false)]
    [InlineData("{ name: a, type: webhook, url: 'https://x', limit: { perHour: 1 } }", false)]
    [InlineData("{ name: a, type: webhook, url: 'https://x', from: a@x }", false)]
    [InlineData("{ name: a, type: slack, url: '${env:A}', limit: { perMinute: 1 } }", true)]
    [InlineData("{ name: a, type: slack, url: 'https://x/${env:A}' }", true)]
    [InlineData("{ name: a, type: slack, url: 'https://x' }", false)]
    [InlineData("{ name: a, type: teams, url: '${env:A}', secret: '${env:B}' }", false)]
    [InlineData("{ name: a, type: discord }", false)]
    [InlineData("{ name: a, type: discord, url: '${env:A}', limit: {} }", false)]
    [InlineData("{ name: a, type: discord, url: '${env:A}', limit: { perHour: 0 } }", false)]
    [InlineData("{ name: a, type: pagerduty, secret: '${env:A}' }", true)]
    [InlineData("{ name: a, type: pagerduty, url: 'https://x' }", false)]
    [InlineData("{ name: a, type: pagerduty, secret: '${env:A}', limit: { perHour: 1 } }", false)]
    [InlineData("{ name: a, type: ntfy, url: 'https://x/t' }", true)]
    [InlineData("{ name: a, type: ntfy, url: 'https://x/t', to: [a@x] }", false)]
    [InlineData("{ name: a, type: email, url: 'smtp://x', to: [a@x], from: a@x }", true)]
    [InlineData("{ name: a, type: email, url: 'https://x', to: [a@x], from: a@x }", false)]
    [InlineData("{ name: a, type: email, url: 'smtp://x', to: [], from: a@x }", false)]
    [InlineData("{ name: a, type: email, url: 'smtp://x', to: [a@x] }", false)]
    [InlineData("{ name: a, type: email, url: 'smtp://x', to: [x], from: a@x }", false)]
    public async Task Schema_Channel_AgreesWithTheReader(string channel, bool valid)
    {
        var yaml = $"channels: [{channel}]";

        var mistakes = (await SchemaAsync()).Validate(AsJson(yaml));

        Assert.True(valid == (mistakes.Count == 0), string.Join('\n', mistakes));
        Assert.Equal(valid, ProbesFile.Parse("a.yaml", yaml).Errors.Count == 0);
    }

    [Theory]
    [InlineData("alerts: {}", true)]
    [InlineData("alerts: { flapping: false, latency: false, certificateDays: [] }", true)]
    [InlineData("alerts: { flapping: true }", false)]
    [InlineData("alerts: { flapping: { changes: 1 } }", false)]
    [InlineData("alerts: { latency: { factor: 1 } }", false)]
    [InlineData("alerts: { latency: { factor: 1.01 } }", true)]
    [InlineData("alerts: { certificateDays: [0] }", false)]
    [InlineData("alerts: { certificateDays: [7, 7] }", false)]
    [InlineData("alerts: { escalate: [{ after: 1h }] }", false)]
    [InlineData("alerts: { escalate: [{ channels: [a] }] }", false)]
    [InlineData("alerts: { escalate: [{ after: 1h, channels: [] }] }", false)]
    [InlineData("alerts: { drift: unknown }", false)]
    [InlineData("alerts: { suspicious: any }", false)]
    [InlineData("alerts: { quorum: 0 }", false)]
    [InlineData("maintenance: []", true)]
    [InlineData("maintenance: [{ cron: 0 2 * * *, duration: 1h }]", true)]
    [InlineData("maintenance: [{ cron: 0 2 * *, duration: 1h }]", false)]
    [InlineData("maintenance: [{ cron: 0 2 * * *, duration: 1d }]", false)]
    [InlineData("maintenance: [{ cron: 0 2 * * *, duration: 1h, timeZone: berlin }]", false)]
    [InlineData("maintenance: [{ cron: 0 2 * * * }]", false)]
    [InlineData("maintenance: [{ duration: 1h }]", false)]
    public async Task Schema_Alerts_AgreesWithTheReader(string key, bool valid)
    {
        var yaml = $"endpoints:\n  - id: a\n    url: http://x/mcp\n    {key}\n";

        var mistakes = (await SchemaAsync()).Validate(AsJson(yaml));

        Assert.True(valid == (mistakes.Count == 0), string.Join('\n', mistakes));
        Assert.Equal(valid, ProbesFile.Parse("a.yaml", yaml).Errors.Count == 0);
    }
}
