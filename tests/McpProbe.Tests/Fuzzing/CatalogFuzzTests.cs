using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using McpProbe.Catalog;
using McpProbe.Catalog.Json;
using McpProbe.Model;
using McpProbe.Tests.Catalog.Json;

namespace McpProbe.Tests.Fuzzing;

/// <summary>Catalogues: any bytes have an outcome, and what a JSON reader does not tell apart has one hash.</summary>
public class CatalogFuzzTests
{
    private static readonly ServerDescription Server = new("server", "1", null, default);

    private static readonly string[] Pages =
    [
        """{"tools":[{"name":"echo","title":"Echo","description":"Says it.","inputSchema":{"type":["object","null"],"properties":{"text":{"type":"string","description":"What"}},"required":["text"]},"annotations":{"readOnlyHint":true,"title":"E"}}],"nextCursor":"a\u0062"}""",
        """{"tools":[{"name":"\ud83d","inputSchema":{"enum":[1e400,-0.0,1E2,{"a":1,"a":{"b":1,"b":2}}]},"_meta":{}},{"name":"b","outputSchema":{"anyOf":[{"$ref":"#"},[]]}}],"ttlMs":1}""",
        """{"tools":[],"tools":[{"name":"a"}],"nextCursor":null}""",
    ];

    [Fact]
    public void AddPage_AnyBytes_HasAnOutcomeAndOneHash() => Fuzz.Damaged(Pages).Sample(bytes =>
    {
        var first = Hash(bytes);
        Assert.Equal(first, Hash(bytes));
    }, time: Fuzz.Seconds);

    private static string Hash(byte[] page)
    {
        using var builder = new CatalogBuilder();
        var outcome = builder.AddPage(page);
        var catalog = builder.Build(new ServerDescription("server", "1", null, page));
        Assert.Null(CanonicalJson.From(catalog.Canonical.Span).Error);
        Assert.All(builder.Findings, finding => Assert.InRange(finding.Message.Length, 1, 400));
        return outcome.Error ?? catalog.Hashes.ToString();
    }

    [Fact]
    public void From_AnyBytes_IsIdempotentAndAgreesWithAParser() => Fuzz.Damaged(Pages).Sample(bytes =>
    {
        var outcome = CanonicalJson.From(bytes);
        Assert.True(outcome.Canonical is null ^ outcome.Error is null);
        Assert.Equal(outcome.Error is null, IsJson(bytes));
        if (outcome.Canonical is not { } canonical)
            return;

        Assert.Equal(canonical, CanonicalJson.From(canonical).Canonical);
        // By value, as far as the parser can: it has no half surrogate pairs, more digits than a double, and each of two equal keys.
        var text = Encoding.UTF8.GetString(bytes);
        if (!text.Contains("\\u", StringComparison.OrdinalIgnoreCase) && !text.Any(char.IsAsciiDigit) && TryParse(bytes) is { } value)
            Assert.True(JsonElement.DeepEquals(value, TryParse(canonical)!.Value), text);
    }, time: Fuzz.Seconds);

    private static bool IsJson(byte[] bytes)
    {
        try
        {
            _ = new UTF8Encoding(false, true).GetString(bytes);
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 256 });
            while (reader.Read())
            {
            }

            return true;
        }
        catch (Exception error) when (error is JsonException or DecoderFallbackException)
        {
            return false;
        }
    }

    private static JsonElement? TryParse(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 256, AllowDuplicateProperties = false }).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [Fact]
    public void Build_SameToolsWrittenDifferently_HaveTheSameHash() => Gen.Select(JsonGen.Value, JsonGen.Value, JsonGen.Value, Gen.Int).Sample((input, output, annotations, seed) =>
    {
        var page = JsonNode.Parse($$"""{"tools":[{"name":"b","inputSchema":{{input}},"outputSchema":{{output}}},{"name":"a","annotations":{{annotations}},"description":"é😀\u0001"}]}""")!;
        var random = new Random(seed);
        var tools = page["tools"]!.AsArray().Select(tool => Shuffled(tool, random)!).Reverse().ToArray();
        var other = new JsonObject { ["ttlMs"] = 5, ["tools"] = new JsonArray(tools) };

        Assert.Equal(
            Hash(Encoding.UTF8.GetBytes(page.ToJsonString())),
            Hash(Encoding.UTF8.GetBytes(other.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\r\n" }))));

        static string Hash(byte[] bytes)
        {
            using var builder = new CatalogBuilder();
            Assert.Null(builder.AddPage(bytes).Error);
            return builder.Build(Server).Hashes.ToString();
        }
    }, time: Fuzz.Seconds);

    private static JsonNode? Shuffled(JsonNode? node, Random random)
    {
        switch (node)
        {
            case JsonObject members:
                var pairs = members.Select(member => KeyValuePair.Create(member.Key, Shuffled(member.Value, random))).ToArray();
                random.Shuffle(pairs);
                return new JsonObject(pairs);
            case JsonArray items:
                return new JsonArray([.. items.Select(item => Shuffled(item, random))]);
            default:
                return node?.DeepClone();
        }
    }

    [Fact]
    public void ReadSnapshot_AnyDamage_IsAnErrorOrTheSame()
    {
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes(Pages[0])).Error);
        var snapshot = new Snapshot("2025-11-25", Server, builder.Build(Server));
        var result = new ProbeResult { Target = "t", Verdict = Verdict.Healthy, StartedAt = DateTimeOffset.UnixEpoch, Timings = new Timings(null, null, null, 1, 2, null, 3) };
        var file = Encoding.UTF8.GetString(SnapshotFile.Write("t", snapshot, [result]));

        Fuzz.Damaged(file).Sample(bytes =>
        {
            var outcome = SnapshotFile.Read(bytes);
            Assert.True(outcome.Value is null ^ outcome.Error is null);
            if (outcome.Value is { } value)
                Assert.Equal(snapshot.Catalog.Hashes, value.Snapshot.Catalog.Hashes);
            else
                Assert.DoesNotContain(outcome.Error!, char.IsControl);
        }, time: Fuzz.Seconds);
    }
}
