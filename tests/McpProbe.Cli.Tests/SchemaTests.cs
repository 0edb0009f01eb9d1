using System.Text.Json.Nodes;
using McpProbe.Model;
using McpProbe.Testing;
using McpProbe.Text;

namespace McpProbe.Cli.Tests;

public class SchemaTests
{
    private static readonly JsonObject Result = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "schema", "result.schema.json")))!.AsObject();

    [Fact]
    public void ResultSchema_Enums_AreThoseOfTheEngine()
    {
        Assert.Equal(WireNames.All<Verdict>(), Enum("verdict"));
        Assert.Equal(WireNames.All<TransportKind>(), Enum("transport"));
        Assert.Equal(WireNames.All<Era>(), Enum("era"));
        Assert.Equal(WireNames.All<FailureKind>(), Enum("failure", "kind"));
        Assert.Equal(WireNames.All<Phase>(), Enum("failure", "phase"));
    }

    [Theory]
    [InlineData("""{"verdict":"fine"}""")]
    [InlineData("""{"surprise":1}""")]
    [InlineData("""{"timings":{"dnsMs":null}}""")]
    [InlineData("""{"startedAt":"yesterday"}""")]
    [InlineData("""{"failure":{"kind":"timeout","phase":"lunch","message":"","httpStatus":null,"retryAfter":null}}""")]
    [InlineData("""{"catalog":{"tools":-1,"pages":1,"hash":"md5:1","contract":"","text":"","annotations":"","server":"","formula":1}}""")]
    public async Task ResultSchema_AnythingElse_IsRefused(string wrong)
    {
        var document = JsonNode.Parse("""
            {"target":"x","verdict":"healthy","failure":null,"attempts":1,"transport":null,"era":null,"protocolVersion":null,
             "supportedVersions":[],"server":null,"catalog":null,"findings":[],"conditions":[],"timings":{"dnsMs":null,
             "connectMs":null,"tlsMs":null,"handshakeMs":null,"catalogMs":null,"smokeMs":null,"totalMs":1},
             "certificate":null,"startedAt":"2026-11-22T10:00:00Z"}
            """)!;
        Assert.Empty(await PublishedSchemas.MistakesAsync("result", document.ToJsonString()));

        foreach (var (key, value) in JsonNode.Parse(wrong)!.AsObject())
            document[key] = value?.DeepClone();

        Assert.NotEmpty(await PublishedSchemas.MistakesAsync("result", document.ToJsonString()));
    }

    private static IEnumerable<string> Enum(params string[] path)
    {
        JsonNode schema = Result;
        foreach (var key in path)
            schema = schema["properties"]![key]!;
        return schema["enum"]!.AsArray().Where(value => value is not null).Select(value => (string)value!);
    }
}
