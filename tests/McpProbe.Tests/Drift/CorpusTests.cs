using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpProbe.Catalog;
using McpProbe.Drift;
using McpProbe.Model;
using McpProbe.Text;

namespace McpProbe.Tests.Drift;

/// <summary>
/// The differ against pairs labelled by hand (corpus/README.md). A pair is one direction of change; schemas are judged as arguments and
/// as results.
/// </summary>
public class CorpusTests(ITestOutputHelper output)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Drift", "corpus");

    // Rules that are called the same in arguments and results.
    private static readonly string[] Shared = ["title-changed", "description-changed", "default-changed", "content-type-changed", "schema-remark-changed", "schema-notation-changed", "schema-changed"];

    [Fact]
    public void Compare_LabelledPairs_AreClassifiedAsLabelled()
    {
        var judgements = Judgements().ToList();
        var pairs = judgements.Select(judgement => judgement.Pair).Distinct().Count();
        var releases = judgements.Count(judgement => judgement.Pair.StartsWith("release ", StringComparison.Ordinal));
        var wrong = judgements.Where(judgement => !judgement.Expected.Order().SequenceEqual(judgement.Actual.Order())).ToList();
        // The shares are of what people change; the algebra is of what the differ could get wrong, malformed schemas too.
        var usual = judgements.Where(judgement => !judgement.Pair.StartsWith("algebra ", StringComparison.Ordinal)).ToList();
        var safe = (double)usual.Count(judgement => IsSafe(judgement.Expected) && IsSafe(judgement.Actual)) / usual.Count;
        var unknown = (double)usual.Count(judgement => judgement.Actual.Any(line => line.StartsWith("unknown", StringComparison.Ordinal))) / usual.Count;
        output.WriteLine($"{pairs} pairs ({releases} releases), {judgements.Count} judgements: {wrong.Count} other than labelled, {safe:P1} safe, {unknown:P1} unknown");

        Assert.True(pairs >= 200 && releases >= 15);
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(safe >= 0.30);
        Assert.True(unknown <= 0.05);
    }

    private static bool IsSafe(IReadOnlyList<string> lines) => lines.All(line => line.StartsWith("info", StringComparison.Ordinal));

    private static IEnumerable<Judgement> Judgements()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*.jsonl").Order())
        {
            var theme = Path.GetFileNameWithoutExtension(file);
            foreach (var line in File.ReadLines(file))
            {
                var pair = JsonNode.Parse(line)!;
                var judgements = theme switch
                {
                    "releases" => [Release(pair)],
                    "catalogue" => Catalogues(pair),
                    _ => Schemas(theme, pair),
                };
                foreach (var judgement in judgements) yield return judgement;
            }
        }
    }

    private static Judgement Release(JsonNode pair)
    {
        var file = (string)pair["file"]!;
        var recorded = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "releases", file + ".json")))!;
        var changes = CatalogDiffer.Compare(Catalog(Server(recorded["before"]!), recorded["before"]!["tools"]!), Catalog(Server(recorded["after"]!), recorded["after"]!["tools"]!));
        return new Judgement($"release {file}", "", Labels(pair["expect"]!), Lines(changes));

        static JsonNode Server(JsonNode side) => side["server"]!;
    }

    private static IEnumerable<Judgement> Catalogues(JsonNode pair)
    {
        foreach (var (from, to, labels) in new[] { ("a", "b", "expect"), ("b", "a", "back") })
        {
            var changes = CatalogDiffer.Compare(Catalog(pair[from]!, pair[from]!["tools"]!), Catalog(pair[to]!, pair[to]!["tools"]!));
            yield return new Judgement($"catalogue {pair["name"]} {from}", "", Labels(pair[labels]!), Lines(changes));
        }
    }

    private static IEnumerable<Judgement> Schemas(string theme, JsonNode pair)
    {
        foreach (var (from, to, prefix) in new[] { ("a", "b", ""), ("b", "a", "back") })
        {
            foreach (var role in (string[])["input", "output"])
            {
                var key = (prefix + (role == "input" ? "In" : "Out")) is var name && prefix.Length == 0 ? name.ToLowerInvariant() : name;
                var labels = pair[key] ?? (prefix.Length > 0 ? pair["back"] : null) ?? pair["all"]!;
                var changes = CatalogDiffer.Compare(Tool(role, pair[from]), Tool(role, pair[to]));
                var lines = Lines(changes).Select(line => line.Replace($" t /{role}Schema", " ", StringComparison.Ordinal)).ToList();
                yield return new Judgement($"{theme} {pair["name"]} {from}", role, [.. Labels(labels).Select(label => Named(label, role))], lines);
            }
        }
    }

    private static string Named(string label, string role)
    {
        var words = label.Split(' ', 3);
        return Shared.Contains(words[1]) ? label : $"{words[0]} {role}-{words[1]} {words[2]}";
    }

    private static List<string> Labels(JsonNode labels) => [.. labels.AsArray().Select(label => (string)label!).Select(label => label[0] switch
    {
        'B' => "breaking",
        'U' => "unknown",
        'W' => "warning",
        _ => "info",
    } + label[1..])];

    private static List<string> Lines(IReadOnlyList<Change> changes) =>
        [.. changes.Select(change => $"{WireNames.Of(change.Class)} {change.Rule} {change.Tool ?? "-"} {change.Path}")];

    private static ReadOnlyMemory<byte> Tool(string role, JsonNode? schema) =>
        Catalog(new JsonObject(), new JsonArray(new JsonObject { ["name"] = "t", [$"{role}Schema"] = schema?.DeepClone() }));

    private static ReadOnlyMemory<byte> Catalog(JsonNode server, JsonNode tools)
    {
        using var builder = new CatalogBuilder();
        Assert.Null(builder.AddPage(Encoding.UTF8.GetBytes($$"""{"tools":{{tools.ToJsonString()}}}""")).Error);
        return builder.Build(new ServerDescription((string?)server["name"] ?? "s", "1", (string?)server["instructions"], JsonSerializer.SerializeToUtf8Bytes(server["capabilities"] ?? new JsonObject()))).Canonical;
    }

    private sealed record Judgement(string Pair, string Role, IReadOnlyList<string> Expected, IReadOnlyList<string> Actual)
    {
        public override string ToString() => $"{Pair} {Role}: expected [{string.Join("; ", Expected.Except(Actual))}], but was [{string.Join("; ", Actual.Except(Expected))}]";
    }
}
